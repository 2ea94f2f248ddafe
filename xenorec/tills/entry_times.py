"""When an entry happened, where a till's clock may be wrong.

A till that collects says what its clock said. What lies after the collection, or before any till of
ours could run, did not happen then: it counts at its first collection, the latest instant that is
proven. A grant of consent counts at the earliest instant that is proven instead, so that a wrong
clock never puts it behind a withdrawal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from xenorec.pos.journal import JournalEntry

FLOOR = datetime(2005, 1, 1, tzinfo=UTC)
"""No till of ours ran before; clocks without a battery begin in 1970, 1980 or 2000."""
TOLERANCE = timedelta(minutes=5)
"""Two clocks that are right may differ by so much; no more is told of less."""
BACK = timedelta(days=1)
"""A clock that goes back by more was set, or stood still."""


class TimedEntry(NamedTuple):
    """An entry and when it counts; ``claimed`` is what its clock said where that is not so."""

    entry: JournalEntry
    at: datetime
    claimed: datetime | None = None
    is_told: bool = False


def timed(entries: Sequence[JournalEntry], collected: Mapping[str, datetime]) -> list[TimedEntry]:
    """Return when each entry counts; ``collected``: when each key was first collected."""
    found, proven, latest = [], FLOOR, FLOOR
    for entry in entries:
        at = collected[entry.idempotency_key]
        if at > latest:  # it was not in the collection before, so it was recorded after that one
            proven, latest = max(proven, latest), at
        one = _timed(entry, claimed_at(entry), at, proven)
        if one.claimed is None and "ordered_at" not in entry.body:
            proven = max(proven, one.at)
        found.append(one)
    return found


def steps_back(entries: Sequence[JournalEntry], collected: Mapping[str, datetime]) -> list[int]:
    """Return the numbers of entries whose clock, though believable, had gone back by a day."""
    found, latest = [], FLOOR
    for entry in entries:
        at = datetime.fromisoformat(entry.at)
        if not FLOOR <= at <= collected[entry.idempotency_key]:
            continue
        if at < latest - BACK:
            found.append(entry.seq)
        latest = at
    return found


def claimed_at(entry: JournalEntry) -> datetime:
    """Return when an entry says that it happened."""
    return datetime.fromisoformat(entry.body.get("ordered_at") or entry.at)


def _timed(
    entry: JournalEntry, claimed: datetime, collected: datetime, proven: datetime
) -> TimedEntry:
    if FLOOR <= claimed <= collected:
        return TimedEntry(entry, claimed)
    is_told = claimed < FLOOR or claimed > collected + TOLERANCE
    is_grant = entry.kind == "consent" and entry.body["status"] == "granted"
    at = min(proven, collected) if is_grant and is_told else collected
    return TimedEntry(entry, at, claimed, is_told)
