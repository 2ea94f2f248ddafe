"""No minute above what the provider takes: full hours send people on to their next best."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import ceil

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.errors import BadInput, XenorecWarning
from xenorec.timing.send_time.local_slots import MINUTE_US, LocalSlots


@dataclass(frozen=True)
class HourDemand:
    """Customers of one zone: ``rows`` of the answer, their wishes, first slot and spread.

    ``wish`` is (customer, slot), the higher the better.
    """

    rows: Ints
    slots: LocalSlots
    wish: Floats
    first: Ints
    spread: Floats


class MinuteCapacity:
    """The minutes of a window and how many messages each still takes."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.taken: dict[int, int] = {}

    def take(self, start: int, minutes: int, n_wanted: int) -> Ints:
        """Take up to ``n_wanted`` seats of an hour, evenly over its free ones; in rising order."""
        first = start // MINUTE_US
        free = [self.per_minute - self.taken.get(first + one, 0) for one in range(minutes)]
        seats = np.repeat(np.arange(minutes), np.maximum(free, 0))
        n = min(n_wanted, len(seats))
        chosen = seats[((np.arange(n) + 0.5) * len(seats) / max(n, 1)).astype(np.int64)]
        for minute, count in zip(*np.unique(chosen, return_counts=True), strict=True):
            self.taken[first + int(minute)] = self.taken.get(first + int(minute), 0) + int(count)
        return np.asarray((first + chosen) * MINUTE_US, dtype=np.int64)


def check_rate(per_minute: int | None) -> None:
    """Raise BadInput for a rate below one message a minute."""
    if per_minute is not None and per_minute < 1:
        raise BadInput(f"per_minute is {per_minute}; expected at least 1 message a minute.")


def allocate_send_times(demands: list[HourDemand], per_minute: int) -> list[tuple[Ints, Ints]]:
    """Return (slot, send time in UTC microseconds) of the customers of each demand.

    All ask for their first slot; who finds it full, by the order of ``spread``, asks for the
    next best. Who finds the whole window full is sent at the first slot above the rate, and a
    warning with the code ``rate-too-low`` says how many that are.
    """
    placed = _allocate(demands, per_minute)
    n_left = _n_left(placed)
    if n_left:
        _warn_of_rate(demands, per_minute, n_left)
    for demand, (slot, when) in zip(demands, placed, strict=True):
        left = np.flatnonzero(when < 0)
        slot[left] = demand.first[left]
        when[left] = demand.slots.spread(slot[left], demand.spread[left])
    return placed


def least_rate(demands: list[HourDemand], per_minute: int) -> int:
    """Return the least rate at which all have a place, where ``per_minute`` is too low.

    Who has no place has found all minutes of the window taken, so the rate that fills the
    shortest window with everybody is enough; between it and what each window needs for its own
    people it is tried.
    """
    minutes = [_minutes(demand.slots) for demand in demands]
    n, fewest = sum(len(demand.rows) for demand in demands), min(map(len, minutes))
    own = [ceil(len(d.rows) / len(each)) for d, each in zip(demands, minutes, strict=True)]
    every = len(np.unique(np.concatenate(minutes)))
    low, enough = max(per_minute + 1, ceil(n / every), *own), ceil(n / fewest)
    while low < enough:
        middle = (low + enough) // 2
        if _n_left(_allocate(demands, middle)):
            low = middle + 1
        else:
            enough = middle
    return enough


def _allocate(demands: list[HourDemand], per_minute: int) -> list[tuple[Ints, Ints]]:
    """Return (slot, send time) of the customers of each demand, -1 where there is no place."""
    seats = MinuteCapacity(per_minute)
    asked = [demand.first.copy() for demand in demands]
    at = [np.full(len(demand.rows), -1, dtype=np.int64) for demand in demands]
    wishes = [demand.wish.copy() for demand in demands]
    for _ in range(max((len(demand.slots) for demand in demands), default=0)):
        for demand, slot, when, wish in zip(demands, asked, at, wishes, strict=True):
            _round(demand, seats, slot, when, wish)
    return list(zip(asked, at, strict=True))


def _n_left(placed: list[tuple[Ints, Ints]]) -> int:
    return sum(int((when < 0).sum()) for _, when in placed)


def _minutes(slots: LocalSlots) -> Ints:
    """Return every minute of the slots, counted from 1970."""
    hours = zip(slots.start // MINUTE_US, slots.minutes, strict=True)
    return np.concatenate([first + np.arange(n) for first, n in hours])


def _warn_of_rate(demands: list[HourDemand], per_minute: int, n_left: int) -> None:
    n = sum(len(demand.rows) for demand in demands)
    warnings.warn(
        f"rate-too-low: {n_left:,} of {n:,} messages have no place within the legal hours of the "
        f"window at per_minute={per_minute}, so they are planned above that rate, each at its "
        f"best hour. All have a place at per_minute={least_rate(demands, per_minute)}; else give "
        "a longer window (within= of schedule, expires of a campaign) or fewer customers.",
        XenorecWarning,
        stacklevel=5,
    )


def _round(demand: HourDemand, seats: MinuteCapacity, slot: Ints, when: Ints, wish: Floats) -> None:
    """Seat who can be seated, and let the others ask for their next best slot."""
    waiting = np.flatnonzero((when < 0) & (slot >= 0))
    order = waiting[np.lexsort((demand.spread[waiting], slot[waiting]))]
    for one in np.unique(slot[order]):
        there = order[slot[order] == one]
        start, minutes = int(demand.slots.start[one]), int(demand.slots.minutes[one])
        taken = seats.take(start, minutes, len(there))
        when[there[: len(taken)]] = taken
        wish[there, one] = -np.inf
    turned = np.flatnonzero((when < 0) & (slot >= 0))
    best = wish[turned].argmax(axis=1)
    slot[turned] = np.where(np.isfinite(wish[turned, best]), best, -1)
