"""The shop: all that a shelf may learn from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xenorec.numbers import Bools, Ints, Texts
from xenorec.recommend.arrays import find
from xenorec.recommend.catalog import Catalog
from xenorec.recommend.popularity import Popularity
from xenorec.recommend.purchases import Purchases
from xenorec.recommend.segments import segment_of, segments


@dataclass(frozen=True)
class Shop:
    """Purchases up to ``as_of``, the catalog, the popularity, and which products may be shown."""

    purchases: Purchases
    catalog: Catalog
    popularity: Popularity
    is_allowed: Bools

    @property
    def n_products(self) -> int:
        """How many products were sold by ``as_of``."""
        return len(self.purchases.products)

    def has_bought(self, customer: Ints, product: Ints) -> Bools:
        """Return whether each customer has bought the product (never for customer -1)."""
        _, is_own = find(self.purchases.bought.key, customer * self.n_products + product)
        return np.asarray((customer >= 0) & is_own)

    def segment(self, customer: Ints) -> Texts:
        """Return what kind of shopper each customer is; see ``segments``."""
        return segment_of(self._segments, customer)

    @cached_property
    def _segments(self) -> Texts:
        return segments(self.purchases)
