"""Up cf: what a customer, and those with a like choice, bought of late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.recommend.grouped_arrays import starts, total
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.recommend.scorers.knn import combine, nearest_among
from xenorec.recommend.scorers.scorer import ScoreRequest, Scores, in_blocks
from xenorec.recommend.scorers.sparse_table import SparseTable
from xenorec.recommend.shop_data import ShopData


@dataclass(eq=False)
class UpCf:
    """UP-CF@r (Faggioli et al. 2020, "Recency aware collaborative filtering for next basket").

    The popularity of a product with a customer is the share of their last ``r`` orders that hold
    it. Customers u and v are alike by the asymmetric cosine |u and v| / (|u|^alpha |v|^(1-alpha))
    of the sets of products they ever bought. The score is the sum of popularity times likeness to
    the power ``q`` over the ``k`` nearest others and the customer (likeness 1). The few others
    whose orders are the very largest (1 in 100) count no more than the one below them.

    In a shop of more than 20,000 customers the others are a hashed sample of ``most``.
    """

    r: int = 25
    alpha: float = 0.75
    q: float = 5.0
    k: int = 100
    most: int = 10_000
    name: str = "user_popularity"

    def fit(self, shop: ShopData) -> Self:
        """Learn everybody's products and recent popularity, and who may be a neighbour."""
        purchases, bought = shop.purchases, shop.purchases.bought
        bounds = starts(bought.customer, len(purchases.customers))
        column = bought.product.astype(np.int32)
        sets = SparseTable(np.ones(len(column)), column, bounds, shop.n_products)
        self.column_, self.bounds_, self.n_products_ = column, bounds, shop.n_products
        weight = recent_share(purchases, self.r)
        share = total(bought.of_line, weight[purchases.order], len(column))
        self.own_ = sets._replace(value=share)
        self.nearest_ = nearest_among(
            sets, purchases.customers, squared=False, power=1 - self.alpha, most=self.most
        )
        self.others_ = _capped(self.own_.take(self.nearest_.customer))
        self.place_ = shop.popularity.place
        return self

    def score(
        self, customer: Ints, *, depth: int, is_open: Bools, pairs: Ints | None = None
    ) -> Scores:
        """Return the best products of each known customer; an unknown one gets none."""
        return in_blocks(customer, self._rows, ScoreRequest(depth, is_open, pairs, self.place_))

    def _rows(self, customer: Ints) -> Any:
        ones = np.ones(len(self.column_))
        sets = SparseTable(ones, self.column_, self.bounds_, self.n_products_)
        row, reference, alike = self.nearest_.find(sets, customer, self.k)
        size = np.diff(self.bounds_)[customer].astype(np.float64)
        weight = (alike * size[row] ** -self.alpha) ** self.q
        return combine(row, reference, weight, self.others_, self.own_.take(customer))


def recent_share(purchases: PurchaseMatrix, r: int) -> Floats:
    """Return what each order counts: one of a customer's last ``r`` orders its share of these."""
    first = starts(purchases.orders.customer, len(purchases.customers))
    owner = purchases.orders.customer
    from_last = first[owner + 1] - 1 - np.arange(len(owner))
    n = np.minimum(np.diff(first)[owner], r)
    share: Floats = np.where(from_last < r, 1.0 / n, 0.0)
    return share


def _capped(others: SparseTable) -> SparseTable:
    """Return the others' popularities with no row adding up to more than that of 99 in 100."""
    row = np.repeat(np.arange(others.n_rows), np.diff(others.bounds))
    sums = np.bincount(row, others.value, minlength=others.n_rows)
    most = float(np.quantile(sums, 0.99, method="higher"))
    return others._replace(value=others.value * np.minimum(1.0, most / sums)[row])
