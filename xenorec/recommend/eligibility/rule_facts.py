"""Rule facts: what the rules know of a shop's products and of what was given back, at ``as_of``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.dataset.coded_table import CodedTable
from xenorec.recommend.eligibility.returned_products import Returns, read_returns
from xenorec.recommend.eligibility.rule_columns import codes_at, instants_at, numbers_at
from xenorec.recommend.grouped_arrays import distinct, names_at
from xenorec.recommend.product_catalog import ProductCatalog, levels, product_rows
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.recommend.themes import SensitiveProducts
from xenorec.timestamps import microseconds

LATE = timedelta(days=56)
ALWAYS, NEVER = np.iinfo(np.int64).min, np.iinfo(np.int64).max
MAY = ("stock", "active_from", "active_to", "price_amount", "brand", "margin_share")


@dataclass(frozen=True, eq=False)
class SensitiveTopics:
    """Which sensitive topics each product has: topics x products."""

    names: tuple[str, ...]
    has: Bools
    is_age_restricted: Bools

    @classmethod
    def of(
        cls, found: Sequence[frozenset[str]], names: Sequence[str], aged: frozenset[str]
    ) -> SensitiveTopics:
        """Return the table of the topics found for each product."""
        listed = tuple(names)
        has = np.array([[name in topics for topics in found] for name in listed], dtype=bool)
        is_aged = np.array([name in aged for name in listed], dtype=bool)
        return cls(listed, has.reshape(len(listed), len(found)), is_aged)

    @property
    def private(self) -> Bools:
        """Which products have any topic at all."""
        return np.asarray(self.has.any(axis=0))

    @property
    def for_adults(self) -> Bools:
        """Which products are for adults only."""
        return np.asarray(self.has[self.is_age_restricted].any(axis=0))

    def closed(self, allow: Collection[str] | None) -> Bools:
        """Return which products have a topic that is neither allowed nor a matter of age."""
        if allow is None:
            return np.zeros(self.has.shape[1], dtype=bool)
        is_open = np.array([name in allow for name in self.names], dtype=bool)
        is_open |= self.is_age_restricted
        return np.asarray(self.has[~is_open].any(axis=0))

    def named(self, product: int) -> str:
        """Return the topics of a product as text."""
        return ", ".join(
            name for name, has in zip(self.names, self.has, strict=True) if has[product]
        )


@dataclass(frozen=True, eq=False)
class StoreSales:
    """Where products were sold: ``key`` is store * number of products + product, sorted.

    ``recent`` counts each product's purchases of the last 56 days in the whole shop, ``share`` is
    each store's part of them.
    """

    key: Ints
    recent: Ints
    share: Floats

    @classmethod
    def of(cls, purchases: PurchaseMatrix) -> StoreSales:
        """Count the purchases."""
        n, n_stores = len(purchases.products), len(purchases.stores)
        store = purchases.orders.store[purchases.order]
        inside, late = store >= 0, purchases.within(LATE)
        key = distinct(store[inside] * n + purchases.product[inside])
        recent = np.bincount(purchases.product[late], minlength=n).astype(np.int64)
        by_store = np.bincount(store[late & inside], minlength=n_stores)
        return cls(key, recent, by_store / max(int(late.sum()), 1))


@dataclass(frozen=True, eq=False)
class RuleFacts:
    """One entry per product: stock, price and margin are NaN and brand -1 where not known.

    ``sensitive`` and ``unpromoted`` are closed since the fit; ``active_from`` and ``active_to``
    are microseconds since 1970 UTC. ``parts`` are names of categories and ``levels`` the positions
    in them, levels x products, -1 where there is none.
    """

    topics: SensitiveTopics
    sensitive: Bools
    unpromoted: Bools
    stock: Floats
    active_from: Ints
    active_to: Ints
    price: Floats
    margin: Floats
    brands: Texts
    brand: Ints
    parts: Texts
    levels: Ints
    returns: Returns
    purchases: PurchaseMatrix

    @property
    def is_allowed(self) -> Bools:
        """Which products no rule of the fit closes."""
        return ~(self.sensitive | self.unpromoted)

    @property
    def as_of(self) -> int:
        """The instant, in microseconds since 1970 UTC."""
        return microseconds(self.purchases.as_of)

    @cached_property
    def sold(self) -> StoreSales:
        """Where products were sold."""
        return StoreSales.of(self.purchases)


def read_facts(
    purchases: PurchaseMatrix,
    catalog: ProductCatalog,
    products: Any | None,
    lines: Any | None,
    *,
    allow: Collection[str] | None,
    promotable_only: bool,
) -> RuleFacts:
    """Return the facts of the products sold, from frames of products and lines where there are.

    Topics named in ``allow`` are not sensitive, None allows all.
    """
    n = len(purchases.products)
    table, row = None, np.full(n, -1, dtype=np.int64)
    if products is not None:
        table = CodedTable.of(products).require("product_id", may=MAY)
        row = product_rows(table, purchases.products)
    topics = _topics(catalog)
    listed = numbers_at(table, "price_amount", row)
    brands, brand = codes_at(table, "brand", row)
    parts, at_level = levels(catalog)
    return RuleFacts(
        topics=topics,
        sensitive=topics.closed(allow),
        unpromoted=~catalog.is_promotable & promotable_only,
        stock=numbers_at(table, "stock", row),
        active_from=instants_at(table, "active_from", row, ALWAYS),
        active_to=instants_at(table, "active_to", row, NEVER),
        price=np.where(np.isnan(listed), _paid(purchases), listed),
        margin=numbers_at(table, "margin_share", row),
        brands=brands,
        brand=brand,
        parts=parts,
        levels=at_level,
        returns=read_returns(lines, purchases),
        purchases=purchases,
    )


def _topics(catalog: ProductCatalog) -> SensitiveTopics:
    known = SensitiveProducts.load()
    category = names_at(catalog.categories, catalog.category)
    found = known.topics(catalog.title.tolist(), list(category))
    return SensitiveTopics.of(found, known.names, known.age_restricted)


def _paid(purchases: PurchaseMatrix) -> Floats:
    """Return what a unit of each product last cost, NaN where the lines do not say."""
    known = ~np.isnan(purchases.price)
    paid = np.full(len(purchases.products), np.nan)
    order = np.argsort(purchases.at[known], kind="stable")
    paid[purchases.product[known][order]] = purchases.price[known][order]
    return paid
