"""``revoked.sqlite``: whom a till must not know any more, in force at the next call.

An erasure writes here what the serving file, published before it, still holds. The list keeps
hashes of references under a salt of its own; it only ever grows.
"""

from __future__ import annotations

import os
import sqlite3
import warnings
from collections.abc import Iterable
from pathlib import Path

from xenorec.errors import BadInput, MissingFile, XenorecError, XenorecWarning
from xenorec.pos.file_errors import WAIT, connect, make_private, readable, writable
from xenorec.pos.identifier_hashes import keyed_hash
from xenorec.pos.serving_store import NAME as SERVING

NAME = "revoked.sqlite"
TABLES = (
    "create table if not exists salt (value text not null)",
    "create table if not exists revoked (hash text primary key) without rowid",
)


def revoke(folder: Path, refs: Iterable[str]) -> int:
    """Make a till folder forget customers from now on; return how many it did not have listed.

    An open till answers None, and what is popular, for them from its next call on. It is on the
    disk when this returns. Raises MissingFile when no till was published there, DiskFull.
    """
    if not (folder / SERVING).is_file():
        raise MissingFile(f"There is no till in {folder}: it has no {SERVING}.")
    path = folder / NAME
    with writable(path):
        make_private(path)
        connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
        try:
            return _add(connection, refs)
        finally:
            connection.close()


class Revocations:
    """The list of one folder, as it is on the disk at each question."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._connection: sqlite3.Connection | None = None
        self._salt = b""
        self._file: tuple[int, int] | None = None
        self._has_warned = False

    def holds(self, ref: str) -> bool:
        """Return whether a customer was revoked; True for all where the list cannot be read."""
        try:
            self._follow()
            if self._connection is None:
                return False
            with readable(self.path):
                sql = "select 1 from revoked where hash = ?"
                found = self._connection.execute(sql, (_hash(ref, self._salt),)).fetchone()
        except XenorecError as error:
            self._warn(error)
            return True
        return found is not None

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._file = None, None

    def _follow(self) -> None:
        """Open the list when it is there and is not the one that is open."""
        try:
            stat = self.path.stat()
        except OSError:
            self.close()
            return
        if self._file == (stat.st_dev, stat.st_ino) or not stat.st_size:
            return
        self.close()
        with readable(self.path):
            connection = connect(self.path, mode="rw")  # to undo what a killed writer began
            try:
                self._salt = _salt(connection)
            except (sqlite3.Error, BadInput):
                connection.close()
                raise
        self._connection, self._file = connection, (stat.st_dev, stat.st_ino)

    def _warn(self, error: XenorecError) -> None:
        if not self._has_warned:
            self._has_warned = True
            text = f"till-revocations-unread: {error} Until then the till knows nobody."
            warnings.warn(text, XenorecWarning, stacklevel=4)


def _add(connection: sqlite3.Connection, refs: Iterable[str]) -> int:
    connection.execute("pragma journal_mode = truncate")
    connection.execute("pragma synchronous = full")
    connection.execute("begin immediate")
    for sql in TABLES:
        connection.execute(sql)
    if connection.execute("select 1 from salt").fetchone() is None:
        connection.execute("insert into salt values (?)", (os.urandom(16).hex(),))
    salt = _salt(connection)
    before = connection.total_changes
    connection.executemany(
        "insert or ignore into revoked values (?)", [(_hash(ref, salt),) for ref in set(refs)]
    )
    n_new = connection.total_changes - before
    connection.execute("commit")
    return n_new


def _salt(connection: sqlite3.Connection) -> bytes:
    found = connection.execute("select value from salt").fetchone()
    if found is None:
        raise BadInput("A till's list of revoked customers has no salt. Publish the till again.")
    return bytes.fromhex(found[0])


def _hash(ref: str, salt: bytes) -> str:
    return keyed_hash("ref", ref, salt)
