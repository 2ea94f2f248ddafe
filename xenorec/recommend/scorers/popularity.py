"""Popularity: what most customers of the store bought of late, and what more and more buy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.recommend.customers import home_store
from xenorec.recommend.grouped_arrays import distinct
from xenorec.recommend.scorers.scorer import ScoreRequest, Scores, in_blocks
from xenorec.recommend.scorers.sparse_table import SparseTable, stack, table_of
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import microseconds


@dataclass(eq=False)
class Popular:
    """The faded share of a store's customers that bought the product.

    A customer counts once per product, 0.5 ** (age of the last purchase there / ``half_life``),
    so nobody counts more than 1. Customers without a home store get the list of their ``segment``
    (one number per customer of the purchases, -1 for none), all others that of the whole shop.
    """

    half_life: timedelta = timedelta(days=28)
    segment: Ints | None = None
    name: str = "popular"

    def fit(self, shop: ShopData) -> Self:
        """Count the customers of every store, of every segment and of the shop."""
        purchases = shop.purchases
        n_stores, n = len(purchases.stores), len(purchases.customers)
        segment = np.full(n, -1, dtype=np.int64) if self.segment is None else self.segment
        n_segments = int(segment.max(initial=-1)) + 1
        home, whole = home_store(purchases), n_stores + n_segments
        named = np.where(segment >= 0, n_stores + segment, whole)
        self.group_ = np.append(np.where(home >= 0, home, named), whole)
        by_store = self._shares(shop, purchases.orders.store[purchases.order], n_stores)
        by_segment = self._shares(shop, segment[purchases.customer], n_segments)
        everywhere = self._shares(shop, np.zeros_like(purchases.order), 1)
        self.share_ = stack(stack(by_store, by_segment), everywhere)
        self.place_ = shop.popularity.place
        return self

    def score(
        self, customer: Ints, *, depth: int, is_open: Bools, pairs: Ints | None = None
    ) -> Scores:
        """Return the best products of each customer's store, segment or the shop."""
        ask = ScoreRequest(depth, is_open, pairs, self.place_)
        return in_blocks(customer, self._rows, ask, unknown=True)

    def _rows(self, customer: Ints) -> Any:
        return self.share_.take(self.group_[customer]).csr()

    def _shares(self, shop: ShopData, group: Ints, n_groups: int) -> SparseTable:
        """Return groups x products: the share of the group's customers, each at their latest."""
        purchases, n_products = shop.purchases, shop.n_products
        n, inside = len(purchases.customers), np.flatnonzero(group >= 0)
        pair = group[inside] * n_products + purchases.product[inside]
        key = pair * n + purchases.customer[inside]
        ranked = np.argsort(key, kind="stable")  # a customer's latest stays the last
        key = key[ranked]
        latest = ranked[np.append(key[1:] != key[:-1], True)[: len(ranked)]]
        weight = purchases.weight(self.half_life)[inside[latest]]
        pairs, at = np.unique(pair[latest], return_inverse=True)
        people = distinct(group[inside] * n + purchases.customer[inside]) // n
        n_people = np.bincount(people, minlength=n_groups)
        share = np.bincount(at, weight, minlength=len(pairs)) / n_people[pairs // n_products]
        shown = share > 0
        pairs, share = pairs[shown], share[shown]
        shape = (n_groups, n_products)
        return table_of(pairs // n_products, pairs % n_products, share, shape=shape)


@dataclass(eq=False)
class Trending:
    """How much more of the customers of the last ``long`` bought it in the last ``short``.

    A product's share is the number of its customers in the short window among those in the long
    one, shrunk to the shop's share as by ``prior`` customers more (the mean of a Beta
    distribution), so that a handful of sales is no trend. The score is share / shop's share
    where that is above 1; the same for everybody.
    """

    short: timedelta = timedelta(days=14)
    long: timedelta = timedelta(days=112)
    prior: float = 100.0
    name: str = "trending"

    def fit(self, shop: ShopData) -> Self:
        """Count the customers of both windows."""
        late, before = _customers(shop, self.short), _customers(shop, self.long)
        usual = late.sum() / max(before.sum(), 1.0)
        share = (late + self.prior * usual) / (before + self.prior)
        growth = share / usual if usual > 0 else np.zeros(len(share))
        self.growth_ = np.where(growth > 1 + 1e-9, growth, 0.0)
        self.place_ = shop.popularity.place
        return self

    def score(
        self, customer: Ints, *, depth: int, is_open: Bools, pairs: Ints | None = None
    ) -> Scores:
        """Return the products that grow most, the same ones for everybody."""
        ask = ScoreRequest(depth, is_open, pairs, self.place_)
        return in_blocks(customer, self._rows, ask, unknown=True)

    def _rows(self, customer: Ints) -> Any:
        product = np.flatnonzero(self.growth_)
        row = np.zeros(len(product), dtype=np.int64)
        one = table_of(row, product, self.growth_[product], shape=(1, len(self.growth_)))
        return one.take(np.zeros(len(customer), dtype=np.int64)).csr()


def _customers(shop: ShopData, window: timedelta) -> Floats:
    """Return how many customers bought each product within the window before ``as_of``."""
    bought = shop.purchases.bought
    since = microseconds(shop.purchases.as_of) - microseconds(window)
    late = bought.product[bought.last_at > since]
    return np.bincount(late, minlength=shop.n_products).astype(np.float64)
