"""Product popularity: how many customers bought each product of late, and the order that gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.recommend.grouped_arrays import distinct
from xenorec.recommend.purchase_matrix import PurchaseMatrix

WINDOW = timedelta(days=28)


@dataclass(frozen=True)
class ProductPopularity:
    """One entry per product: customers in the window and ever, and the place (0 is the first).

    The order is by customers in the window, then ever, then id.
    """

    recent: Ints
    ever: Ints
    place: Ints
    n_recent: int
    n_ever: int

    @property
    def share(self) -> Floats:
        """The share of the window's customers that bought each product."""
        return self.recent / max(self.n_recent, 1)


def count_popularity(purchases: PurchaseMatrix, window: timedelta = WINDOW) -> ProductPopularity:
    """Return the popularity of every product in the shop."""
    n = len(purchases.products)
    late = purchases.within(window)
    key = purchases.customer[late] * n + purchases.product[late]
    recent = np.bincount(distinct(key) % n, minlength=n).astype(np.int64)
    ever = np.bincount(purchases.bought.product, minlength=n).astype(np.int64)
    place = np.empty(n, dtype=np.int64)
    place[np.lexsort((np.arange(n), -ever, -recent))] = np.arange(n)
    n_recent = len(distinct(purchases.customer[late]))
    return ProductPopularity(recent, ever, place, n_recent, len(purchases.customers))
