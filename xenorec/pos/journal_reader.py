"""Reading a journal back: every entry that can be used, and why another one cannot."""

from __future__ import annotations

import json
import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from xenorec.errors import BadInput, MissingFile
from xenorec.pos import value_checks
from xenorec.pos.entry_checks import checked, instant_text
from xenorec.pos.journal import (
    CHANGED,
    FIRST,
    NAME,
    ROWS,
    JournalEntry,
    JournalFacts,
    entry_hash,
    facts_before_ids,
    read_facts,
    read_with,
)

LAST = "select coalesce(max(seq), 0) from sqlite_sequence where name = 'entries'"


class BadEntry(NamedTuple):
    """An entry that cannot be used, with the reason; ``raw`` is what was kept, as JSON."""

    seq: int
    kind: str
    reason: str
    raw: str


class JournalEntries(NamedTuple):
    """A whole journal: whose it is, its entries, those that cannot be used, the last number."""

    facts: JournalFacts
    entries: list[JournalEntry]
    bad: list[BadEntry]
    last_seq: int

    def gaps(self) -> list[tuple[int, int]]:
        """Return the runs of numbers (first, last) up to the last one that no entry has."""
        there = sorted({*(e.seq for e in self.entries), *(e.seq for e in self.bad)})
        ends = pairwise([0, *(seq for seq in there if seq > 0), self.last_seq + 1])
        return [(before + 1, after - 1) for before, after in ends if after > before + 1]


def read_recorded(folder: Path) -> JournalEntries:
    """Return a till's whole journal; an entry that cannot be used is set apart with its reason.

    Raises MissingFile where no till was opened, BadInput for a file that is not a journal.
    """
    path = folder / NAME
    if not path.is_file() or not path.stat().st_size:
        raise MissingFile(
            f"There is no journal in {folder}: no till was opened there. Give the folder in which "
            "the till runs, or a copy of the whole of it."
        )
    facts, rows, last = read_with(path, _read_all)
    found = [_read(row) for row in rows]
    return JournalEntries(
        facts,
        [entry for entry in found if isinstance(entry, JournalEntry)],
        [entry for entry in found if isinstance(entry, BadEntry)],
        max([last, *(entry.seq for entry in found)]),
    )


def facts_of(folder: Path) -> JournalFacts | None:
    """Return whose the journal of a till folder is; None where nothing was recorded there."""
    path = folder / NAME
    if not path.is_file() or not path.stat().st_size:
        return None
    return read_with(path, _facts_of_entries)


def _facts_of_entries(connection: sqlite3.Connection) -> JournalFacts | None:
    is_empty = connection.execute(FIRST).fetchone() is None
    return None if is_empty else read_facts(connection)


def _read_all(connection: sqlite3.Connection) -> tuple[JournalFacts, list[Any], int]:
    connection.execute("begin")  # one view of all, while tills go on writing
    facts = read_facts(connection) or facts_before_ids(connection) or JournalFacts("")
    rows = connection.execute(ROWS, (0,)).fetchall()
    return facts, rows, int(connection.execute(LAST).fetchone()[0])


def _read(row: tuple[Any, ...]) -> JournalEntry | BadEntry:
    seq, kind, key, at, store_id, body, digest = row
    try:
        if entry_hash(kind, store_id, body) != digest:
            raise BadInput(f"it {CHANGED}")
        if not isinstance(key, str) or not key or not key.isprintable():
            raise BadInput("it has no key that can be printed")
        found = checked(kind, json.loads(body))
        store = value_checks.identifier(store_id, "store_id")
        return JournalEntry(seq, kind, key, instant_text(at, "at"), store, found, digest)
    except (BadInput, TypeError, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, BadInput) else f"it cannot be read ({error})"
        return BadEntry(seq, str(kind), reason, _raw(row))


def _raw(row: tuple[Any, ...]) -> str:
    names = ("seq", "kind", "idempotency_key", "at", "store_id", "body")
    told = {
        name: value if isinstance(value, int | str | None) else value_checks.shown(value)
        for name, value in zip(names, row, strict=False)
    }
    return json.dumps(told)
