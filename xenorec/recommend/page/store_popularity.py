"""Store popularity: how many customers bought each product of late in each store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.recommend.grouped_arrays import best_each, distinct, find, spread, starts, values_or
from xenorec.recommend.product_popularity import WINDOW
from xenorec.recommend.shop_data import ShopData


@dataclass(frozen=True, eq=False)
class StorePopularity:
    """Customers of the last 28 days by store and product, sorted by ``key``.

    ``key`` is store * number of products + product; ``shoppers`` counts each store's customers.
    ``best`` are its entries store by store, the most bought first.
    """

    n_products: int
    key: Ints
    n: Ints
    shoppers: Ints
    best: Ints
    bounds: Ints

    def bought_by(self, store: Ints, product: Ints) -> Ints:
        """Return how many customers of the store bought the product; 0 for store -1."""
        at, known = find(self.key, store * self.n_products + product)
        return values_or(self.n, at, known & (store >= 0), 0)

    def first(self, store: Ints, depth: int) -> tuple[Ints, Ints, Floats]:
        """Return (which, product, share) of the ``depth`` most bought products of each store."""
        begin = np.append(self.bounds[:-1], 0)[store]
        size = np.append(np.minimum(np.diff(self.bounds), depth), 0)[store]
        which, at = spread(begin, size)
        entry = self.best[at]
        share = self.n[entry] / np.maximum(self.shoppers[store[which]], 1)
        return which, self.key[entry] % self.n_products, share.astype(np.float64)


def count_stores(shop: ShopData) -> StorePopularity:
    """Count the customers of every store and product."""
    purchases, n_products = shop.purchases, shop.n_products
    n_stores = max(len(purchases.stores), 1)
    store = purchases.orders.store[purchases.order]
    late = purchases.within(WINDOW) & (store >= 0)
    visit = purchases.customer[late] * n_stores + store[late]
    shoppers = np.bincount(distinct(visit) % n_stores, minlength=n_stores)
    once = distinct(visit * n_products + purchases.product[late])
    key, n = np.unique(once % (n_stores * n_products), return_counts=True)
    kept = shop.is_allowed[key % n_products]
    key, n = key[kept], n[kept]
    best, _ = best_each(key // n_products, n.astype(float), shop.popularity.place[key % n_products])
    bounds = starts(key[best] // n_products, n_stores)
    return StorePopularity(n_products, key, n.astype(np.int64), shoppers, best, bounds)
