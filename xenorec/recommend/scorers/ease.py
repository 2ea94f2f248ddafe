"""EASE: products that go together beyond what a third product explains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from xenorec.array_types import Bools, Ints
from xenorec.modeling.parallel import one_blas_thread
from xenorec.recommend.scorers.item_knn import HALF_LIFE
from xenorec.recommend.scorers.item_similarity import capped_say, first_of, taste
from xenorec.recommend.scorers.knn import sample
from xenorec.recommend.scorers.scorer import ScoreRequest, Scores, in_blocks
from xenorec.recommend.scorers.sparse_table import SparseTable
from xenorec.recommend.shop_data import ShopData

PAIRS_AT_ONCE = 8192
"""Pairs whose reason is sought together."""


@dataclass(eq=False)
class Ease:
    """Embarrassingly shallow autoencoder (Steck 2019), on the products most customers bought.

    The weights are the ridge regression of each product on all others, in closed form from the
    matrix of products by products. No customer counts much more
    than others, however much they buy.
    ``ridge``: the penalty in means of the matrix's diagonal, so it grows with the customers.
    ``only_new``: what the customer has bought is not among the best. ``with_reasons``: the answer
    says because of which own product; without it ``because`` tells for those that are shown.

    Memory: 8 bytes for each pair of products while learning (128 MB for 4,000), 4 bytes kept;
    time: the cube of the products. At most ``most`` customers, a hashed sample, are learned from.
    """

    n_products: int = 4_000
    ridge: float = 2.0
    half_life: timedelta = HALF_LIFE
    most: int = 100_000
    only_new: bool = False
    with_reasons: bool = True
    name: str = "ease"

    def fit(self, shop: ShopData) -> Self:
        """Learn the weights."""
        place, n = shop.popularity.place, shop.n_products
        ranked = np.lexsort((place, -shop.popularity.ever))[: self.n_products]
        self.product_ = np.sort(ranked).astype(np.int64)
        self.column_of_ = np.full(n, -1, dtype=np.int64)
        self.column_of_[self.product_] = np.arange(len(self.product_))
        self.place_, self.tastes_ = place, taste(shop, self.half_life)
        some = sample(shop.purchases.customers, self.most)
        learned = self.tastes_.take(some[shop.purchases.is_usual[some]])
        self.weight_ = _weights(learned, self.column_of_, len(self.product_), self.ridge)
        return self

    def score(
        self, customer: Ints, *, depth: int, is_open: Bools, pairs: Ints | None = None
    ) -> Scores:
        """Return the best products of each known customer; an unknown one gets none."""
        owned = self.tastes_ if self.only_new else None
        ask = ScoreRequest(depth, is_open, pairs, self.place_, owned)
        reason = self._because if self.with_reasons else None
        return in_blocks(customer, self._rows, ask, because=reason)

    def because(self, customer: Ints, product: Ints) -> Ints:
        """Return the own product of each known customer that speaks most for the product, or -1."""
        parts = [
            self._because(
                customer[begin : begin + PAIRS_AT_ONCE], product[begin : begin + PAIRS_AT_ONCE]
            )
            for begin in range(0, len(customer), PAIRS_AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def _rows(self, customer: Ints) -> Any:
        from scipy.sparse import csr_array

        few = _inside(self.tastes_.take(customer), self.column_of_, len(self.product_))
        score = few.csr().astype(np.float32) @ self.weight_
        row, column = np.nonzero(score > 0)
        bounds = np.searchsorted(row, np.arange(len(customer) + 1))
        entries = (score[row, column].astype(np.float64), self.product_[column], bounds)
        return csr_array(entries, shape=(len(customer), len(self.column_of_)))

    def _because(self, customer: Ints, product: Ints) -> Ints:
        few = _inside(self.tastes_.take(customer), self.column_of_, len(self.product_))
        entry = np.repeat(np.arange(len(customer)), np.diff(few.bounds))
        target = self.column_of_[product][entry]
        value = few.value * self.weight_[few.column, target]
        value[target < 0] = 0.0
        return first_of(entry, value, self.product_[few.column], len(customer))


def _inside(tastes: SparseTable, column_of: Ints, n: int) -> SparseTable:
    """Return the entries of the learned products, as columns of the weights."""
    column = column_of[tastes.column]
    kept = column >= 0
    bounds = np.append(0, np.cumsum(kept))[tastes.bounds]
    return SparseTable(tastes.value[kept], column[kept].astype(np.int32), bounds, n)


def _weights(
    learned: SparseTable, column_of: Ints, n: int, ridge: float
) -> npt.NDArray[np.float32]:
    from scipy.linalg import lapack

    few = _inside(learned, column_of, n)
    customers = capped_say(few, np.arange(few.n_rows)).csr()
    gram = np.asarray((customers.T.tocsr() @ customers).toarray(order="F"))
    gram[np.diag_indices(n)] += ridge * max(float(gram.trace()) / n, 1e-9)
    with one_blas_thread():
        factor, _ = lapack.dpotrf(gram, lower=0, overwrite_a=1)
        inverse, _ = lapack.dpotri(factor, lower=0, overwrite_c=1)
    inverse = np.triu(inverse) + np.triu(inverse, 1).T
    weight: npt.NDArray[np.float32] = (inverse / -np.diag(inverse)).astype(np.float32)
    weight[np.diag_indices(n)] = 0.0
    return weight
