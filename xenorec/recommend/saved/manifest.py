"""Manifest: what a saved model says of itself, and the checksums of its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from xenorec.errors import ModelFileError
from xenorec.instants import as_instant

FILE, KIND, FORMAT = "manifest.json", "xenorec ShelfRecommender", 1
ANEW = "Save the model again, or train it anew: xenorec train shelves."


@dataclass(frozen=True)
class Manifest:
    """What is known of a saved model without reading its arrays; all of it is plain JSON.

    ``as_of`` is up to when its shop was read, ``learned_as_of`` up to when the ranker learned.
    ``n_lines`` counts products in orders. ``features`` are those of each learned stage,
    ``figures`` those of the walk-forward, if there was one. ``files``: sha256 and n_bytes by name.
    """

    versions: Mapping[str, str]
    as_of: str
    learned_as_of: str
    first_line_at: str
    last_line_at: str
    n_customers: int
    n_products: int
    n_orders: int
    n_lines: int
    within_days: float
    settings: Mapping[str, Any]
    features: Mapping[str, list[str]]
    scorers: list[Mapping[str, Any]]
    figures: Mapping[str, Any] | None
    files: Mapping[str, Mapping[str, Any]]

    @property
    def learned_at(self) -> datetime:
        """The instant that nothing learned is later than."""
        return as_instant(self.learned_as_of)

    def write(self, folder: Path) -> None:
        """Write ``manifest.json``."""
        said = {"kind": KIND, "format": FORMAT, **asdict(self)}
        said["checksum"] = _checksum(said)
        text = json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / FILE).write_text(f"{text}\n", "utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read ``manifest.json``; raises ModelFileError, which names the file and says what to do.

        A damaged one is told from a foreign one and from one that a later release wrote.
        """
        said = _said(folder / FILE)
        if said.get("kind") != KIND:
            raise ModelFileError(
                f"{folder / FILE} is of no model of ours. Give the folder that "
                "ShelfRecommender.save wrote."
            )
        _check_format(folder / FILE, said.get("format"))
        try:
            if said.pop("checksum") != _checksum(said):
                raise ValueError("its checksum does not fit")
            return cls(**{f.name: said[f.name] for f in fields(cls)})
        except (ValueError, LookupError, TypeError) as error:
            raise damaged(folder / FILE, error) from error


def is_model(folder: Path) -> bool:
    """Return whether a folder holds a saved model, of whatever format, damaged or not."""
    try:
        return _said(folder / FILE).get("kind") == KIND
    except ModelFileError:
        return False


def damaged(path: Path, why: object) -> ModelFileError:
    """Return the error for a file that is not what was written."""
    return ModelFileError(f"{path} is damaged ({why}). {ANEW}")


def _said(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ModelFileError(
            f"There is no saved model in {path.parent}: {path.name} is missing. Give the folder "
            "that ShelfRecommender.save wrote."
        )
    try:
        said = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise damaged(path, error) from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error}.") from error
    if not isinstance(said, dict):
        raise damaged(path, "it holds no object")
    return said


def _check_format(path: Path, said: Any) -> None:
    if said == FORMAT:
        return
    if isinstance(said, int) and said > FORMAT:
        raise ModelFileError(
            f"{path} is of format {said}, which a later release of xenorec wrote; this one reads "
            f"format {FORMAT}. Install the later release, or train the model with this one."
        )
    raise damaged(path, f"its format is {said!r}")


def _checksum(said: Mapping[str, Any]) -> str:
    plain = json.dumps(said, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return sha256(plain.encode()).hexdigest()
