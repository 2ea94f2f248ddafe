"""Goes well with your last basket: what is bought together with what the customer took home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from xenorec.numbers import Floats, Ints, significant
from xenorec.recommend.arrays import best_each, rows_of, starts, total
from xenorec.recommend.pairs import Pairs, count_pairs
from xenorec.recommend.people import Asked
from xenorec.recommend.shelf import PERSONAL, Offers, Wish
from xenorec.recommend.shop import Shop
from xenorec.recommend.words import Words


@dataclass(eq=False)
class LastBasket:
    """Neighbours of the products of the last order, which are not in that order themselves.

    The score is the sum over the basket's products; the reason names the one that gives most.
    """

    shrink: float = 10.0
    min_count: int = 2
    n_neighbours: int = 50
    name: str = "goes_with_last_basket"

    def fit(self, shop: Shop) -> Self:
        """Count the pairs of the shop and keep the last order of every customer."""
        purchases = shop.purchases
        self.pairs_: Pairs = count_pairs(
            shop, shrink=self.shrink, min_count=self.min_count, n_neighbours=self.n_neighbours
        )
        self.orders_ = starts(purchases.order, len(purchases.orders))
        self.last_order_, self.product_ = purchases.last_order, purchases.product
        self.shop_ = shop
        return self

    def score(self, asked: Asked, wish: Wish) -> Offers:
        """Return every allowed neighbour of each customer's last basket."""
        which, basket = self._baskets(asked)
        item, at = rows_of(self.pairs_.bounds, basket)
        other, part = self.pairs_.other[at], self.pairs_.score[at]
        key = which[item] * self.shop_.n_products + other
        inside = np.isin(key, which * self.shop_.n_products + basket)
        kept = ~inside & self.shop_.is_allowed[other]
        key, part, source = key[kept], part[kept], basket[item[kept]]
        best, rank = best_each(key, part, self.shop_.popularity.place[source])
        pairs, entry = np.unique(key[best], return_inverse=True)
        score = significant(total(entry, part[best], len(pairs)))
        first = source[best][rank == 1]
        return self._offers(pairs, score, first)

    def _baskets(self, asked: Asked) -> tuple[Ints, Ints]:
        order = np.append(self.last_order_, -1)[asked.customer]
        which, at = rows_of(self.orders_, order)
        return which, self.product_[at]

    def _offers(self, pairs: Ints, score: Floats, source: Ints) -> Offers:
        n = self.shop_.n_products
        level, at = np.full(len(pairs), PERSONAL), np.zeros(len(pairs), dtype=np.int64)
        return Offers(pairs // n, pairs % n, score, level, source, at)

    def titles(self, offers: Offers, words: Words) -> Sequence[str]:
        """Return the heading."""
        return ["Goes well with your last basket"] * len(offers)

    def reasons(self, offers: Offers, asked: Asked, words: Words) -> Sequence[str]:
        """Return which product of the basket it goes with."""
        names = (words.product(product) for product in offers.fact.tolist())
        return [f"Often bought with {name or 'an item'} from your last basket" for name in names]
