"""The guard: what may not be offered, to anybody or to one customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.frames import arrow, encode, positions
from xenorec.numbers import Bools, Ints, Texts


@dataclass(frozen=True)
class Guard:
    """Products that are open, and the (asked customer, product) pairs that are not.

    ``pairs`` are sorted numbers asked * number of products + product.
    """

    is_open: Bools
    pairs: Ints

    def block(self, begin: int, end: int) -> Guard:
        """Return the guard of the asked customers from ``begin`` to before ``end``."""
        n = len(self.is_open)
        low, high = np.searchsorted(self.pairs, [begin * n, end * n])
        return Guard(self.is_open, self.pairs[low:high] - begin * n)

    @property
    def most(self) -> int:
        """How many products are closed to the customer with most of them."""
        return int(np.bincount(self.pairs // max(len(self.is_open), 1), minlength=1).max())

    def lets(self, asked: Ints, product: Ints) -> Bools:
        """Return which products may be offered to which customers asked about."""
        key = asked * len(self.is_open) + product
        return np.asarray(self.is_open[product] & ~np.isin(key, self.pairs))


def make_guard(ids: Texts, products: Texts, exclude: Any | None) -> Guard:
    """Return the guard of the customers ``ids`` from a frame customer_id, product_id.

    A row without a customer_id closes its product to everybody; without that column all rows do.
    """
    is_open, none = np.ones(len(products), dtype=bool), np.empty(0, dtype=np.int64)
    if exclude is None:
        return Guard(is_open, none)
    table = arrow(exclude, need=("product_id",), may=("customer_id",))
    product = _codes(table["product_id"], products)
    if "customer_id" not in table.column_names:
        is_open[product[product >= 0]] = False
        return Guard(is_open, none)
    names, code = encode(table["customer_id"])
    who = np.append(positions(names, ids), -1)[code]
    is_open[product[(code < 0) & (product >= 0)]] = False
    named = (who >= 0) & (product >= 0)
    return Guard(is_open, np.unique(who[named] * len(products) + product[named]))


def _codes(column: Any, names: Texts) -> Ints:
    listed, code = encode(column)
    return np.append(positions(listed, names), -1)[code]
