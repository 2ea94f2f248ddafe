"""Rules over a customer and a product: what is closed to some and open to others."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.config.durations import span
from xenorec.dataset.data_frames import arrow, encode, positions, texts
from xenorec.dataset.vocabulary import Vocabulary
from xenorec.errors import XenorecWarning, nearest
from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.eligibility.removal_text import day, length
from xenorec.recommend.eligibility.rule_columns import has
from xenorec.recommend.eligibility.rule_facts import LATE, RuleFacts
from xenorec.recommend.eligibility.rule_masks import (
    ClosedCategories,
    ClosedForCustomers,
    ClosedPairs,
    ClosedProducts,
    NotInAssortment,
    PriceLimits,
    RuleMask,
    UnsoldInStore,
)
from xenorec.recommend.eligibility.rules import Rules
from xenorec.recommend.grouped_arrays import names_at
from xenorec.timestamps import microseconds

LEAST = 5
"""Priced purchases below which a customer has no usual price."""
ADULTS = "it is for adults only, and this person is a minor or not known."


def close_adult_products(
    facts: RuleFacts, rules: Rules, asked: CustomerSelection
) -> Iterator[RuleMask]:
    """Yield what is for adults only, closed to all who are not known to be one."""
    if rules.age_restricted and not asked.is_adult.all():
        yield ClosedForCustomers("age_restricted", ~asked.is_adult, facts.topics.for_adults, ADULTS)


def blocked(facts: RuleFacts, rules: Rules, asked: CustomerSelection) -> Iterator[RuleMask]:
    """Yield categories closed to everybody, and to the customers who do not want them."""
    owner, names = _blocked_rows(rules)
    if not len(names):
        return
    _warn_of_unknown(rules.block_categories, facts.parts)
    category = positions(names, facts.parts)
    everybody = np.array([name is None for name in owner], dtype=bool)
    shared = category[everybody & (category >= 0)]
    closed = np.asarray(np.isin(facts.levels, shared).any(axis=0))

    def say(product: int) -> str:
        level = facts.levels[:, product]
        return f"its category {facts.parts[level[np.isin(level, shared)][0]]} is blocked."

    yield ClosedProducts("blocked_category", closed, say)
    who = positions(owner, asked.ids)
    named = ~everybody & (who >= 0) & (category >= 0)
    if named.any():
        key = np.unique(who[named] * len(facts.parts) + category[named])
        yield ClosedCategories("blocked_category", len(facts.parts), facts.levels, key)


def excluded(facts: RuleFacts, exclude: Any | None, asked: CustomerSelection) -> Iterator[RuleMask]:
    """Yield what the caller excluded, to everybody and to single customers."""
    if exclude is None:
        return
    text = "it is among the excluded products."
    table = arrow(exclude, need=("product_id",), may=("customer_id",))
    product = Vocabulary(facts.purchases.products).codes(table["product_id"])
    everybody, who = np.ones(len(product), dtype=bool), np.full(len(product), -1, dtype=np.int64)
    if "customer_id" in table.column_names:
        names, code = encode(table["customer_id"])
        everybody, who = code < 0, np.append(positions(names, asked.ids), -1)[code]
    closed = np.zeros(len(facts.stock), dtype=bool)
    closed[product[everybody & (product >= 0)]] = True
    yield ClosedProducts("excluded", closed, lambda product: text)
    named = (who >= 0) & (product >= 0)
    if named.any():
        yield pairs("excluded", facts, who[named], product[named], lambda asked, product: text)


def in_store(facts: RuleFacts, rules: Rules, asked: CustomerSelection) -> Iterator[RuleMask]:
    """Yield what the customer's store does not have."""
    stores, n = facts.purchases.stores, len(facts.stock)

    def unlisted(who: int, product: int) -> str:
        return f"it is not in the assortment of store {stores[asked.store[who]]}."

    def unsold(who: int, product: int) -> str:
        return (
            f"it was never sold in store {stores[asked.store[who]]}, and "
            f"{facts.sold.recent[product]} times in the shop in the last {length(LATE)}."
        )

    if rules.assortment is not None:
        table = arrow(rules.assortment, need=("store_id", "product_id"))
        store = Vocabulary(stores).codes(table["store_id"])
        product = Vocabulary(facts.purchases.products).codes(table["product_id"])
        is_listed = np.zeros(len(stores), dtype=bool)
        is_listed[store[store >= 0]] = True
        kept = (store >= 0) & (product >= 0)
        key = np.unique(store[kept] * n + product[kept])
        yield NotInAssortment("not_in_store", n, key, is_listed, asked.store, unlisted)
    elif rules.not_in_store and len(stores):
        yield UnsoldInStore("not_in_store", facts.sold, asked.store, unsold)


def usual_price(facts: RuleFacts, rules: Rules, asked: CustomerSelection) -> Iterator[RuleMask]:
    """Yield prices far above what the customer usually pays."""
    times, share = rules.max_usual_price, rules.usual_quantile

    def say(price: float, limit: float) -> str:
        return (
            f"it costs {price:.2f}, more than {times:g} times the {limit / float(times or 1):.2f} "
            f"that {share:.0%} of this customer's purchases did not exceed."
        )

    if times is not None:
        limit = float(times) * usual(facts, asked.customer, share)
        yield PriceLimits("price_band", facts.price, limit, say)


def usual(facts: RuleFacts, customer: Ints, share: float) -> Floats:
    """Return the price that ``share`` of each customer's purchases did not exceed, or NaN."""
    purchases = facts.purchases
    n = len(purchases.customers)
    wanted = np.zeros(n + 1, dtype=bool)
    wanted[customer] = True
    rows = np.flatnonzero(~np.isnan(purchases.price) & wanted[purchases.customer])
    who, price = purchases.customer[rows], purchases.price[rows].astype(np.float64)
    price = price[np.lexsort((price, who))]
    count = np.bincount(who, minlength=n)
    at = np.cumsum(count) - count + np.maximum(np.ceil(share * count).astype(np.int64) - 1, 0)
    found = np.full(n + 1, np.nan)
    known = count >= LEAST
    found[:-1][known] = price[at[known]]
    return found[customer]


def returned(facts: RuleFacts, rules: Rules, asked: CustomerSelection) -> Iterator[RuleMask]:
    """Yield what the customer gave back of late."""
    if rules.returned_within is None:
        return
    within, back = span(rules.returned_within), facts.returns
    late = back.at > facts.as_of - microseconds(within)
    at = dict(zip(back.key[late].tolist(), back.at[late].tolist(), strict=True))

    def say(who: int, product: int) -> str:
        when = at[int(asked.customer[who]) * len(facts.stock) + product]
        on = day(when, asked.zone[who], facts.as_of)
        return f"given back ({on}), and the rule is {length(within)}."

    yield _of_customers("returned", facts, asked, back.key[late], say)


def bought_recently(facts: RuleFacts, rules: Rules, asked: CustomerSelection) -> Iterator[RuleMask]:
    """Yield what the customer bought of late."""
    if rules.bought_within is None:
        return
    within, bought = span(rules.bought_within), facts.purchases.bought
    late = bought.last_at > facts.as_of - microseconds(within)

    def say(who: int, product: int) -> str:
        key = int(asked.customer[who]) * len(facts.stock) + product
        at = int(bought.last_at[np.searchsorted(bought.key, key)])
        on = day(at, asked.zone[who], facts.as_of)
        return f"bought on {on}, and the rule is {length(within)}."

    yield _of_customers("bought_recently", facts, asked, bought.key[late], say)


def pairs(rule: str, facts: RuleFacts, who: Ints, product: Ints, say: Any) -> ClosedPairs:
    """Return the closing of single pairs."""
    n = len(facts.stock)
    return ClosedPairs(rule, n, np.unique(who * n + product), say)


def _of_customers(
    rule: str, facts: RuleFacts, asked: CustomerSelection, key: Ints, say: Any
) -> ClosedPairs:
    """Return the closing of pairs customer * number of products + product of the shop."""
    n, place = len(facts.stock), np.full(len(facts.purchases.customers) + 1, -1, dtype=np.int64)
    known = asked.customer >= 0
    place[asked.customer[known]] = np.flatnonzero(known)
    who, product = place[key // n], key % n
    return pairs(rule, facts, who[who >= 0], product[who >= 0], say)


def _blocked_rows(rules: Rules) -> tuple[Texts, Texts]:
    """Return (customer or None, category) of every row that counts."""
    names = np.array(rules.block_categories, dtype=object)
    owner = np.full(len(names), None, dtype=object)
    if rules.blocked is None:
        return owner, names
    table = arrow(rules.blocked, need=("category",), may=("customer_id", "purpose"))
    category = texts(table["category"])
    kept: Bools = np.array([name is not None for name in category], dtype=bool)
    if has(table, "purpose"):
        purpose = texts(table["purpose"])
        kept &= np.array([p is None or p == rules.purpose for p in purpose], dtype=bool)
    who = np.full(len(category), None, dtype=object)
    if "customer_id" in table.column_names:
        who = names_at(*encode(table["customer_id"]))
    return np.append(owner, who[kept]), np.append(names, category[kept])


def _warn_of_unknown(names: Sequence[str], parts: Texts) -> None:
    known = set(parts)
    strange = next((name for name in names if name not in known), None)
    if strange is not None:
        warnings.warn(
            f"category-unknown: no product that was sold is of the category {strange!r}, so "
            f"blocking it closes nothing.{nearest(strange, parts)}",
            XenorecWarning,
            stacklevel=2,
        )
