"""``journal.sqlite``: what a till recorded, append-only, each entry once by its key."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from xenorec.errors import BadInput
from xenorec.pos.disk import readable, writable

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
            self._connection = sqlite3.connect(self.path, timeout=10, isolation_level=None)
            self._connection.execute("pragma journal_mode = truncate")
            self._connection.execute("pragma synchronous = full")
            self._connection.execute(TABLE)

    def add(self, kind: str, key: str, body: dict[str, Any], *, at: str, store_id: str) -> bool:
        """Add an entry; return False when the very same one is there already.

        Raises BadInput when the key was used for something else: nothing is overwritten.
        """
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        digest = sha256(f"{kind}\n{store_id}\n{text}".encode()).hexdigest()
        with writable(self.path):
            done = self._connection.execute(
                "insert into entries (kind, idempotency_key, at, store_id, body, hash) "
                "values (?, ?, ?, ?, ?, ?) on conflict (idempotency_key) do nothing",
                (kind, key, at, store_id, text, digest),
            )
            if done.rowcount:
                return True
            (before,) = self._connection.execute(
                "select hash from entries where idempotency_key = ?", (key,)
            ).fetchone()
        if before != digest:
            raise BadInput(
                f"{key!r} was recorded before with other content. What was recorded first is kept; "
                "use a new id for a new sale."
            )
        return False

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def read_journal(folder: Path, *, after: int = 0) -> Iterator[Entry]:
    """Yield the entries of a till folder in the order they were recorded."""
    path = folder / NAME
    if not path.is_file():
        return
    with readable(path):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        rows = connection.execute(
            "select seq, kind, idempotency_key, at, store_id, body from entries where seq > ? "
            "order by seq",
            (after,),
        ).fetchall()
        connection.close()
    for seq, kind, key, at, store_id, body in rows:
        yield Entry(seq, kind, key, at, store_id, json.loads(body))
