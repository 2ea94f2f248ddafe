"""What is to be known of a collected journal besides its counts, each with a stable code."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from xenorec.errors import XenorecWarning
from xenorec.pos.journal_reader import BadEntry, JournalEntries
from xenorec.tills.collected_entries import CollectedEntries
from xenorec.tills.entry_times import TimedEntry, steps_back

MOST = 5
"""How many runs of numbers a sentence names."""


class CollectNote(NamedTuple):
    """A sentence with its code; ``is_warned``: sales or statements may be lost."""

    code: str
    text: str
    is_warned: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def notes_of(
    recorded: JournalEntries,
    collected: CollectedEntries,
    bad: Sequence[BadEntry],
    counted: Sequence[TimedEntry],
) -> list[CollectNote]:
    """Return what is to be told of a journal that was collected."""
    found = [
        _gaps(recorded, collected),
        _gone(collected),
        _reused(collected),
        _changed(recorded, collected),
        _unread(bad),
        _clock([one.entry.seq for one in counted if one.is_told]),
        _back(steps_back([one.entry for one in counted], collected.first)),
        _former(collected),
    ]
    return [note for note in found if note is not None]


def warn(notes: Sequence[CollectNote]) -> None:
    """Warn of every note that says that something may be lost."""
    for note in notes:
        if note.is_warned:
            warnings.warn(str(note), XenorecWarning, stacklevel=4)


def _gaps(recorded: JournalEntries, collected: CollectedEntries) -> CollectNote | None:
    gone = set(collected.gone)
    gaps = [gap for gap in recorded.gaps() if not (len(gone) and _within(gap, gone))]
    if not gaps:
        return None
    n = sum(last - first + 1 for first, last in gaps)
    text = (
        f"{_entries(n)} {_runs(gaps)} missing from the journal and were never collected. What they "
        "recorded is lost, unless a copy of the journal has it."
    )
    return CollectNote("till-gap", text, is_warned=True)


def _within(gap: tuple[int, int], seqs: set[int]) -> bool:
    return gap[1] - gap[0] < len(seqs) and all(n in seqs for n in range(gap[0], gap[1] + 1))


def _gone(collected: CollectedEntries) -> CollectNote | None:
    if not collected.gone:
        return None
    text = (
        f"{_entries(len(collected.gone))} {_runs(_runs_of(collected.gone))} collected before and "
        "not in the journal any more: it was restored from an older copy. What was collected stays."
    )
    return CollectNote("till-restored", text, is_warned=True)


def _reused(collected: CollectedEntries) -> CollectNote | None:
    if not collected.reused:
        return None
    text = (
        f"{_entries(len(collected.reused))} {_runs(_runs_of(collected.reused))} others than those "
        "that were collected under these numbers: the journal went on from an older copy, or two "
        "tills began with one. Both are kept."
    )
    return CollectNote("till-forked", text, is_warned=True)


def _changed(recorded: JournalEntries, collected: CollectedEntries) -> CollectNote | None:
    seqs = [e.seq for e in recorded.entries if e.idempotency_key in collected.changed]
    if not seqs:
        return None
    text = (
        f"{_entries(len(seqs))} {_runs(_runs_of(seqs))} not what was collected before under the "
        "same key. The first is kept, the other is in quarantine."
    )
    return CollectNote("till-changed", text, is_warned=True)


def _unread(bad: Sequence[BadEntry]) -> CollectNote | None:
    n = sum(one.kind == "consent" for one in bad)
    if not n:
        return None
    text = (
        f"{n:,} statements of consent of a till are in quarantine. Until they are mended these "
        "customers may still be written to: see xenorec quarantine."
    )
    return CollectNote("consents-unread", text, is_warned=True)


def _clock(seqs: Sequence[int]) -> CollectNote | None:
    if not seqs:
        return None
    text = (
        f"{_entries(len(seqs))} {_runs(_runs_of(seqs))} of a wrong clock, later than their "
        "collection or before 2005. They count at their first collection, a grant of consent at "
        "the earliest instant that is proven; what the clock said is in warehouse.till_entries."
    )
    return CollectNote("till-clock", text)


def _back(seqs: Sequence[int]) -> CollectNote | None:
    if not seqs:
        return None
    text = (
        f"The till's clock went back by more than a day before {_entries(len(seqs)).lower()} "
        f"{_format_runs(_runs_of(seqs))}. Their times are kept as they are; see to the clock."
    )
    return CollectNote("till-clock-back", text)


def _former(collected: CollectedEntries) -> CollectNote | None:
    if not collected.former:
        return None
    sources = sorted(set(collected.former.values()))
    text = (
        f"{_entries(len(collected.former))} had been collected before, under "
        f"{', '.join(sources)}, when a till was known by its folder's name. They stay as they are."
    )
    return CollectNote("till-known", text)


def _entries(n: int) -> str:
    return f"{n:,} {'entry' if n == 1 else 'entries'}"


def _runs(runs: Sequence[tuple[int, int]]) -> str:
    is_one = len(runs) == 1 and runs[0][0] == runs[0][1]
    return f"{_format_runs(runs)} {'is' if is_one else 'are'}"


def _format_runs(runs: Sequence[tuple[int, int]]) -> str:
    shown = [str(first) if first == last else f"{first} to {last}" for first, last in runs[:MOST]]
    return f"({', '.join(shown)}{', ...' if len(runs) > MOST else ''})"


def _runs_of(seqs: Sequence[int]) -> list[tuple[int, int]]:
    numbered = enumerate(sorted(set(seqs)))
    groups = groupby(numbered, key=lambda pair: pair[1] - pair[0])
    runs = [[seq for _, seq in group] for _, group in groups]
    return [(run[0], run[-1]) for run in runs]
