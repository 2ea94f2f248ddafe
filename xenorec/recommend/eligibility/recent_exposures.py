"""Exposure memory: what stood in a customer's last messages and was not bought since."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xenorec.array_types import Bools, Ints
from xenorec.dataset.data_frames import arrow, encode, instants
from xenorec.dataset.vocabulary import Vocabulary
from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.eligibility.customer_rules import pairs
from xenorec.recommend.eligibility.removal_text import day
from xenorec.recommend.eligibility.rule_facts import RuleFacts
from xenorec.recommend.eligibility.rule_masks import RuleMask
from xenorec.recommend.eligibility.rules import Rules
from xenorec.recommend.grouped_arrays import best_each

NEED = ("customer_id", "message_key", "product_id", "exposed_at")


def shown_recently(facts: RuleFacts, rules: Rules, asked: CustomerSelection) -> Iterator[RuleMask]:
    """Yield what the customers' last messages showed, until they bought it.

    The instant of a message is that of its latest row; of two at the same instant the one with the
    higher key is the later. Rows later than ``as_of`` do not count.
    """
    if rules.shown_last is None or rules.exposures is None:
        return
    table = arrow(rules.exposures, need=NEED)
    who = Vocabulary(asked.ids).codes(table["customer_id"])
    product = Vocabulary(facts.purchases.products).codes(table["product_id"])
    at = instants(table["exposed_at"], "exposed_at")
    _, message = encode(table["message_key"])
    kept = (who >= 0) & (message >= 0) & (at <= facts.as_of)
    who, product, at, message = who[kept], product[kept], at[kept], message[kept]
    kept = _among_last(who, message, at, rules.shown_last) & (product >= 0)
    kept &= ~_bought_since(facts, asked.customer[who], product, at)
    rows = np.flatnonzero(kept)[np.argsort(at[kept], kind="stable")]
    who, product, at = who[rows], product[rows], at[rows]
    shown = {(int(w), int(p)): int(t) for w, p, t in zip(who, product, at, strict=True)}

    def say(row: int, product: int) -> str:
        on = day(shown[row, product], asked.zone[row], facts.as_of)
        n = rules.shown_last
        last = "last message" if n == 1 else f"last {n} messages"
        return f"shown on {on}, not bought since, and the rule is the {last}."

    yield pairs("shown_recently", facts, who, product, say)


def _among_last(who: Ints, message: Ints, at: Ints, n: int) -> Bools:
    """Return which rows are of the last ``n`` messages of their customer."""
    size = int(message.max(initial=0)) + 1
    key, row = np.unique(who * size + message, return_inverse=True)
    latest = np.full(len(key), np.iinfo(np.int64).min)
    np.maximum.at(latest, row, at)
    _, recency = np.unique(latest, return_inverse=True)
    best, _ = best_each(key // size, recency.astype(np.float64), -(key % size), n)
    is_last = np.zeros(len(key), dtype=bool)
    is_last[best] = True
    return np.asarray(is_last[row])


def _bought_since(facts: RuleFacts, customer: Ints, product: Ints, at: Ints) -> Bools:
    bought = facts.purchases.bought
    key = customer * len(facts.stock) + product
    place = np.minimum(np.searchsorted(bought.key, key), len(bought.key) - 1)
    known = (customer >= 0) & (product >= 0) & (bought.key[place] == key)
    return np.asarray(known & (bought.last_at[place] > at))
