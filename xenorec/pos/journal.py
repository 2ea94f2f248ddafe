"""``journal.sqlite``: what a till recorded, append-only, each entry once by its key.

The journal says whose it is: a till's id, drawn when it is first opened, with the shop, the store
and the currency that were published for it. Several tills, also in several processes, may write
the same journal. It has no write-ahead log: SQLite below 3.51.3 may damage one that several
processes write.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from xenorec.errors import BadInput
from xenorec.pos.file_errors import WAIT, connect, make_private, readable, writable
from xenorec.pos.value_checks import now_utc

T = TypeVar("T")
NAME = "journal.sqlite"

TABLE = """
create table if not exists entries (
  seq integer primary key autoincrement, kind text not null, idempotency_key text not null unique,
  at text not null, store_id text not null, body text not null, hash text not null)
"""
META = "create table if not exists meta (name text primary key, value text not null)"
ROWS = (
    "select seq, kind, idempotency_key, at, store_id, body, hash from entries where seq > ? "
    "order by seq"
)
CHANGED = "is not as it was recorded"
FIRST = "select seq, kind, idempotency_key, at, store_id, hash from entries order by seq limit 1"


class JournalEntry(NamedTuple):
    """One thing that happened at a till."""

    seq: int
    kind: str
    idempotency_key: str
    at: str
    store_id: str
    body: dict[str, Any]
    hash: str = ""


class JournalOwner(NamedTuple):
    """Whose a journal is, as it was published; ``former_shops`` are earlier ids of the shop."""

    shop_id: str
    store_id: str
    currency: str
    former_shops: tuple[str, ...] = ()


class JournalFacts(NamedTuple):
    """What a journal says of itself.

    Empty texts: not known, as in a journal that was begun before tills had ids. ``n_before`` is
    the last number that such a journal had when it got its id.
    """

    till_id: str
    shop_id: str = ""
    store_id: str = ""
    currency: str = ""
    created_at: str = ""
    n_before: int = 0


class Journal:
    """The journal of one till folder; several tills may write the same one.

    Raises BadInput when the journal there is another shop's or another store's than ``owner``.
    """

    def __init__(self, folder: Path, owner: JournalOwner | None = None) -> None:
        self.path = folder / NAME
        with writable(self.path):
            make_private(self.path)
            self._connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
            try:
                self._connection.execute("pragma journal_mode = truncate")
                self._connection.execute("pragma synchronous = full")
                self.facts = self._begin(owner)
                self.accept(owner)
            except (sqlite3.Error, BadInput):
                self._connection.close()
                raise

    def accept(self, owner: JournalOwner | None) -> None:
        """Raise BadInput when the journal is another shop's or another store's."""
        if owner is not None:
            refuse_stranger(self.facts, owner, self.path)

    def add(self, kind: str, key: str, body: dict[str, Any], *, at: str, store_id: str) -> bool:
        """Add an entry; return False when the very same one is there already.

        It is on the disk when this returns. Raises BadInput when the key was used for something
        else: nothing is overwritten. Raises BadInput for what is no JSON.
        """
        text = as_text(body)
        digest = entry_hash(kind, store_id, text)
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

    def _begin(self, owner: JournalOwner | None) -> JournalFacts:
        """Return whose the journal is; at the first opening, draw the till's id and write it."""
        found = read_facts(self._connection)
        if found is not None and found == _owned(found, owner) and not is_stranger(found, owner):
            return found
        self._connection.execute("begin immediate")
        try:
            facts = self._facts_now(owner)
            if facts != read_facts(self._connection):
                self._write(facts)
            self._connection.execute("commit")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            raise
        return facts

    def _write(self, facts: JournalFacts) -> None:
        self._connection.execute(META)
        self._connection.executemany(
            "insert or replace into meta values (?, ?)",
            [(name, str(value)) for name, value in facts._asdict().items()],
        )

    def _facts_now(self, owner: JournalOwner | None) -> JournalFacts:
        """Return the facts of the journal with its owner; an empty one goes to a new owner."""
        self._connection.execute(TABLE)
        found = read_facts(self._connection) or _new(self._connection)
        if self._connection.execute(FIRST).fetchone() is None:
            found = found._replace(shop_id="", store_id="", currency="")
        return _owned(found, owner)

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


def read_journal(folder: Path, *, after: int = 0) -> Iterator[JournalEntry]:
    """Yield the entries of a till folder in the order they were recorded, from ``seq`` on.

    What a killed till was about to write is undone first. Raises BadInput for a file that is not
    a journal, and for an entry that was changed after it was recorded.
    """
    path = folder / NAME
    if not path.is_file() or not path.stat().st_size:
        return
    rows = read_with(path, lambda connection: connection.execute(ROWS, (after,)).fetchall())
    for seq, kind, key, at, store_id, body, digest in rows:
        if entry_hash(kind, store_id, body) != digest:
            raise BadInput(f"Entry {seq} of {path} {CHANGED}. Restore the file from a copy.")
        yield JournalEntry(seq, kind, key, at, store_id, json.loads(body), digest)


def read_with(path: Path, read: Callable[[sqlite3.Connection], T]) -> T:
    """Return what ``read`` reads in a journal; what is no UTF-8 does not stop it."""
    with readable(path):
        connection = connect(path, mode="rw")  # to undo what a killed till began
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            return read(connection)
        finally:
            connection.close()


def is_stranger(facts: JournalFacts, owner: JournalOwner | None) -> bool:
    """Return whether a journal is another shop's or another store's; unknown is nobody's."""
    if owner is None:
        return False
    shops = {owner.shop_id, *owner.former_shops}
    is_other_shop = bool(facts.shop_id and owner.shop_id) and facts.shop_id not in shops
    return is_other_shop or bool(facts.store_id and facts.store_id != owner.store_id)


def refuse_stranger(facts: JournalFacts, owner: JournalOwner, path: Path) -> None:
    """Raise BadInput when a journal is another shop's or another store's."""
    if not is_stranger(facts, owner):
        return
    if facts.store_id == owner.store_id or not facts.store_id:
        raise BadInput(
            f"{path} is the journal of another shop ({facts.shop_id}; this one is "
            f"{owner.shop_id}). Publish into a folder of its own."
        )
    raise BadInput(
        f"{path} is the journal of store {facts.store_id!r}, not {owner.store_id!r}. Collect it, "
        "and publish one folder for each store."
    )


def read_facts(connection: sqlite3.Connection) -> JournalFacts | None:
    """Return what a journal says of itself; None when it has no id yet."""
    if not connection.execute("select 1 from sqlite_master where name = 'meta'").fetchone():
        return None
    told = dict(connection.execute("select name, value from meta"))
    if not told.get("till_id"):
        return None
    texts = {name: str(told.get(name, "")) for name in JournalFacts._fields}
    number = texts.pop("n_before")
    return JournalFacts(**texts, n_before=int(number) if number.isdecimal() else 0)


def facts_before_ids(connection: sqlite3.Connection) -> JournalFacts | None:
    """Return the id of a journal that was begun before tills had ids; None for an empty one.

    It is a hash of the first entry, so that the till and every copy of its journal come to the
    same one.
    """
    from hashlib import blake2b  # at first use: slow to load

    first = connection.execute(FIRST).fetchone()
    if first is None:
        return None
    text = "\n".join(map(str, first)).encode("utf-8", "replace")
    last = int(connection.execute("select max(seq) from entries").fetchone()[0])
    return JournalFacts(blake2b(text, digest_size=16).hexdigest(), n_before=last)


def entry_hash(kind: str, store_id: str, text: str) -> str:
    """Return the hash of an entry's content, by which a change is found."""
    from hashlib import sha256  # at first use: it takes longer to load than the rest of this file

    return sha256(f"{kind}\n{store_id}\n{text}".encode()).hexdigest()


def as_text(body: dict[str, Any]) -> str:
    """Return a body as JSON; raises BadInput for what JSON or UTF-8 does not have."""
    try:
        text = json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"An entry cannot be kept as text ({error}).") from error
    return text


def _new(connection: sqlite3.Connection) -> JournalFacts:
    before = facts_before_ids(connection) or JournalFacts(os.urandom(16).hex())
    return before._replace(created_at=now_utc().isoformat(timespec="microseconds"))


def _owned(facts: JournalFacts, owner: JournalOwner | None) -> JournalFacts:
    """Return the facts with the shop, store and currency where they name none."""
    if owner is None:
        return facts
    is_former = facts.shop_id in owner.former_shops
    return facts._replace(
        shop_id=owner.shop_id if is_former else facts.shop_id or owner.shop_id,
        store_id=facts.store_id or owner.store_id,
        currency=facts.currency or owner.currency,
    )
