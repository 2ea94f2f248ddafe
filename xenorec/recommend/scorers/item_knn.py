"""Item knn: products bought by the same customers, or in the same orders, as one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import numpy as np

from xenorec.array_types import Bools, Ints
from xenorec.recommend.co_purchases import LARGEST_ORDER
from xenorec.recommend.grouped_arrays import starts
from xenorec.recommend.scorers.item_similarity import SimilarItems, capped_say, cosines, taste
from xenorec.recommend.scorers.knn import sample
from xenorec.recommend.scorers.scorer import ScoreRequest, Scores, in_blocks
from xenorec.recommend.scorers.sparse_table import SparseTable, table_of
from xenorec.recommend.shop_data import ShopData

HALF_LIFE = timedelta(days=112)
MOST_ORDERS = 100
"""Orders of a customer that are looked at, the last ones."""


@dataclass(eq=False)
class ItemKnn:
    """Item to item by customers (Linden et al. 2003; Deshpande and Karypis 2004).

    The similarity of two products is the cosine of their faded, log-damped counts over customers,
    shrunk where few customers have both; a customer who buys very much counts no more than 9 in
    10 do. The ``k`` most similar of each product are kept. A score is the sum of the customer's
    own counts times similarity. ``only_new``: what the customer has bought is not among the best.
    At most ``most`` customers, a hashed sample, are learned from. ``with_reasons``: the answer says
    because of which own product; seeking it takes longer than the scores.
    """

    half_life: timedelta = HALF_LIFE
    k: int = 100
    shrink: float = 5.0
    only_new: bool = False
    most: int = 200_000
    with_reasons: bool = True
    name: str = "customer_items"

    def fit(self, shop: ShopData) -> Self:
        """Learn the tastes and the similarities."""
        self.place_ = shop.popularity.place
        self.tastes_ = taste(shop, self.half_life)
        learned = self.tastes_.take(sample(shop.purchases.customers, self.most))
        rows = capped_say(learned, np.arange(learned.n_rows))
        self.alike_ = cosines(rows, self.place_, k=self.k, shrink=self.shrink)
        return self

    def score(
        self, customer: Ints, *, depth: int, is_open: Bools, pairs: Ints | None = None
    ) -> Scores:
        """Return the best products of each known customer; an unknown one gets none."""
        return by_similar(
            SimilarItems(self.tastes_, self.alike_),
            customer,
            ScoreRequest(
                depth, is_open, pairs, self.place_, self.tastes_ if self.only_new else None
            ),
            with_reasons=self.with_reasons,
        )


@dataclass(eq=False)
class BasketItemKnn:
    """Item to item by orders: the same as ``ItemKnn`` with orders in place of customers.

    Looked at are each customer's last 100 orders of up to 200 products, and a customer who
    buys very much counts no more than 9 in 10 do: ``count_pairs`` counts every order alike.
    ``with_reasons``: the answer says because of which own product.
    """

    half_life: timedelta = HALF_LIFE
    k: int = 100
    shrink: float = 5.0
    only_new: bool = False
    with_reasons: bool = True
    name: str = "basket_items"

    def fit(self, shop: ShopData) -> Self:
        """Learn the tastes and count the pairs."""
        self.place_ = shop.popularity.place
        self.tastes_ = taste(shop, self.half_life)
        rows = capped_say(*_recent_orders(shop))
        self.alike_ = cosines(rows, self.place_, k=self.k, shrink=self.shrink)
        return self

    def score(
        self, customer: Ints, *, depth: int, is_open: Bools, pairs: Ints | None = None
    ) -> Scores:
        """Return the best products of each known customer; an unknown one gets none."""
        return by_similar(
            SimilarItems(self.tastes_, self.alike_),
            customer,
            ScoreRequest(
                depth, is_open, pairs, self.place_, self.tastes_ if self.only_new else None
            ),
            with_reasons=self.with_reasons,
        )


def by_similar(
    similar: SimilarItems, customer: Ints, ask: ScoreRequest, *, with_reasons: bool = True
) -> Scores:
    """Return what ``ask`` wants, each with the customer's product that is the reason, if wanted."""
    reason = similar.because if with_reasons else None
    return in_blocks(customer, similar.rows, ask, because=reason)


def _recent_orders(shop: ShopData) -> tuple[SparseTable, Ints]:
    """Return orders x products, of orders of usual size, the last ones of each customer; and whose.

    The more products an order holds, the less each pair of them counts.
    """
    purchases = shop.purchases
    owner, n_orders = purchases.orders.customer, len(purchases.orders)
    last = starts(owner, len(purchases.customers))[owner + 1]
    size = np.bincount(purchases.order, minlength=n_orders)
    kept = (last - np.arange(n_orders) <= MOST_ORDERS) & (size <= LARGEST_ORDER)
    inside = kept[purchases.order]
    order, product = purchases.order[inside], purchases.product[inside]
    value = 1.0 / np.sqrt(size[order])
    return table_of(order, product, value, shape=(n_orders, shop.n_products)), owner
