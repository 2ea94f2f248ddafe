"""Order days: the days on which each customer ordered, in order of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_time import DAY_US


@dataclass(frozen=True)
class OrderDays:
    """One entry per customer and day with an order, sorted by both.

    The entries of customer i are ``bounds[i]`` to ``bounds[i + 1]``. ``at`` is when the day's
    first order came, in days since 1970 on the clock of the stamps.
    """

    bounds: Ints
    at: Floats

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def code(self) -> Ints:
        """The customer of each entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    def take(self, customers: Ints) -> OrderDays:
        """Return the visits of some customers, in the order given."""
        size = np.diff(self.bounds)[customers]
        bounds = np.append(0, np.cumsum(size))
        at = np.repeat(self.bounds[customers] - bounds[:-1], size) + np.arange(bounds[-1])
        return OrderDays(bounds, self.at[at])

    def until(self, now: float) -> tuple[Ints, OrderDays]:
        """Return the customers with a visit at or before ``now``, and these visits."""
        kept = self.at <= now
        before = np.append(0, np.cumsum(kept))[self.bounds]
        who = np.flatnonzero(np.diff(before))
        return who, OrderDays(np.append(before[who], before[-1:]), self.at[kept])

    def next_after(self, now: float) -> Floats:
        """Return the days from ``now`` to each customer's next visit; inf without one."""
        later = self.at > now
        first = np.append(0, np.cumsum(~later))[self.bounds]
        at = self.bounds[:-1] + np.diff(first)
        has = at < self.bounds[1:]
        wait = np.full(len(self), np.inf)
        wait[has] = self.at[at[has]] - now
        return wait


def visits_of(stamps: EventLog) -> OrderDays:
    """Return the visits of each customer of ``stamps``; a day with several counts once."""
    order = np.lexsort((stamps.at, stamps.code))
    code, at = stamps.code[order], stamps.at[order]
    day = at // DAY_US
    first = np.ones(len(code), dtype=bool)
    first[1:] = (code[1:] != code[:-1]) | (day[1:] != day[:-1])
    bounds = np.searchsorted(code[first], np.arange(len(stamps.ids) + 1)).astype(np.int64)
    return OrderDays(bounds, at[first] / DAY_US)
