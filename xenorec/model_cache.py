"""What one command fits lies beside the workspace's file, and the next command reads it."""

from __future__ import annotations

import errno
import json
import logging
import os
import platform
import secrets
import shutil
import time
import warnings
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xenorec.engine import DuckEngine
from xenorec.errors import XenorecError, XenorecWarning

if TYPE_CHECKING:
    from xenorec.profile import History

Model = TypeVar("Model")

ENTRY = "entry.json"
FORMAT = 1
MOST_ENTRIES, MOST_BYTES = 16, 1_000_000_000
"""What is kept; what was used longest ago goes first."""
UNFINISHED_SECONDS = 86_400
"""After so long nobody is still writing what was begun."""
PACKAGES = (
    *("duckdb", "hijridate", "holidays", "lifetimes", "numpy", "pandas", "pyarrow"),
    *("scikit-learn", "scipy"),
)
"""What an answer may depend on beside our own code."""
UNREADABLE = (XenorecError, OSError, ValueError, LookupError, TypeError, RecursionError)
"""What reading an entry raises that is not what was written."""
CONTENT = ("connectors", "templates", "__pycache__")
"""Folders of the package that no model reads."""

log = logging.getLogger("xenorec")


@dataclass(frozen=True)
class ModelCache:
    """The folder ``shop.models/fitted`` beside the workspace's file ``shop.duckdb``.

    It holds a folder per model: what ``save`` wrote, and ``entry.json``, which says what it was
    fitted on. A workspace in memory keeps nothing. ``token``: the engine's, from before the first
    row was read; nothing is kept once the warehouse has changed.
    """

    engine: DuckEngine
    token: tuple[int, ...]

    @property
    def folder(self) -> Path | None:
        """Where they lie; None for a workspace in memory."""
        path = self.engine.path
        return None if path is None else folder_of(path)

    def fit(self, model: Model, history: History, **options: Any) -> Model:
        """Return ``model.fit(history, **options)``, or the same as an earlier command kept it."""
        fit: Any = model

        def make(source: Any) -> Model:
            fitted: Model = fit.fit(source, **options)
            log.info("action=fit model=%s as_of=%s", type(model).__name__, _at(history))
            return fitted

        return self.made(model, history, make, **options)

    def made(
        self, model: Model, history: History, make: Callable[[Any], Model], **options: Any
    ) -> Model:
        """Return what ``make`` gives of a history, or the same as an earlier command kept it.

        Kept is what was made at the same instant, of a model of the same class and settings, with
        the same ``options``, by the same code, from tables that hold the same rows now. Warnings
        come again. An entry that is damaged is told in the log, and made anew.
        """
        folder = self.folder
        if folder is None:
            return make(history)
        key = _key(model, history, options)
        found = _find(folder, type(model), key, history)
        if found is not None:
            return found
        tables: set[str] = set()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            fitted = make(history.dataset.noting(tables))
        marks = history.fingerprints(tables)
        said = [str(one.message) for one in told if isinstance(one.message, XenorecWarning)]
        entry = {"key": key, "tables": marks, "warnings": said}
        self._keep(folder / _name(key, marks), fitted, entry)
        for one in told:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
        return fitted

    def _keep(self, folder: Path, model: Any, entry: Mapping[str, Any]) -> None:
        """Write an entry; without room, or where the warehouse has changed since, there is none.

        The change may have been an erasure, which deletes what was kept by then.
        """
        try:
            _write(folder, model, entry)
            if self.engine.token() != self.token:
                shutil.rmtree(folder, ignore_errors=True)
            _trim(folder.parent)
        except (XenorecError, OSError) as error:
            log.warning("action=keep model=%s why=%s", type(model).__name__, error)


def folder_of(path: Path) -> Path:
    """Return where the fitted models of a workspace's file lie."""
    return path.absolute().parent / f"{path.stem}.models" / "fitted"


def forget(path: Path | None, customer_ids: Collection[str]) -> tuple[str, ...]:
    """Delete the models beside a workspace's file that hold customers, and return their names.

    To be called when an erasure is committed in the warehouse. All that commands kept goes, as it
    was fitted on rows that are no more; of the published models, those that hold one of them.
    """
    if path is None:
        return ()
    from xenorec.recommend.model_store.shelf_registry import ShelfRegistry

    names = [entry.name for entry in _entries(folder_of(path))]
    shutil.rmtree(folder_of(path), ignore_errors=True)
    names += [folder.name for folder in ShelfRegistry.beside(path).forget(customer_ids)]
    if names:
        log.info("action=forget n_models=%d", len(names))
    return tuple(names)


@cache
def code_mark() -> str:
    """Return a mark of all code that an answer may depend on: ours, and the packages' releases."""
    package, digest = Path(__file__).parent, sha256()
    for path in sorted(package.rglob("*")):
        parts = path.relative_to(package).parts
        if path.is_file() and not set(parts) & set(CONTENT):
            digest.update("/".join(parts).encode() + b"\0" + path.read_bytes() + b"\0")
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            digest.update(f"{name} {version(name)}\n".encode())
    digest.update(f"{platform.python_version()} {platform.machine()}".encode())
    return digest.hexdigest()


def _key(model: Any, history: History, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must be the same, beside the rows, for an answer to be the same."""
    settings = {name: repr(getattr(model, name)) for name in signature(type(model)).parameters}
    return {
        "format": FORMAT,
        "model": type(model).__name__,
        "settings": settings,
        "options": {name: repr(value) for name, value in sorted(options.items())},
        "as_of": _at(history),
        "code": code_mark(),
    }


def _name(key: Mapping[str, Any], marks: Mapping[str, str]) -> str:
    return f"{key['model']}-{_digest(key)}-{_digest(marks)}"


def _digest(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _find(folder: Path, of: type[Model], key: Mapping[str, Any], history: History) -> Model | None:
    """Return the kept model of a key whose tables hold the same rows now; damaged ones are told."""
    for entry in sorted(folder.glob(f"{key['model']}-{_digest(key)}-*")):
        try:
            said = _read(entry)
            if said["key"] != key or said["tables"] != history.fingerprints(said["tables"]):
                continue
            load: Any = of
            model: Model = load.load(entry)
            told = [str(text) for text in said["warnings"]]
        except UNREADABLE as error:
            log.warning("action=ignore entry=%s why=%s", entry.name, error)
            continue
        log.info("action=reuse model=%s as_of=%s", of.__name__, _at(history))
        with suppress(OSError):
            os.utime(entry)
        for text in told:
            warnings.warn(text, XenorecWarning, stacklevel=4)
        return model
    return None


def _read(entry: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((entry / ENTRY).read_bytes())
    if said.pop("checksum") != _digest(said):
        raise ValueError(f"{ENTRY} is not what was written")
    return said


def _write(folder: Path, model: Any, entry: Mapping[str, Any]) -> None:
    """Write an entry for this user alone, whole or not at all."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.new")
    try:
        model.save(fresh)
        said = {**entry, "checksum": _digest(entry)}
        (fresh / ENTRY).write_text(json.dumps(said, indent=1) + "\n", "utf-8")
        for path in (fresh, *fresh.iterdir()):
            path.chmod(0o700 if path.is_dir() else 0o600)
        shutil.rmtree(folder, ignore_errors=True)  # what is there was damaged, or is the same
        _take_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _take_place(fresh: Path, folder: Path) -> None:
    try:
        fresh.rename(folder)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise  # otherwise another process was first, with the same


def _trim(folder: Path) -> None:
    """Delete what was used longest ago, beyond what is kept, and what was never finished."""
    n_bytes = 0
    for place, entry in enumerate(sorted(_entries(folder), key=_used_at, reverse=True)):
        n_bytes += sum(path.stat().st_size for path in entry.rglob("*") if path.is_file())
        if place >= MOST_ENTRIES or (place and n_bytes > MOST_BYTES):
            shutil.rmtree(entry, ignore_errors=True)
    for begun in folder.glob(".*.new"):
        if time.time() - _used_at(begun) > UNFINISHED_SECONDS:
            shutil.rmtree(begun, ignore_errors=True)


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process deleted it
        return 0.0


def _at(history: History) -> str:
    return history.as_of.isoformat()
