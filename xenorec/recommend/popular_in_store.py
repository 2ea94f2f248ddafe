"""Popular in your store: what most customers of the home store bought in the last four weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from xenorec.numbers import Ints, significant
from xenorec.recommend.arrays import best_each, distinct, spread, starts
from xenorec.recommend.people import Asked
from xenorec.recommend.popularity import WINDOW
from xenorec.recommend.shelf import SEGMENT, Offers, Wish
from xenorec.recommend.shop import Shop
from xenorec.recommend.words import Words, bought_by


@dataclass(eq=False)
class PopularInStore:
    """Products by distinct customers of the last 28 days in the customer's home store.

    The score is the share of that store's customers. Nobody without a home store gets it.
    """

    name: str = "popular_in_store"

    def fit(self, shop: Shop) -> Self:
        """Count the customers of every store and product."""
        store, product, n, shoppers = _counts(shop)
        kept = shop.is_allowed[product]
        store, product, n = store[kept], product[kept], n[kept]
        score = significant(n / np.maximum(shoppers[store], 1))
        best, _ = best_each(store, score, shop.popularity.place[product])
        self.bounds_ = starts(store[best], len(shop.purchases.stores))
        self.product_, self.n_, self.score_ = product[best], n[best], score[best]
        return self

    def score(self, asked: Asked, wish: Wish) -> Offers:
        """Return the first open products of each customer's home store."""
        is_open = wish.is_open[self.product_]
        product, n, score = self.product_[is_open], self.n_[is_open], self.score_[is_open]
        bounds = np.append(0, np.cumsum(is_open))[self.bounds_]
        size = np.append(np.minimum(np.diff(bounds), wish.depth), 0)[asked.store]
        which, at = spread(bounds[asked.store], size)
        level, zero = np.full(len(which), SEGMENT), np.zeros(len(which), dtype=np.int64)
        return Offers(which, product[at], score[at], level, n[at], zero)

    def titles(self, offers: Offers, words: Words) -> Sequence[str]:
        """Return the heading."""
        return ["Popular in your store"] * len(offers)

    def reasons(self, offers: Offers, asked: Asked, words: Words) -> Sequence[str]:
        """Return how many shoppers of the store bought it."""
        return [bought_by(n, "in your store") for n in offers.fact.tolist()]


def _counts(shop: Shop) -> tuple[Ints, Ints, Ints, Ints]:
    """Return store, product and customers of each pair, and the customers of each store."""
    purchases, n_products = shop.purchases, shop.n_products
    n_stores = max(len(purchases.stores), 1)
    store = purchases.orders.store[purchases.order]
    late = purchases.within(WINDOW) & (store >= 0)
    visit = purchases.customer[late] * n_stores + store[late]
    shoppers = np.bincount(distinct(visit) % n_stores, minlength=n_stores)
    once = distinct(visit * n_products + purchases.product[late])
    pairs, n = np.unique(once % (n_stores * n_products), return_counts=True)
    return pairs // n_products, pairs % n_products, n, shoppers
