"""What can go wrong with a till's files, in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xenorec.errors import BadInput, DiskFull, WorkspaceBusy


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Explain a file that cannot be read."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise BadInput(f"{path} cannot be read ({error}). Publish or restore it.") from error


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """Explain a journal that cannot be written; nothing of the entry was kept."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise BadInput(
            f"A till was used from two threads ({error}). Open one Till for each thread."
        ) from error
    except sqlite3.OperationalError as error:
        text = str(error)
        if "full" in text or "disk I/O" in text:
            raise DiskFull(
                f"There is no room to write {path}: {text}. The entry was not kept; make room and "
                "record it again."
            ) from error
        if "locked" in text:
            raise WorkspaceBusy(
                f"{path} was held by another till for more than 10 s. Record it again."
            ) from error
        raise BadInput(f"{path} cannot be written: {text}.") from error
