"""Ramadan: its days on local calendars, and how it moves the hours of a shop."""

from __future__ import annotations

from datetime import date

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.timing.occasions.holiday_sources import lunar_days

PULL_OF_DEFAULT = 168.0
"""Events in Ramadan that weigh as much as the default shift of the ordinary week."""
PULL_OF_SHOP = 30.0
"""A customer's own events in Ramadan that weigh as much as the shop's curve of Ramadan."""

_EPOCH = date(1970, 1, 1)
_YEARS = (1925, 2076)
_SHIFT = np.array([2.5] * 3 + [1.5] * 2 + [0.5] * 11 + [0.3] * 3 + [0.8] + [2.0] * 4)
"""Default factor of each hour: the fast halves the day, few act just before and at sunset, and
the evening after iftar doubles. An assumption, not a measurement; it fades as events come."""


def in_ramadan(days: Ints) -> Bools:
    """Return whether local days (since 1970) lie in Ramadan of the Umm al-Qura calendar.

    Sightings differ by a day from place to place. Years outside 1925 to 2076 have none.
    """
    if not len(days):
        return np.zeros(0, dtype=bool)
    first, last = (_year(int(day)) for day in (days.min() - 31, days.max() + 31))
    starts = _days("ramadan", first, last)
    ends = _days("eid_al_fitr", first, last)
    begun = np.searchsorted(starts, days, side="right")
    last_start = np.append(starts, -(10**9))[begun - 1]
    over = np.append(ends, 10**9)[np.searchsorted(ends, last_start, side="right")]
    return np.asarray((begun > 0) & (days < np.minimum(over, last_start + 30)), dtype=bool)


def shifted(ordinary: Floats) -> Floats:
    """Return a curve of the week as it is assumed to be in Ramadan; it sums to 1."""
    moved = ordinary * np.tile(_SHIFT, 7)
    return np.asarray(moved / moved.sum())


def _year(day: int) -> int:
    year = int(np.datetime64(day, "D").astype("datetime64[Y]").astype(int)) + 1970
    return min(max(year, _YEARS[0]), _YEARS[1])


def _days(name: str, first: int, last: int) -> Ints:
    days = sorted((day - _EPOCH).days for day in lunar_days(name, first, last))
    return np.array(days, dtype=np.int64)
