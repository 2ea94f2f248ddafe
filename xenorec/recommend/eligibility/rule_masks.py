"""Rule masks: a rule over some products, all of which or for some customers only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.recommend.eligibility.rule_facts import StoreSales

ENOUGH = 5.0
"""Purchases expected of a store that never sold the product: below, it may be chance."""
Say = Callable[[int, int], str]
"""Tells (asked customer, product) as words why the rule closes the product."""


class RuleMask(Protocol):
    """What one rule closes to the customers asked about."""

    @property
    def rule(self) -> str:
        """The name of the rule."""

    def closes(self, asked: Ints, product: Ints) -> Bools:
        """Return which of the pairs are closed."""

    def block(self, begin: int, end: int) -> RuleMask:
        """Return the closing of the asked customers from ``begin`` to before ``end``."""

    def why(self, asked: int, product: int) -> str:
        """Return in words why the pair is closed."""


@dataclass(frozen=True, eq=False)
class ClosedProducts:
    """Products closed to everybody."""

    rule: str
    closed: Bools
    say: Callable[[int], str]

    def closes(self, asked: Ints, product: Ints) -> Bools:
        """Return which of the pairs are closed."""
        return self.closed[product]

    def block(self, begin: int, end: int) -> ClosedProducts:
        """Return the same: it holds for everybody."""
        return self

    def why(self, asked: int, product: int) -> str:
        """Return why the product is closed."""
        return self.say(product)


@dataclass(frozen=True, eq=False)
class ClosedForCustomers:
    """Products closed to some of the customers: those for whom ``who`` is true."""

    rule: str
    who: Bools
    closed: Bools
    text: str

    def closes(self, asked: Ints, product: Ints) -> Bools:
        """Return which of the pairs are closed."""
        return np.asarray(self.who[asked] & self.closed[product])

    def block(self, begin: int, end: int) -> Self:
        """Return the closing of some of the customers."""
        return replace(self, who=self.who[begin:end])

    def why(self, asked: int, product: int) -> str:
        """Return the rule in words."""
        return self.text


@dataclass(frozen=True, eq=False)
class ClosedPairs:
    """Pairs of customer and product: sorted keys asked * number of products + product."""

    rule: str
    n_products: int
    key: Ints
    say: Say
    first: int = 0

    def closes(self, asked: Ints, product: Ints) -> Bools:
        """Return which of the pairs are closed."""
        return is_in(asked * self.n_products + product, self.key)

    def block(self, begin: int, end: int) -> Self:
        """Return the closing of some of the customers."""
        n = self.n_products
        low, high = np.searchsorted(self.key, [begin * n, end * n])
        return replace(self, key=self.key[low:high] - begin * n, first=self.first + begin)

    def why(self, asked: int, product: int) -> str:
        """Return why the pair is closed."""
        return self.say(self.first + asked, product)

    @property
    def most(self) -> int:
        """How many products are closed to the customer with most of them."""
        return int(np.bincount(self.key // max(self.n_products, 1), minlength=1).max())


@dataclass(frozen=True, eq=False)
class ClosedCategories:
    """Categories closed to a customer: sorted keys asked * number of categories + category.

    ``levels``: levels x products, the categories of each product, -1 for none.
    """

    rule: str
    n_categories: int
    levels: Ints
    key: Ints

    def closes(self, asked: Ints, product: Ints) -> Bools:
        """Return which of the pairs are closed."""
        closed = np.zeros(len(asked), dtype=bool)
        for level in self.levels:
            category = level[product]
            closed |= (category >= 0) & is_in(asked * self.n_categories + category, self.key)
        return closed

    def block(self, begin: int, end: int) -> Self:
        """Return the closing of some of the customers."""
        n = self.n_categories
        low, high = np.searchsorted(self.key, [begin * n, end * n])
        return replace(self, key=self.key[low:high] - begin * n)

    def why(self, asked: int, product: int) -> str:
        """Return the rule in words."""
        return "this customer does not want to be shown its category."


@dataclass(frozen=True, eq=False)
class PriceLimits:
    """A highest price for each customer, NaN for no limit; a product without a price is open."""

    rule: str
    price: Floats
    limit: Floats
    say: Callable[[float, float], str]

    def closes(self, asked: Ints, product: Ints) -> Bools:
        """Return which of the pairs are closed."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.price[product] > self.limit[asked])

    def block(self, begin: int, end: int) -> Self:
        """Return the closing of some of the customers."""
        return replace(self, limit=self.limit[begin:end])

    def why(self, asked: int, product: int) -> str:
        """Return both prices in words."""
        return self.say(float(self.price[product]), float(self.limit[asked]))


@dataclass(frozen=True, eq=False)
class UnsoldInStore:
    """Products that the customer's store never sold, though it would have by the shop's sales."""

    rule: str
    sold: StoreSales
    store: Ints
    say: Say
    first: int = 0

    def closes(self, asked: Ints, product: Ints) -> Bools:
        """Return which of the pairs are closed."""
        store = self.store[asked]
        share = np.append(self.sold.share, 0.0)[store]
        closed = (store >= 0) & (self.sold.recent[product] * share >= ENOUGH)
        rows = np.flatnonzero(closed)
        key = store[rows] * len(self.sold.recent) + product[rows]
        closed[rows] = ~is_in(key, self.sold.key)
        return np.asarray(closed)

    def block(self, begin: int, end: int) -> Self:
        """Return the closing of some of the customers."""
        return replace(self, store=self.store[begin:end], first=self.first + begin)

    def why(self, asked: int, product: int) -> str:
        """Return the store and the shop's sales in words."""
        return self.say(self.first + asked, product)


@dataclass(frozen=True, eq=False)
class NotInAssortment:
    """Products missing in the assortment of the customer's store.

    ``key``: store * number of products + product, sorted; ``is_listed``: which stores it knows.
    """

    rule: str
    n_products: int
    key: Ints
    is_listed: Bools
    store: Ints
    say: Say
    first: int = 0

    def closes(self, asked: Ints, product: Ints) -> Bools:
        """Return which of the pairs are closed."""
        store = self.store[asked]
        closed = np.append(self.is_listed, False)[store]
        rows = np.flatnonzero(closed)
        closed[rows] = ~is_in(store[rows] * self.n_products + product[rows], self.key)
        return np.asarray(closed)

    def block(self, begin: int, end: int) -> Self:
        """Return the closing of some of the customers."""
        return replace(self, store=self.store[begin:end], first=self.first + begin)

    def why(self, asked: int, product: int) -> str:
        """Return the store in words."""
        return self.say(self.first + asked, product)


def is_in(key: Ints, keys: Ints) -> Bools:
    """Return which of ``key`` are among the sorted ``keys``."""
    if not len(keys):
        return np.zeros(len(key), dtype=bool)
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    return np.asarray(keys[at] == key)
