"""Shop data: all that a shelf may learn from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xenorec.array_types import Bools, Ints, Texts
from xenorec.recommend.customer_segments import segment_of, segments
from xenorec.recommend.grouped_arrays import find
from xenorec.recommend.product_catalog import ProductCatalog
from xenorec.recommend.product_popularity import ProductPopularity
from xenorec.recommend.purchase_matrix import PurchaseMatrix


@dataclass(frozen=True)
class ShopData:
    """Purchases up to ``as_of``, the catalog, the popularity, and which products may be shown."""

    purchases: PurchaseMatrix
    catalog: ProductCatalog
    popularity: ProductPopularity
    is_allowed: Bools

    @property
    def n_products(self) -> int:
        """How many products were sold by ``as_of``."""
        return len(self.purchases.products)

    def has_bought(self, customer: Ints, product: Ints) -> Bools:
        """Return whether each customer has bought the product (never for customer -1)."""
        _, is_own = find(self.purchases.bought.key, customer * self.n_products + product)
        return np.asarray((customer >= 0) & is_own)

    def buys_like(self, customer: Ints, product: Ints) -> Bools:
        """Return whether each customer buys this product or another pack of it: twice or more.

        Somebody who tried it once may still be glad to meet it.
        """
        pack = self.catalog.pack[product]
        _, is_like = find(self._packs, customer * self._n_packs + pack)
        return np.asarray((customer >= 0) & (pack >= 0) & is_like)

    @cached_property
    def _packs(self) -> Ints:
        bought = self.purchases.bought
        pack = self.catalog.pack[bought.product]
        key = (bought.customer * self._n_packs + pack)[pack >= 0]
        packs, place = np.unique(key, return_inverse=True)
        n_orders = np.bincount(place, bought.n_orders[pack >= 0], minlength=len(packs))
        usual: Ints = packs[n_orders >= 2]
        return usual

    @cached_property
    def _n_packs(self) -> int:
        return int(self.catalog.pack.max(initial=0)) + 1

    def segment(self, customer: Ints) -> Texts:
        """Return what kind of shopper each customer is; see ``segments``."""
        return segment_of(self._segments, customer)

    @cached_property
    def _segments(self) -> Texts:
        return segments(self.purchases)
