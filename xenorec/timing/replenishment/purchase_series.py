"""The days on which something was bought, of many keys at once, in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.next_purchase.interpurchase_features import InterpurchaseGaps, gaps_of
from xenorec.timing.next_purchase.order_days import OrderDays


@dataclass(frozen=True, eq=False)
class PurchaseSeries:
    """One entry per key and day, sorted by both.

    The entries of ``key[i]`` are ``bounds[i]`` to ``bounds[i + 1]``. ``at`` is when the day's
    first purchase came, in days since 1970 on the clock that tells the days; ``quantity`` what was
    bought on the day (NaN where it is not known); ``utc`` the same moments in UTC, where asked for.
    """

    key: Ints
    bounds: Ints
    at: Floats
    quantity: Floats
    utc: Floats | None = None

    def __len__(self) -> int:
        return len(self.key)

    @cached_property
    def n(self) -> Ints:
        """Days of each key."""
        return np.diff(self.bounds)

    @cached_property
    def code(self) -> Ints:
        """The key of each entry, as a position."""
        return np.repeat(np.arange(len(self.key)), self.n)

    @cached_property
    def first(self) -> Floats:
        """When each key was first bought."""
        return self.at[self.bounds[:-1]]

    @cached_property
    def last(self) -> Floats:
        """When each key was last bought."""
        return self.at[self.bounds[1:] - 1]

    @cached_property
    def last_utc(self) -> Floats:
        """When each key was last bought, in days since 1970 UTC."""
        return (self.at if self.utc is None else self.utc)[self.bounds[1:] - 1]

    @cached_property
    def gaps(self) -> InterpurchaseGaps:
        """The days between two purchases in a row."""
        return gaps_of(OrderDays(self.bounds, self.at))

    def until(self, now: float) -> PurchaseSeries:
        """Return the entries at or before ``now``; keys without any are gone."""
        kept = self.at <= now
        before = np.append(0, np.cumsum(kept))[self.bounds]
        who = np.flatnonzero(np.diff(before))
        bounds = np.append(before[who], before[-1:]).astype(np.int64)
        utc = None if self.utc is None else self.utc[kept]
        return PurchaseSeries(self.key[who], bounds, self.at[kept], self.quantity[kept], utc)

    def take(self, keys: Ints) -> PurchaseSeries:
        """Return the series of some keys, given by position in ascending order.

        Costs as much as what is taken is long, however much there is.
        """
        begin, size = self.bounds[keys], self.bounds[keys + 1] - self.bounds[keys]
        bounds = np.append(0, np.cumsum(size)).astype(np.int64)
        entries = runs(begin, size)
        utc = None if self.utc is None else self.utc[entries]
        return PurchaseSeries(self.key[keys], bounds, self.at[entries], self.quantity[entries], utc)

    def between(self, low: Ints, high: Ints) -> Ints:
        """Return the positions of all keys in [low, high) of each pair; the pairs ascend."""
        begin, end = np.searchsorted(self.key, low), np.searchsorted(self.key, high)
        return runs(begin, end - begin)

    def first_after(self, now: float) -> Floats:
        """Return the days from ``now`` to each key's next purchase; inf without one."""
        return OrderDays(self.bounds, self.at).next_after(now)

    def total(self, values: Floats) -> Floats:
        """Return the sum of one value per entry for each key."""
        return np.bincount(self.code, values, minlength=len(self.key)).astype(np.float64)


def runs(begin: Ints, size: Ints) -> Ints:
    """Return runs of ``size`` whole numbers from each ``begin``, one after the other.

    >>> runs(np.array([5, 0]), np.array([2, 1])).tolist()
    [5, 6, 0]
    """
    ahead = np.cumsum(size) - size
    found: Ints = np.arange(size.sum()) + np.repeat(begin - ahead, size)
    return found


def series_of(key: Ints, at: Floats, quantity: Floats, utc: Floats | None = None) -> PurchaseSeries:
    """Return the series of purchases given in order of time; several on one day are one."""
    order = np.argsort(key, kind="stable")
    key, at, quantity = key[order], at[order], quantity[order]
    day = np.floor(at)
    is_first = np.ones(len(key), dtype=bool)
    is_first[1:] = (key[1:] != key[:-1]) | (day[1:] != day[:-1])
    starts = np.flatnonzero(is_first)
    summed = np.add.reduceat(quantity, starts) if len(starts) else np.empty(0)
    names, bounds = np.unique(key[starts], return_index=True)
    ends = np.append(bounds, len(starts)).astype(np.int64)
    return PurchaseSeries(
        names, ends, at[starts], summed, None if utc is None else utc[order][starts]
    )
