"""What can go wrong with a till's files, in our words; and that only their owner reads them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xenorec.errors import BadInput, DiskFull, WorkspaceBusy

WAIT = 10.0
"""Seconds that one till waits for another."""
PRIVATE = 0o600
"""The mode of every file of a till: its owner reads and writes it, nobody else."""


def connect(path: Path, *, mode: str) -> sqlite3.Connection:
    """Open an existing SQLite file, whatever characters its path has; every statement commits."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=WAIT, isolation_level=None)


def make_private(path: Path) -> None:
    """Make a file for its owner alone, empty when it was not there, before anything is in it.

    Its owner is that of the folder, also when the administrator makes it. Where the file is another
    user's its mode stays.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
        _give_to_owner_of_folder(path)
        return
    if path.is_file() and path.stat().st_mode & 0o077:
        with suppress(PermissionError):
            path.chmod(PRIVATE)


def _give_to_owner_of_folder(path: Path) -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        folder = path.parent.stat()
        with suppress(OSError):
            os.chown(path, folder.st_uid, folder.st_gid)


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
    except OSError as error:
        raise _unwritten(path, str(error)) from error
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise _busy(path) from error
        raise _unwritten(path, str(error)) from error


def _unwritten(path: Path, text: str) -> BadInput | DiskFull:
    if any(word in text for word in ("full", "disk I/O", "No space left", "quota")):
        return DiskFull(
            f"There is no room to write {path}: {text}. What was there before is untouched; "
            "make room and do it again."
        )
    return BadInput(
        f"{path} cannot be written: {text}. See that the folder is there, that this user may "
        "write in it, and that the file is a till's."
    )


def _busy(path: Path) -> WorkspaceBusy:
    return WorkspaceBusy(f"{path} was held by another till for more than {WAIT:.0f} s. Try again.")
