"""What was collected of each till before: which entry, with which content, and when first.

An entry never changes: one that comes again under its key with other content is not what was
collected, and is put aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from xenorec.engine import Session
from xenorec.pos.journal_reader import JournalEntries

ENTRIES = """
create table if not exists warehouse.till_entries (
  till_id VARCHAR not null, idempotency_key VARCHAR not null, seq BIGINT not null,
  hash VARCHAR not null, recorded_at TIMESTAMPTZ not null, collected_at TIMESTAMPTZ not null,
  former_source VARCHAR)
"""
TABLE = """
create or replace temp table incoming_entries as
select key, seq, hash, cast(recorded_at as TIMESTAMPTZ) as recorded_at, former_source
from incoming_rows
"""
KNOWN = (
    "select idempotency_key as key, seq, hash, collected_at, former_source "
    "from warehouse.till_entries where till_id = $till_id"
)
CHANGED = f"""
select i.key from incoming_entries as i join ({KNOWN}) as k on k.key = i.key
where k.hash <> i.hash
"""
REUSED = f"""
select distinct i.seq from incoming_entries as i join ({KNOWN}) as k on k.seq = i.seq
where k.key <> i.key order by 1
"""
GONE = f"""
select distinct k.seq from ({KNOWN}) as k
where k.key not in (select key from incoming_entries) and k.seq not in (select seq from bad_entries)
order by 1
"""
ADD = f"""
insert into warehouse.till_entries
select $till_id, key, seq, hash, recorded_at, $now, former_source from incoming_entries
where key not in (select key from ({KNOWN}))
"""


@dataclass(frozen=True)
class CollectedEntries:
    """How a journal compares with what was collected of its till before.

    ``first``: key -> when it was first collected; ``former``: key -> the source under which it
    was landed before tills had ids.
    """

    first: Mapping[str, datetime]
    former: Mapping[str, str]
    changed: frozenset[str]
    reused: tuple[int, ...]
    gone: tuple[int, ...]


def collect(
    session: Session, recorded: JournalEntries, former: Mapping[str, str], *, now: datetime
) -> CollectedEntries:
    """Compare a journal with what was collected before, and write down what is new of it.

    ``former``: key -> source of entries that were landed before tills had ids.
    """
    told = {"till_id": recorded.facts.till_id}
    session.run(ENTRIES)
    _register(session, recorded, former)
    changed = frozenset(row[0] for row in session.rows(CHANGED, told))
    reused = tuple(row[0] for row in session.rows(REUSED, told))
    gone = tuple(row[0] for row in session.rows(GONE, told))
    session.run(ADD, {**told, "now": now})
    rows = session.rows(KNOWN, told)
    for name in ("incoming_entries", "bad_entries"):
        session.run(f"drop table {name}")
    return CollectedEntries(
        {key: at for key, _, _, at, _ in rows},
        {key: source for key, _, _, _, source in rows if source},
        changed,
        reused,
        gone,
    )


def known_keys(session: Session, till_id: str) -> set[str]:
    """Return the keys that were collected of a till before."""
    session.run(ENTRIES)
    return {row[0] for row in session.rows(KNOWN, {"till_id": till_id})}


def _register(session: Session, recorded: JournalEntries, former: Mapping[str, str]) -> None:
    entries = recorded.entries
    columns: dict[str, Any] = {
        "key": pa.array([e.idempotency_key for e in entries], pa.string()),
        "seq": pa.array([e.seq for e in entries], pa.int64()),
        "hash": pa.array([e.hash for e in entries], pa.string()),
        "recorded_at": pa.array([e.at for e in entries], pa.string()),
        "former_source": pa.array([former.get(e.idempotency_key) for e in entries], pa.string()),
    }
    session.register("incoming_rows", pa.table(columns))
    session.run(TABLE)
    seqs = pa.array([bad.seq for bad in recorded.bad], pa.int64())
    session.register("bad_rows", pa.table({"seq": seqs}))
    session.run("create or replace temp table bad_entries as select seq from bad_rows")
