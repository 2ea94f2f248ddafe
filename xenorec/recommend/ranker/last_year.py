"""Last year: what was bought a year before the days that are asked about."""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.recommend.grouped_arrays import distinct, find, values_or
from xenorec.recommend.ranker.purchase_history import PurchaseHistory

YEAR, SLACK = 365.0, 7.0


def a_year_before(past: PurchaseHistory, days: float) -> Bools:
    """Return which entries are of a year before the next ``days``, a week more at both ends."""
    return (past.age <= YEAR + SLACK) & (past.age >= YEAR - days - SLACK)


def share_a_year_before(past: PurchaseHistory, n_products: int, days: float) -> Floats:
    """Return the share of that time's customers that bought each product, NaN without any."""
    then = a_year_before(past, days)
    pairs = distinct(past.asked[then] * n_products + past.product[then])
    active = len(distinct(past.asked[then]))
    if not active:
        return np.full(n_products, np.nan)
    return np.bincount(pairs % n_products, minlength=n_products) / active


def times_a_year_before(past: PurchaseHistory, n_products: int, days: float, key: Ints) -> Floats:
    """Return in how many orders of that time each pair was, NaN for who did not buy then at all.

    ``key``: customer asked about * ``n_products`` + product.
    """
    then = a_year_before(past, days)
    pairs, n = np.unique(past.asked[then] * n_products + past.product[then], return_counts=True)
    was_there = np.zeros(past.n_asked, dtype=bool)
    was_there[past.asked[then]] = True
    times = values_or(n.astype(np.float64), *find(pairs, key), 0.0)
    return np.where(was_there[key // n_products], times, np.nan)
