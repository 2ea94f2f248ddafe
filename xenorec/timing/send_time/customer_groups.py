"""The level between the shop and the customer: given segments, or classes that are learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.local_time import HOURS
from xenorec.timing.send_time.country_conventions import SATURDAY_SUNDAY
from xenorec.timing.send_time.kernels import hour_kernel
from xenorec.timing.send_time.weighted_counts import WeightedVisits

PULL = 100.0
"""Events of a group that weigh as much as the shop's curve."""
N_PARTS_OF_DAY = 6

_ENOUGH = 8.0
_CUSTOMERS_A_CLASS = 30
_CUSTOMERS = 20_000
_ROUNDS = 40
_TEMPER = 0.5
"""Events of one customer resemble each other, so that each tells half as much of the class."""


@dataclass(frozen=True)
class CustomerGroups:
    """Curves of groups; ``given`` is each customer's group or -1, or None for learned classes.

    A customer's curve of the group is the given segment's, or the mean of the classes by how
    likely the customer belongs to each.
    """

    curves: Floats
    share: Floats
    shop: Floats
    given: Ints | None

    def of(self, rows: Ints, counts: Any) -> Floats:
        """Return one curve per customer of ``rows``, whose sparse weights are ``counts``."""
        if self.given is not None:
            return np.asarray(np.vstack([self.curves, self.shop])[self.given[rows]])
        if not len(self.curves):
            return np.tile(self.shop, (len(rows), 1))
        belongs = _belongs(counts, self.curves, self.share, self.shop)
        return np.asarray(np.einsum("cg,gh->ch", belongs, self.curves))


def given_groups(evidence: WeightedVisits, group: Ints, shop: Floats) -> CustomerGroups:
    """Return the curves of given segments, each drawn to the shop's."""
    n_groups = int(group.max(initial=-1)) + 1
    of_visit = np.repeat(group, np.diff(evidence.start))
    cell = np.where(of_visit >= 0, of_visit, n_groups) * HOURS + evidence.hour
    sums = np.bincount(cell, weights=evidence.weight, minlength=(n_groups + 1) * HOURS)
    curves = _shrink_to_shop(sums.reshape(-1, HOURS)[:n_groups].astype(np.float64), shop)
    share = np.bincount(group[group >= 0], minlength=n_groups).astype(np.float64)
    return CustomerGroups(curves, share, shop, group)


def learn_groups(evidence: WeightedVisits, shop: Floats) -> CustomerGroups:
    """Learn classes of customers by EM for a mixture of multinomials (Dempster et al. 1977).

    They start as parts of the day on work days and at weekends; without 360 customers of 8
    events there are fewer parts, or none. At most 20,000 customers teach, evenly by id.
    """
    rich = np.flatnonzero(evidence.n >= _ENOUGH)
    parts = min(N_PARTS_OF_DAY, len(rich) // (2 * _CUSTOMERS_A_CLASS))
    if parts < 1:
        return CustomerGroups(np.zeros((0, HOURS)), np.zeros(0), shop, None)
    rows = rich[np.unique(np.linspace(0, len(rich) - 1, _CUSTOMERS).astype(np.int64))]
    counts = evidence.rows(rows)
    curves, share = _first(shop, parts), np.full(2 * parts, 0.5 / parts)
    for _ in range(_ROUNDS):
        belongs = _belongs(counts, curves, share, shop)
        curves = _shrink_to_shop((counts.T @ belongs).T, shop)
        share = (belongs.sum(axis=0) + 1) / (len(rows) + len(share))
    return CustomerGroups(curves, share, shop, None)


def _belongs(counts: Any, curves: Floats, share: Floats, shop: Floats) -> Floats:
    odds = _TEMPER * (counts @ np.log(curves / shop).T) + np.log(share)
    chance = np.exp(odds - odds.max(axis=1)[:, None])
    return np.asarray(chance / chance.sum(axis=1)[:, None])


def _shrink_to_shop(sums: Floats, shop: Floats) -> Floats:
    curves = sums + PULL * shop
    return np.asarray(curves / curves.sum(axis=1)[:, None])


def _first(shop: Floats, parts: int) -> Floats:
    """Return the shop's curve with more weight on one part of the day, work day or weekend."""
    of_day = np.cumsum(shop.reshape(7, 24).sum(axis=0))
    middle = np.searchsorted(of_day, (np.arange(parts) + 0.5) / parts)
    off = np.isin(np.arange(7), SATURDAY_SUNDAY)
    lifts = [
        np.kron(np.where(off == weekend, 2.0, 1.0), 0.3 + hour_kernel(2.0)[min(hour, 23)])
        for hour in middle
        for weekend in (False, True)
    ]
    curves = np.stack(lifts) * shop
    return np.asarray(curves / curves.sum(axis=1)[:, None])
