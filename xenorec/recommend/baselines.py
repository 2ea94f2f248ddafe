"""Simple rules that any recommender must beat: what is popular, and what one buys most."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from xenorec.numbers import Ints
from xenorec.recommend.arrays import best_each, rows_of, starts
from xenorec.recommend.purchases import Purchases

WINDOW = timedelta(days=28)


def popular_products(purchases: Purchases, k: int) -> Ints:
    """Return the ``k`` products in most orders of the last 28 days (then ever, then by id)."""
    return _order(purchases)[:k]


def own_frequency(purchases: Purchases, customer: Ints, k: int) -> Ints:
    """Return customers x k: the products in most of their own orders, filled up by the popular.

    Ties go to the more popular product. A short row ends in -1; customer -1 has only the popular.
    """
    order, bought = _order(purchases), purchases.bought
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    which, at = rows_of(starts(bought.customer, len(purchases.customers)), customer)
    n = len(customer)
    filler = np.tile(order[: 2 * k], n)
    group = np.concatenate([which, np.repeat(np.arange(n), len(order[: 2 * k]))])
    product = np.concatenate([bought.product[at], filler])
    count = np.concatenate([bought.n_orders[at], np.zeros(len(filler), dtype=np.int64)])
    _, first = np.unique(group * len(order) + product, return_index=True)
    rows, rank = best_each(group[first], count[first], place[product[first]], k)
    table = np.full((n, k), -1, dtype=np.int64)
    table[group[first][rows], rank - 1] = product[first][rows]
    return table


def _order(purchases: Purchases) -> Ints:
    n = len(purchases.products)
    recent = np.bincount(purchases.product[purchases.within(WINDOW)], minlength=n)
    ever = np.bincount(purchases.product, minlength=n)
    return np.lexsort((np.arange(n), -ever, -recent)).astype(np.int64)
