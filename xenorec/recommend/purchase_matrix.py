"""Who bought which product in which order, cut at ``as_of`` and free of row order."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import pairwise

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Codes, Floats, Hashes, Ints, Singles, Texts, most_frequent
from xenorec.dataset.data_frames import used
from xenorec.dataset.order_keys import tell_apart
from xenorec.errors import BadInput
from xenorec.recommend.grouped_arrays import distinct, starts, uniform_hash, unknown
from xenorec.recommend.line_log import LineLog
from xenorec.timestamps import instant_of, microseconds

HUGE, HUGE_LEAST = 20, 2_000
LINES_AT_ONCE = 4_000_000
"""Entries that are sorted together: a large shop is counted in blocks that fit in memory."""


@dataclass(frozen=True)
class OrderTable:
    """One entry per order, sorted by customer, instant and id; store -1 when unknown."""

    customer: Ints
    at: Ints
    store: Ints

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True)
class CustomerProducts:
    """One entry per customer and product, sorted by both: in how many orders, and when last.

    ``key`` is customer * ``n_products`` + product, ``of_line`` the entry of each purchase.
    """

    n_products: int
    key: Ints
    n_orders: Ints
    last_at: Ints
    of_line: Ints

    @property
    def customer(self) -> Ints:
        """The customer of each entry."""
        return self.key // self.n_products

    @property
    def product(self) -> Ints:
        """The product of each entry."""
        return self.key % self.n_products


@dataclass(frozen=True)
class PurchaseMatrix:
    """One entry per order and product, sorted by order and product, none later than ``as_of``.

    ``order`` is a position in ``orders``, ``product`` in ``products``. ``category`` has one entry
    per product, what most of its lines say, or -1. ``since`` is the instant of the first line.
    ``price`` (of a unit) and ``discount`` (a share) are the means of its lines, or NaN.
    """

    as_of: datetime
    since: int
    customers: Texts
    products: Texts
    stores: Texts
    categories: Texts
    orders: OrderTable
    order: Ints
    product: Ints
    category: Ints
    price: Singles
    discount: Singles

    def until(self, at: int) -> PurchaseMatrix:
        """Return the purchases not later than the instant ``at``; all names and codes stay."""
        return replace(self._kept(self.orders.at <= at), as_of=instant_of(at))

    def of(self, customer: Ints) -> PurchaseMatrix:
        """Return the purchases of some customers; all names and codes stay."""
        asked = np.zeros(len(self.customers), dtype=bool)
        asked[customer] = True
        return self._kept(asked[self.orders.customer])

    def _kept(self, order: Bools) -> PurchaseMatrix:
        place, kept = np.cumsum(order) - 1, order[self.order]
        orders = OrderTable(*(getattr(self.orders, f.name)[order] for f in fields(OrderTable)))
        return replace(
            self,
            orders=orders,
            order=place[self.order[kept]],
            product=self.product[kept],
            price=self.price[kept],
            discount=self.discount[kept],
        )

    @cached_property
    def customer(self) -> Ints:
        """The customer of each entry."""
        return self.orders.customer[self.order]

    @cached_property
    def at(self) -> Ints:
        """The instant of each entry, in microseconds since 1970 UTC."""
        return self.orders.at[self.order]

    @cached_property
    def order_bounds(self) -> Ints:
        """Where the orders of each customer begin; one entry more than customers."""
        return starts(self.orders.customer, len(self.customers))

    @cached_property
    def line_bounds(self) -> Ints:
        """Where the entries of each order begin; one entry more than orders."""
        return starts(self.order, len(self.orders))

    @cached_property
    def bought(self) -> CustomerProducts:
        """What each customer has bought so far."""
        pairs, line = self._pairs()
        last = np.zeros(len(pairs), dtype=np.int64)
        last[line] = self.at  # entries of a customer are in order of time: the last one stays
        return CustomerProducts(
            n_products=len(self.products),
            key=pairs,
            n_orders=np.bincount(line).astype(np.int64),
            last_at=last,
            of_line=line,
        )

    def _pairs(self) -> tuple[Ints, Ints]:
        """Return the keys customer * number of products + product, and which each entry has.

        Entries are sorted by customer, so that whole customers are taken a block at a time.
        """
        first = starts(self.customer, len(self.customers))
        block = np.searchsorted(first, np.arange(0, len(self.customer), LINES_AT_ONCE))
        pairs, lines, n = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)], 0
        for begin, end in pairwise(np.unique(np.append(first[block], len(self.customer)))):
            rows = slice(begin, end)
            key = self.customer[rows] * len(self.products) + self.product[rows]
            some, line = np.unique(key, return_inverse=True)
            pairs.append(some)
            lines.append(line.astype(np.int64) + n)
            n += len(some)
        return np.concatenate(pairs), np.concatenate(lines)

    @cached_property
    def is_usual(self) -> Bools:
        """Which customers others are learned from: not one whose entries outnumber all others'.

        Left out is who has 20 times the entries that 9 in 10 customers have at most, and 2,000.
        """
        n = np.bincount(self.customer, minlength=len(self.customers))
        usual = float(np.quantile(n[n > 0], 0.9, method="lower"))
        return np.asarray(n <= max(HUGE * usual, HUGE_LEAST))

    def chance(self, customer: Ints, product: Ints | None = None) -> Floats:
        """Return a number in [0, 1) for each customer, or customer and product, by their ids alone.

        The hash is SipHash of the ids (``pandas.util.hash_array``): it does not depend on who or
        what else is in the shop.
        """
        key = self._hashes[0][customer]
        if product is not None:
            key = key ^ (self._hashes[1][product] * np.uint64(0x9E3779B97F4A7C15))
        return uniform_hash(key)

    @cached_property
    def _hashes(self) -> tuple[Hashes, Hashes]:
        of = partial(pd.util.hash_array, hash_key="xenorec shelves.")
        return of(self.customers), of(self.products)

    @cached_property
    def first_at(self) -> Ints:
        """When each product was first sold."""
        first = np.full(len(self.products), np.iinfo(np.int64).max)
        np.minimum.at(first, self.product, self.at)
        return first

    @cached_property
    def last_order(self) -> Ints:
        """The last order of each customer."""
        return starts(self.orders.customer, len(self.customers))[1:] - 1

    def weight(self, half_life: timedelta) -> Floats:
        """Return 0.5 ** (age / half_life) of each entry."""
        weight = (self.at - microseconds(self.as_of)) / microseconds(half_life)
        return np.exp2(weight, out=weight)

    def within(self, window: timedelta) -> Bools:
        """Return which entries are of the last ``window`` before ``as_of``."""
        return self.at > microseconds(self.as_of) - microseconds(window)


def count_purchases(lines: LineLog, as_of: datetime) -> PurchaseMatrix:
    """Return the purchases at or before ``as_of``; the same product twice in an order is one.

    Raises BadInput when no line is that early.
    """
    seen = lines.until(as_of)
    if not len(seen):
        raise BadInput(
            f"as_of is {as_of.isoformat()}, yet the first row is of "
            f"{instant_of(lines.at.min()).isoformat()}; nothing is known before it. "
            f"Choose a later as_of."
        )
    customers, customer = used(seen.customers, seen.customer)
    products, product = used(seen.products, seen.product)
    stores, store = used(seen.stores, seen.store)
    whole = seen.order.astype(np.int64)
    _, whole = tell_apart(seen.orders, whole, customer.astype(np.int64), seen.at)
    orders, order = _orders(customer, whole, seen.at, store)
    key = order * len(products) + product
    entry = distinct(key)
    return PurchaseMatrix(
        as_of=as_of,
        since=int(seen.at.min()),
        customers=customers,
        products=products,
        stores=stores,
        categories=seen.categories,
        orders=orders,
        order=entry // len(products),
        product=entry % len(products),
        category=most_frequent(product, seen.category, len(products), len(seen.categories)),
        **_prices(entry, key, seen),
    )


def _prices(entry: Ints, key: Ints, seen: LineLog) -> dict[str, Singles]:
    """Return the means of the lines of each entry, NaN where they say nothing of prices."""
    if np.isnan(seen.price).all() and np.isnan(seen.discount).all():
        return {"price": unknown(len(entry)), "discount": unknown(len(entry))}
    place = np.searchsorted(entry, key)
    return {
        "price": _mean(place, seen.price, len(entry)),
        "discount": _mean(place, seen.discount, len(entry)),
    }


def _orders(customer: Codes, order: Ints, at: Ints, store: Codes) -> tuple[OrderTable, Ints]:
    """Return the orders and the order of each line; an id used by two customers is two orders."""
    width = int(order.max()) + 1
    key = customer.astype(np.int64) * width + order
    pairs = distinct(key)  # with a search in place of an inverse: half the memory
    line = np.searchsorted(pairs, key)
    first = np.full(len(pairs), np.iinfo(np.int64).max)
    np.minimum.at(first, line, at)
    where = np.full(len(pairs), -1, dtype=np.int64)
    np.maximum.at(where, line, store)
    by_time = np.lexsort((pairs % width, first, pairs // width))
    place = np.empty(len(pairs), dtype=np.int64)
    place[by_time] = np.arange(len(pairs))
    return OrderTable(pairs[by_time] // width, first[by_time], where[by_time]), place[line]


def _mean(place: Ints, values: Singles, n: int) -> Singles:
    """Return the mean of the known values at each place, NaN where none is known."""
    known = ~np.isnan(values)
    if not known.any():
        return unknown(n)
    place, values = place[known], values[known]
    ranked = np.lexsort((values, place))  # a sum depends on the order of its parts
    number = np.bincount(place, minlength=n)
    summed = np.bincount(place[ranked], values[ranked], minlength=n)
    return np.where(number > 0, summed / np.maximum(number, 1), np.nan).astype(np.float32)
