"""Files that are written all at once or not at all, and read only when they are whole."""

from __future__ import annotations

import errno
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xenorec.errors import DiskFull, ModelFileError, XenorecError
from xenorec.modeling.persistence.model_manifest import (
    Kind,
    ModelManifest,
    damaged,
    is_model,
    read_manifest,
    write_manifest,
)

STATE = "state.json"
Arrays = Mapping[str, npt.NDArray[Any]]


def write_folder(folder: Path, manifest: ModelManifest, state: Any, arrays: Arrays) -> Path:
    """Write a model: the manifest, ``state.json``, and one ``.npz`` for each part of the arrays.

    A model that is there is replaced; raises ModelFileError when something else is there.
    """
    folder = folder.absolute()
    if folder.exists() and not is_model(folder, manifest.of) and not _is_empty(folder):
        raise ModelFileError(
            f"{folder} is there and holds no saved model; nothing was written. Give a folder that "
            "does not exist yet."
        )
    with _explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.new")
        try:
            fresh.mkdir()
            _write_files(fresh, manifest, state, arrays)
            _take_place(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return folder


def read_folder(folder: Path, kind: type[Kind], of: str) -> tuple[Kind, Any, Arrays]:
    """Read a model whose files are all as they were written; raises ModelFileError otherwise."""
    manifest = read_manifest(folder, kind, of)
    for name, expected in manifest.files.items():
        _check_file(folder / Path(name).name, expected, kind.anew)
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name in sorted(manifest.files.keys() - {STATE}):
        arrays.update(_read_arrays(folder / Path(name).name, kind.anew))
    if STATE not in manifest.files:
        raise ModelFileError(f"{folder / STATE} is not among the files of the model. {kind.anew}")
    try:
        state = json.loads((folder / STATE).read_bytes())
    except (ValueError, RecursionError) as error:
        raise damaged(folder / STATE, error, kind.anew) from error
    return manifest, state, arrays


def write_atomically(path: Path, text: str) -> None:
    """Write a small file so that whoever reads it sees the old or the new text, whole."""
    with _explained(path):
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
        try:
            fresh.write_text(text, "utf-8")
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)


def _write_files(folder: Path, manifest: ModelManifest, state: Any, arrays: Arrays) -> None:
    text = json.dumps(state, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    (folder / STATE).write_text(text, "utf-8")
    parts: dict[str, dict[str, npt.NDArray[Any]]] = {}
    for path, values in arrays.items():
        parts.setdefault(path.split(".")[0].strip("_"), {})[path] = values
    for name, held in parts.items():
        np.savez(folder / f"{name}.npz", **held)  # type: ignore[arg-type]
    files = {path.name: _measured(path) for path in sorted(folder.iterdir())}
    write_manifest(folder, replace(manifest, files=files))


def _take_place(fresh: Path, folder: Path) -> None:
    """Put ``fresh`` where ``folder`` is; what was there comes back when that fails."""
    if not folder.exists() or _is_empty(folder):
        fresh.rename(folder)
        return
    old = fresh.with_suffix(".old")
    folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _measured(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {
            "sha256": file_digest(file, "sha256").hexdigest(),
            "n_bytes": path.stat().st_size,
        }


def _check_file(path: Path, expected: Mapping[str, Any], anew: str) -> None:
    if not path.is_file():
        raise ModelFileError(f"{path} of the saved model is missing. {anew}")
    try:
        found = _measured(path)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error}.") from error
    if found != expected:
        raise damaged(path, "it is not what was saved", anew)


def _read_arrays(path: Path, anew: str) -> dict[str, npt.NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except (
        Exception
    ) as error:  # zipfile and numpy raise of many kinds for bytes that are not theirs
        raise damaged(path, error, anew) from error


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, XenorecError):
            raise
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(
                f"There is no room to write {path}: {error}. What was there before is untouched; "
                "make room and do it again."
            ) from error
        raise ModelFileError(
            f"{path} cannot be written: {error}. See that this user may write in its folder."
        ) from error
