"""Occasion days: which days around which occasion say something about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from xenorec.array_types import Bools, Ints
from xenorec.config.occasion_types import is_monthly
from xenorec.timing.occasions.daily_sales import DailySales
from xenorec.timing.occasions.occasion_calendar import Occasions

BEFORE, AFTER = -21, 28
"""Days around an occasion that its curve tells of."""
BUSY = (-14, 7)
"""Days around an occasion from which nobody would tell what sells on a plain day."""
MONTHLY = (-3, 5)
OFFSETS: Ints = np.arange(BEFORE, AFTER + 1)


def within(first: int, last: int) -> Bools:
    """Return which of the offsets lie from ``first`` to ``last``."""
    found: Bools = np.isin(OFFSETS, np.arange(first, last + 1))
    return found


@dataclass(frozen=True)
class OccasionDays:
    """One occasion in the sales: the position of its day, and which offsets are its own."""

    occasion: str
    at: int
    is_own: Bools

    @property
    def busy(self) -> tuple[int, int]:
        """The first and last position of the days that are not plain."""
        low, high = MONTHLY if is_monthly(self.occasion) else BUSY
        return self.at + low, self.at + high


def windows(
    daily: DailySales, occasions: Occasions, only: Sequence[str] | None
) -> list[OccasionDays]:
    """Return the occasions whose days touch the sales, in order.

    A day belongs to the nearest yearly occasion, of two equally near to the one that comes; days
    near a yearly one say nothing of a monthly one. An occasion whose first days lie before the
    sales says nothing: what a plain day sold then is not known.
    """
    first, last = daily.days
    found = occasions.during(
        first - timedelta(days=AFTER), last - timedelta(days=BEFORE), only=only
    )
    at = [(feast.occasion, daily.position(feast.on)) for feast in found]
    yearly = np.array([place for name, place in at if not is_monthly(name)], dtype=np.int64)
    return [
        OccasionDays(name, place, _own_window(name, place, yearly, daily.n_days))
        for name, place in at
    ]


def _own_window(name: str, at: int, yearly: Ints, n_days: int) -> Bools:
    day = at + OFFSETS
    begins = at + (MONTHLY[0] if is_monthly(name) else BEFORE)
    inside: Bools = (day < n_days) & np.full(len(day), begins >= 0)
    gap = day[:, None] - yearly[None, :]
    if is_monthly(name):
        near: Bools = np.any((gap >= BUSY[0]) & (gap <= BUSY[1]), axis=1)
        return inside & within(*MONTHLY) & ~near
    away, mine = 2 * np.abs(gap) + (gap > 0), 2 * np.abs(OFFSETS) + (OFFSETS > 0)
    taken: Bools = np.any(away < mine[:, None], axis=1)
    return inside & ~taken
