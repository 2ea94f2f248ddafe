"""Tifuknn: own faded frequency, and that of the customers whose frequencies are nearest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.recommend.grouped_arrays import starts, total
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.recommend.scorers.knn import EXACT_UP_TO, combine, nearest_among
from xenorec.recommend.scorers.scorer import ScoreRequest, Scores, in_blocks
from xenorec.recommend.scorers.sparse_table import SparseTable
from xenorec.recommend.shop_data import ShopData

FINE = 2.0**20
"""Frequencies, 1 at most, are compared in so many steps where all customers are compared."""
EXACT = 2.0**23
"""Squared length up to which single precision adds whole numbers without rounding."""


@dataclass(eq=False)
class TifuKnn:
    """TIFUKNN (Hu et al. 2020, "Modeling personalized item frequency information").

    A customer's orders are cut into ``n_groups`` of equal number. The frequency of a product is
    its mean over the groups, each faded by ``group_decay`` per group back in time and inside by
    ``within_decay`` per order. The score is ``alpha`` times the own frequency plus the rest times
    the mean of the ``k`` others that are nearest by Euclidean distance.

    In a shop of more than 20,000 customers the others are a hashed sample of ``most``, compared in
    single precision; up to there everybody is compared with everybody.
    """

    n_groups: int = 7
    within_decay: float = 1.0
    group_decay: float = 0.9
    alpha: float = 0.7
    k: int = 300
    most: int = 10_000
    name: str = "neighbours"

    def fit(self, shop: ShopData) -> Self:
        """Learn everybody's frequencies, and among whom neighbours are sought."""
        purchases, bought = shop.purchases, shop.purchases.bought
        weight = order_weights(
            purchases,
            n_groups=self.n_groups,
            within_decay=self.within_decay,
            group_decay=self.group_decay,
        )
        value = total(bought.of_line, weight[purchases.order], len(bought.product))
        self.own_ = SparseTable(
            value,
            bought.product.astype(np.int32),
            starts(bought.customer, len(purchases.customers)),
            shop.n_products,
        )
        is_small = len(purchases.customers) <= EXACT_UP_TO
        self.steps_ = np.round(value * FINE) if is_small else _coarse(self.own_)
        self.nearest_ = nearest_among(
            self.own_._replace(value=self.steps_),
            purchases.customers,
            squared=True,
            most=self.most,
            kind=np.float64 if is_small else np.float32,
        )
        self.others_ = self.own_.take(self.nearest_.customer)
        self.place_ = shop.popularity.place
        return self

    def score(
        self, customer: Ints, *, depth: int, is_open: Bools, pairs: Ints | None = None
    ) -> Scores:
        """Return the best products of each known customer; an unknown one gets none."""
        return in_blocks(customer, self._rows, ScoreRequest(depth, is_open, pairs, self.place_))

    def _rows(self, customer: Ints) -> Any:
        steps = self.own_._replace(value=self.steps_)
        row, reference, _ = self.nearest_.find(steps, customer, self.k)
        met = np.bincount(row, minlength=len(customer))
        weight = (1 - self.alpha) / met[row]
        own = self.own_.take(customer)
        own = own._replace(value=self.alpha * own.value)
        return combine(row, reference, weight, self.others_, own)


def _coarse(own: SparseTable) -> Floats:
    """Return frequencies as whole numbers that single precision compares without rounding.

    The few vectors that are much longer than the others' are shortened.
    """
    row = np.repeat(np.arange(own.n_rows), np.diff(own.bounds))
    length = np.sqrt(np.bincount(row, own.value**2, minlength=own.n_rows))
    usual = float(np.quantile(length, 0.99))
    steps = 2.0 ** np.floor(np.log2(np.sqrt(EXACT) / usual))
    shorter = np.minimum(1.0, usual / length)
    whole: Floats = np.trunc(own.value * steps * shorter[row])
    return whole


def order_weights(
    purchases: PurchaseMatrix, *, n_groups: int, within_decay: float, group_decay: float
) -> Floats:
    """Return what each order counts: a customer's weights sum to 1 when nothing fades.

    Where the orders cannot be cut evenly, the later groups have one more.
    """
    first = starts(purchases.orders.customer, len(purchases.customers))
    n = np.diff(first)[purchases.orders.customer]
    at = np.arange(len(purchases.orders)) - first[purchases.orders.customer]
    groups = np.minimum(n, n_groups)
    size, extra = n // groups, n % groups
    early = size * (groups - extra)
    is_late = at >= early
    group = np.where(is_late, groups - extra + (at - early) // (size + 1), at // size)
    inside = np.where(is_late, (at - early) % (size + 1), at % size)
    size = size + is_late
    faded = within_decay ** (size - 1 - inside) * group_decay ** (groups - 1 - group)
    weight: Floats = faded / (size * groups)
    return weight
