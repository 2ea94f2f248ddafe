"""Order ranker: past orders, what was known right before each of them, and what they held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.recommend.grouped_arrays import best_each, distinct, rows_of, starts, uniform_hash
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.recommend.ranker.fallback_rules import NEW
from xenorec.recommend.ranker.purchase_counts import PER_VISIT
from xenorec.recommend.ranker.training_rows import ShopLandmark, past_instants, shop_at
from xenorec.recommend.ranker.two_stage_ranker import TwoStageRanker, some_customers
from xenorec.recommend.scorers import Ease
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import microseconds

HORIZON = timedelta(days=3)
"""What is due soon is due in this time: most orders stand for the days until the next one."""
SPAN = timedelta(days=14)
"""The view of the shop is renewed so often: trends and scorers are those of a span's start."""
SPANS, PER_CUSTOMER = 8, 2


def order_landmarks(shop: ShopData, n_customers: int) -> Iterator[ShopLandmark]:
    """Yield the orders of the last spans, the latest first, of customers with an earlier order.

    Of a customer with many orders in a span two are taken, by a chance that depends on their
    instants alone. What is read of the past ends before each order.
    """
    purchases, length = shop.purchases, microseconds(SPAN)
    for begin, past in past_instants(purchases, length, most=SPANS):
        order = _orders(purchases, begin, begin + length, n_customers, shop)
        yield ShopLandmark(
            shop_at(shop, past),
            purchases.orders.customer[order],
            _products_of_order(purchases, order),
            purchases,
            purchases.orders.at[order],
        )


def plain_again(found: Mapping[str, Singles], days: float) -> Floats:
    """Return the share of the customer's orders that held the product, later ones counting more.

    One order without it is added, so that a single purchase is no certainty.
    """
    n_orders = found["customer_n_orders"].astype(np.float64)
    all_orders = (1 - PER_VISIT**n_orders) / (1 - PER_VISIT)
    return np.asarray(found["product_faded_visits"] / (all_orders + 1), dtype=np.float64)


def plain_first(found: Mapping[str, Singles], days: float) -> Floats:
    """Return a quarter of the share of late customers that bought it, for one of their orders."""
    share = found["shop_popular_28"].astype(np.float64)
    return np.asarray(NEW * share / np.maximum(found["customer_orders_28"], 1), dtype=np.float64)


@dataclass(eq=False)
class OrderRanker(TwoStageRanker):
    """A ranker of what one order holds, with plain rules of its own."""

    plain = (plain_again, plain_first)

    def landmarks(self, shop: ShopData) -> Iterator[ShopLandmark]:
        """Yield past orders, each known up to right before it."""
        return order_landmarks(shop, self.sampling.n_customers // PER_CUSTOMER)


def order_ranker() -> OrderRanker:
    """Return a ranker for one order, that has not learned yet."""
    return OrderRanker(HORIZON, [Ease(2000, only_new=True, with_reasons=False)])


def _orders(
    purchases: PurchaseMatrix, begin: int, end: int, n_customers: int, shop: ShopData
) -> Ints:
    """Return the orders later than ``begin`` and not than ``end`` that are learned from."""
    orders = purchases.orders
    first = starts(orders.customer, len(purchases.customers))[:-1]
    is_asked = np.zeros(len(purchases.customers), dtype=bool)
    is_asked[some_customers(shop, n_customers)] = True
    had_one = orders.at > orders.at[np.minimum(first, len(orders) - 1)][orders.customer]
    inside: Bools = (orders.at > begin) & (orders.at <= end) & had_one & is_asked[orders.customer]
    order = np.flatnonzero(inside)
    picked, _ = best_each(
        orders.customer[order], uniform_hash(orders.at[order]), order, PER_CUSTOMER
    )
    return np.sort(order[picked]).astype(np.int64)


def _products_of_order(purchases: PurchaseMatrix, order: Ints) -> Ints:
    which, line = rows_of(starts(purchases.order, len(purchases.orders)), order)
    return distinct(which * len(purchases.products) + purchases.product[line])
