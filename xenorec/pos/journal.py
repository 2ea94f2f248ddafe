"""``journal.sqlite``: what a till recorded, append-only, each entry once by its key.

Several tills, also in several processes, may write the same journal. It has no write-ahead log:
SQLite below 3.51.3 may damage one that several processes write.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from xenorec.errors import BadInput
from xenorec.pos.disk import WAIT, connect, readable, writable

NAME = "journal.sqlite"

TABLE = """
create table if not exists entries (
  seq integer primary key autoincrement, kind text not null, idempotency_key text not null unique,
  at text not null, store_id text not null, body text not null, hash text not null)
"""


class Entry(NamedTuple):
    """One thing that happened at a till."""

    seq: int
    kind: str
    idempotency_key: str
    at: str
    store_id: str
    body: dict[str, Any]


class Journal:
    """The journal of one till folder; several tills may write the same one."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        with writable(self.path):
            self._connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
            try:
                self._connection.execute("pragma journal_mode = truncate")
                self._connection.execute("pragma synchronous = full")
                self._connection.execute(TABLE)
            except sqlite3.Error:
                self._connection.close()
                raise

    def add(self, kind: str, key: str, body: dict[str, Any], *, at: str, store_id: str) -> bool:
        """Add an entry; return False when the very same one is there already.

        It is on the disk when this returns. Raises BadInput when the key was used for something
        else: nothing is overwritten.
        """
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        digest = _digest(kind, store_id, text)
        before = self._hash_of(key)
        if before is None and self._insert(kind, key, at, store_id, text, digest):
            return True
        if (before or self._hash_of(key)) != digest:
            raise BadInput(
                f"{key!r} was recorded before with other content. What was recorded first is kept; "
                "use a new id for what is new."
            )
        return False

    def has(self, key: str) -> bool:
        """Return whether something was recorded under a key."""
        return self._hash_of(key) is not None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _insert(self, *row: str) -> bool:
        """Insert an entry unless another till was faster."""
        sql = (
            "insert into entries (kind, idempotency_key, at, store_id, body, hash) "
            "values (?, ?, ?, ?, ?, ?) on conflict (idempotency_key) do nothing"
        )
        with writable(self.path):
            return self._connection.execute(sql, row).rowcount == 1

    def _hash_of(self, key: str) -> str | None:
        sql = "select hash from entries where idempotency_key = ?"
        with readable(self.path):
            found = self._connection.execute(sql, (key,)).fetchone()
        return str(found[0]) if found else None


def read_journal(folder: Path, *, after: int = 0) -> Iterator[Entry]:
    """Yield the entries of a till folder in the order they were recorded, from ``seq`` on.

    What a killed till was about to write is undone first. Raises BadInput for a file that is not
    a journal, and for an entry that was changed after it was recorded.
    """
    path = folder / NAME
    if not path.is_file() or not path.stat().st_size:
        return
    for seq, kind, key, at, store_id, body, digest in _rows(path, after):
        if _digest(kind, store_id, body) != digest:
            raise BadInput(
                f"Entry {seq} of {path} is not as it was recorded. Restore the file from a copy."
            )
        yield Entry(seq, kind, key, at, store_id, json.loads(body))


def _rows(path: Path, after: int) -> list[Any]:
    sql = (
        "select seq, kind, idempotency_key, at, store_id, body, hash from entries where seq > ? "
        "order by seq"
    )
    with readable(path):
        connection = connect(path, mode="rw")
        try:
            return connection.execute(sql, (after,)).fetchall()
        finally:
            connection.close()


def _digest(kind: str, store_id: str, text: str) -> str:
    from hashlib import sha256  # at first use: it takes longer to load than the rest of this file

    return sha256(f"{kind}\n{store_id}\n{text}".encode()).hexdigest()
