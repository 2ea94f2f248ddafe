"""Order ranker: past orders, what was known right before each of them, and what they held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.recommend.grouped_arrays import best_each, distinct, mixed, rows_of, starts
from xenorec.recommend.product_popularity import count_popularity
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.recommend.ranker.fallback_rules import NEW
from xenorec.recommend.ranker.pair_features import CandidatePairs, CustomerKnowledge
from xenorec.recommend.ranker.purchase_counts import PER_VISIT
from xenorec.recommend.ranker.training_rows import TrainingRows, draw_rows
from xenorec.recommend.ranker.two_stage_ranker import (
    DAY,
    ShopFeatures,
    TwoStageRanker,
    at_a_glance,
    learned_from,
    some_customers,
)
from xenorec.recommend.scorers import Ease
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import microseconds

HORIZON = timedelta(days=3)
"""What is due soon is due in this time: most orders stand for the days until the next one."""
SPAN = timedelta(days=14)
"""The view of the shop is renewed so often: trends and scorers are those of a span's start."""
SPANS, PER_CUSTOMER = 8, 2


@dataclass(frozen=True, eq=False)
class OrderTrainingSet:
    """Orders of one span: the shop at its start, whose they are, when, and what they held.

    ``past`` holds all purchases of the learned time; what is read of it ends before each order.
    ``held`` are sorted numbers: position of the order * number of products + product.
    """

    shop: ShopData
    past: PurchaseMatrix
    customer: Ints
    at: Ints
    held: Ints

    @property
    def n_held(self) -> Ints:
        """How many different products each order held."""
        n = len(self.customer)
        return np.bincount(self.held // self.shop.n_products, minlength=n).astype(np.int64)


def learn_orders(ranker: TwoStageRanker, shop: ShopData) -> None:
    """Let both models of the ranker learn from the shop's orders, and look at the shop."""
    own: list[TrainingRows] = []
    new: list[TrainingRows] = []
    n_customers = ranker.sampling.n_customers // PER_CUSTOMER
    for lesson in lessons(learned_from(shop), n_customers):
        view = ranker.view(lesson.shop)
        known = view.know(lesson.customer, purchases=lesson.past, before=lesson.at)
        pairs = ranker.candidates(view, known, lesson.customer, shop.is_allowed)
        worth = at_a_glance(known, pairs[0], ranker.within / DAY)
        own.append(_rows(ranker, view, lesson, known, pairs[0], worth))
        new.append(_rows(ranker, view, lesson, known, pairs[1]))
    ranker.learn(own, new)
    ranker.view_ = ranker.view(shop)


def lessons(shop: ShopData, n_customers: int) -> Iterator[OrderTrainingSet]:
    """Yield the orders of the last spans, the latest first, of customers with an earlier order.

    At least two spans and a third of all time lie before each; of a customer with many orders in
    a span two are taken, by a chance that depends on their instants alone.
    """
    purchases, length = shop.purchases, microseconds(SPAN)
    end = microseconds(purchases.as_of)
    earliest = purchases.since + max(2 * length, (end - purchases.since) // 3)
    for number in range(1, SPANS + 1):
        begin = end - number * length
        if begin < earliest:
            return
        past = purchases.until(begin)
        as_was = replace(shop, purchases=past, popularity=count_popularity(past))
        order = _orders(purchases, begin, begin + length, n_customers, shop)
        yield OrderTrainingSet(
            as_was,
            purchases,
            purchases.orders.customer[order],
            purchases.orders.at[order],
            _held(purchases, order),
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
    picked, _ = best_each(orders.customer[order], mixed(orders.at[order]), order, PER_CUSTOMER)
    return np.sort(order[picked]).astype(np.int64)


def _held(purchases: PurchaseMatrix, order: Ints) -> Ints:
    which, line = rows_of(starts(purchases.order, len(purchases.orders)), order)
    return distinct(which * len(purchases.products) + purchases.product[line])


def _rows(
    ranker: TwoStageRanker,
    view: ShopFeatures,
    lesson: OrderTrainingSet,
    known: CustomerKnowledge,
    pairs: CandidatePairs,
    worth: Floats | None = None,
) -> TrainingRows:
    """Return rows of the pairs; both orders of a customer show the same products not bought."""
    n = lesson.shop.n_products
    return draw_rows(
        pairs,
        np.isin(pairs.asked * n + pairs.product, lesson.held),
        lesson.n_held[pairs.asked],
        lesson.past.chance(lesson.customer[pairs.asked], pairs.product),
        lambda picked: ranker.describe(view, known, picked),
        ranker.sampling,
        worth,
    )
