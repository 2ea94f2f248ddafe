"""Personal data: saved models that hold a person are deleted, wherever they lie."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from xenorec.modeling.persistence.model_folder import STATE
from xenorec.modeling.persistence.model_manifest import FILE
from xenorec.modeling.persistence.text_arrays import EncodedTexts, decode_texts

LAST = EncodedTexts._fields[-1]
UNFINISHED = (".*.new", ".*.old")
"""What a killed process leaves of a model that it wrote or replaced."""


def forget_everywhere(folder: str | Path, customer_ids: Collection[str]) -> tuple[Path, ...]:
    """Delete each saved model in or below a folder that holds one of the customers; return which.

    A model is a whole, so nothing less than it can be taken out; it has to be fitted anew. One that
    is damaged, or was never finished, is deleted too: nobody can tell whom it holds. All other
    files are left alone.
    """
    root, wanted = Path(folder), frozenset(customer_ids)
    models = {path.parent for path in root.rglob(FILE) if (path.parent / STATE).exists()}
    held = {model for model in models if holds(model, wanted)}
    unfinished = {path for name in UNFINISHED for path in root.rglob(name) if path.is_dir()}
    gone = sorted(held | unfinished)
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return tuple(path for path in gone if not path.exists())


def holds(model: Path, ids: Collection[str]) -> bool:
    """Return whether a saved model names one of the ids; true for one that cannot be read."""
    wanted = frozenset(ids)
    try:
        state = json.loads((model / STATE).read_bytes())
        if not wanted.isdisjoint(_texts_in(state)):
            return True
        files = sorted(model.glob("*.npz"))
        return any(not wanted.isdisjoint(texts) for path in files for texts in _texts(path))
    except Exception:  # zipfile, numpy and json raise of many kinds for bytes that are not theirs
        return True


def _texts_in(value: Any) -> Iterator[str]:
    """Yield every text of plain JSON."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            waiting.extend((*part.keys(), *part.values()))
        elif isinstance(part, list):
            waiting.extend(part)


def _texts(path: Path) -> Iterator[list[str | None]]:
    """Yield the texts of each array of texts of a file."""
    with np.load(path, allow_pickle=False) as held:
        names, coded = set(held.files), set[str]()
        for stem in sorted(name.removesuffix(f".{LAST}") for name in names if name.endswith(LAST)):
            parts = [f"{stem}.{field}" for field in EncodedTexts._fields]
            if names.issuperset(parts):
                coded.update(parts)
                yield decode_texts(EncodedTexts(*(held[part] for part in parts))).tolist()
        for name in sorted(names - coded):
            if (array := held[name]).dtype.kind == "U":
                yield array.ravel().tolist()
