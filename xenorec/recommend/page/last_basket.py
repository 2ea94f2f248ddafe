"""Last basket: what is bought together with what the customer took home last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from xenorec.array_types import Ints
from xenorec.recommend.co_purchases import CoPurchases, count_pairs
from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.grouped_arrays import best_each, find, rows_of, starts, values_or
from xenorec.recommend.ranker.two_stage_ranker import learned_from
from xenorec.recommend.shop_data import ShopData


@dataclass(eq=False)
class LastBasket:
    """Neighbours of the products of the last order, which are not in that order themselves."""

    shrink: float = 10.0
    min_count: int = 2
    n_neighbours: int = 50

    def fit(self, shop: ShopData) -> Self:
        """Count the pairs, of a large shop in a sample, and keep everybody's last order."""
        purchases = shop.purchases
        self.pairs_: CoPurchases = count_pairs(
            learned_from(shop),
            shrink=self.shrink,
            min_count=self.min_count,
            n_neighbours=self.n_neighbours,
        )
        self.orders_ = starts(purchases.order, len(purchases.orders))
        self.last_order_, self.product_ = purchases.last_order, purchases.product
        self.shop_ = shop
        return self

    def neighbours(self, asked: CustomerSelection) -> tuple[Ints, Ints]:
        """Return (key, product): asked * number of products + neighbour, sorted, and its reason.

        The reason is the product of the basket that goes best with the neighbour.
        """
        which, basket = self._baskets(asked)
        which, basket = (part[self.shop_.is_allowed[basket]] for part in (which, basket))
        item, at = rows_of(self.pairs_.bounds, basket)
        other, part = self.pairs_.other[at], self.pairs_.score[at]
        n = self.shop_.n_products
        key = which[item] * n + other
        _, is_there = find(which * n + basket, key)  # in order: customers, then products
        kept = ~is_there & self.shop_.is_allowed[other]
        key, part, source = key[kept], part[kept], basket[item[kept]]
        best, _ = best_each(key, part, self.shop_.popularity.place[source], 1)
        return key[best], source[best]

    def _baskets(self, asked: CustomerSelection) -> tuple[Ints, Ints]:
        order = values_or(self.last_order_, asked.customer, asked.customer >= 0, -1)
        which, at = rows_of(self.orders_, order)
        return which, self.product_[at]
