"""What can go wrong with a till's files, in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xenorec.errors import BadInput, DiskFull, WorkspaceBusy

WAIT = 10.0
"""Seconds that one till waits for another."""


def connect(path: Path, *, mode: str) -> sqlite3.Connection:
    """Open an existing SQLite file, whatever characters its path has; every statement commits."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=WAIT, isolation_level=None)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Explain a file that cannot be read."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise _busy(path) from error
        raise BadInput(f"{path} cannot be read ({error}). Publish or restore it.") from error


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """Explain a file that cannot be written; nothing of what was being written is kept."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "full" in text or "disk I/O" in text:
            raise DiskFull(
                f"There is no room to write {path}: {text}. What was there before is untouched; "
                "make room and do it again."
            ) from error
        if "locked" in text:
            raise _busy(path) from error
        raise BadInput(
            f"{path} cannot be written: {text}. See that the folder is there, that this user may "
            "write in it, and that the file is a till's."
        ) from error


def _busy(path: Path) -> WorkspaceBusy:
    return WorkspaceBusy(f"{path} was held by another till for more than {WAIT:.0f} s. Try again.")
