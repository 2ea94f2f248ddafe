"""Closures: days on which the shop was shut, taken out of the clock that models read."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import numpy as np

from xenorec.array_types import Ints
from xenorec.config.closed_days import Closure, GivenClosure, closures_of
from xenorec.errors import XenorecWarning
from xenorec.timestamps import instant_of, microseconds
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_time import DAY_US

__all__ = [
    "WEEK",
    "Closure",
    "GivenClosure",
    "closures_for",
    "closures_of",
    "find_closures",
    "warn_of_end",
    "without",
]

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
