"""Closures: days on which the shop was shut, taken out of the clock that models read."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TypeAlias, TypeVar

import numpy as np

from xenorec.array_types import Ints
from xenorec.errors import BadInput, XenorecWarning
from xenorec.timestamps import as_instant, instant_of, microseconds
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_time import DAY_US

Log = TypeVar("Log", bound=EventLog)

LEAST_DAYS = 14
LEAST_MISSED = 30.0
"""Orders that a run of empty days must have cost before it is taken for a closure."""
LOOK_BACK = 56
LEAST_BEFORE = 28
"""Days of the shop before a run, to know what is usual."""
BUSY = 0.6
"""The share of the days before that must have had orders: a fair every month is no closure."""
WEEK = 7


@dataclass(frozen=True)
class Closure:
    """Days without trade, [``first``, ``last``], both included; ``found``: by looking, not told."""

    first: date
    last: date
    found: bool = False

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise BadInput(
                f"A closure from {self.first} to {self.last} ends before it begins; "
                "give the first and the last closed day."
            )

    @property
    def n_days(self) -> int:
        """How many days were closed."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        how = "No orders at all came" if self.found else "The shop was closed"
        said = f"{how} from {self.first} to {self.last} ({self.n_days} days)"
        return f"{said}; these days are left out of everybody's silence."


GivenClosure: TypeAlias = Closure | Sequence[str | date] | Mapping[str, str | date]
"""A closure as it is given: as one, as (first, last) closed day, or as {"from", "to"}."""


def closures_of(
    given: Iterable[GivenClosure],
) -> tuple[Closure, ...]:
    """Read pairs of (first, last) closed day, or mappings of "from" and "to", in order of time.

    Raises ``BadInput`` for anything else, and for two that share days.
    """
    read: list[Closure] = []
    for pair in given:
        if isinstance(pair, Closure):
            read.append(pair)
            continue
        if isinstance(pair, Mapping) and set(pair) == {"from", "to"}:
            pair = (pair["from"], pair["to"])
        if isinstance(pair, str) or len(tuple(pair)) != 2:
            raise BadInput(
                f"A closure is {pair!r}; expected its first and last closed day, such as "
                "('2020-03-25', '2020-05-10')."
            )
        first, last = (as_instant(day, name="closure").date() for day in pair)
        read.append(Closure(first, last))
    ordered = tuple(sorted(read, key=lambda closure: (closure.first, closure.last)))
    for early, late in pairwise(ordered):
        if late.first <= early.last:
            raise BadInput(
                f"The closure from {late.first} to {late.last} shares days with the one from "
                f"{early.first} to {early.last}; give them as one."
            )
    return ordered


def closures_for(stamps: EventLog, given: Sequence[Closure]) -> tuple[Closure, ...]:
    """Return the given closures that touch the days of the data, else those that are found."""
    if not len(stamps.at):
        return ()
    first, last = instant_of(int(stamps.at.min())).date(), stamps.as_of.date()
    known = tuple(one for one in given if one.first <= last and one.last >= first)
    return known or find_closures(stamps)


def find_closures(stamps: EventLog) -> tuple[Closure, ...]:
    """Return runs of at least 14 days without any order where 30 or more were to be expected.

    Expected is the mean of the 56 days before the run, of which most had orders. A run may reach
    to ``as_of``.
    """
    if not len(stamps.at):
        return ()
    day = stamps.at // DAY_US
    start, today = int(day.min()), microseconds(stamps.as_of) // DAY_US
    n = np.bincount(day - start, minlength=today - start + 1)
    busy = np.append(np.flatnonzero(n), len(n))
    found = []
    for before, after in zip(busy[:-1].tolist(), busy[1:].tolist(), strict=True):
        length = after - before - 1
        usual = n[max(0, before + 1 - LOOK_BACK) : before + 1]
        is_long = length >= LEAST_DAYS and usual.mean() * length >= LEAST_MISSED
        is_busy = len(usual) >= LEAST_BEFORE and (usual > 0).mean() >= BUSY
        if is_long and is_busy:
            found.append(Closure(_day(start + before + 1), _day(start + after - 1), found=True))
    return tuple(found)


def warn_of_end(closures: Iterable[Closure], as_of: datetime) -> None:
    """Warn with the code ``orders-stopped`` where a run that was found reaches to ``as_of``."""
    for closure in closures:
        if closure.found and closure.last >= as_of.date() - timedelta(days=1):
            warnings.warn(
                f"orders-stopped: no order at all came in the {closure.n_days} days before as_of, "
                f"since {closure.first}. Answers are what they were then, as if the shop had been "
                "closed. Load the orders since, or give an earlier as_of; where the shop was "
                "closed, say so in [[closures]] or closures=[...].",
                XenorecWarning,
                stacklevel=3,
            )


def without(stamps: Log, closures: Iterable[Closure], *, step: int = WEEK) -> Log:
    """Return the stamps on a clock that stands still while the shop is closed.

    Multiples of ``step`` days are taken out: whole weeks, so that weekdays stay what they are; 1
    for a model that reads no weekdays. What was recorded on a closed day counts as of the moment
    of the closing.
    """
    at, now = stamps.at, microseconds(stamps.as_of)
    for closure in sorted(closures, key=lambda closure: closure.first, reverse=True):
        begin = microseconds(datetime.combine(closure.first, datetime.min.time(), UTC))
        length = closure.n_days // step * step * DAY_US
        at, now = _skipped(at, begin, length), int(_skipped(np.array([now]), begin, length)[0])
    return replace(stamps, at=at, as_of=instant_of(now))


def _skipped(at: Ints, begin: int, length: int) -> Ints:
    return np.where(at <= begin, at, np.maximum(at - length, begin)).astype(np.int64)


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)
