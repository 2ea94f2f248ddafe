"""Make: the guard of the customers asked about, from rules, facts and what is excluded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xenorec.numbers import Ints
from xenorec.recommend.guards.caps import Cap, Caps
from xenorec.recommend.guards.closings import Closing
from xenorec.recommend.guards.customers import (
    aged,
    blocked,
    bought_recently,
    excluded,
    in_store,
    returned,
    usual_price,
)
from xenorec.recommend.guards.exposures import shown_recently
from xenorec.recommend.guards.facts import Facts
from xenorec.recommend.guards.guard import Guard
from xenorec.recommend.guards.products import of_fit, of_margin, of_price, of_stock, of_time
from xenorec.recommend.guards.rules import RULES, Rules
from xenorec.recommend.people import Asked


def make_guard(
    facts: Facts,
    rules: Rules,
    asked: Asked,
    exclude: Any | None = None,
    *,
    look: Ints | None = None,
) -> Guard:
    """Return the guard of the customers asked about.

    ``exclude``: a frame product_id and optionally customer_id; a row without a customer closes its
    product to everybody, and without that column all rows do. ``look``: how each product looks
    on a page. Raises BadInput for rules or frames
    that cannot be used.
    """
    rules.check()
    found = [
        *of_fit(facts),
        *of_time(facts, rules),
        *of_stock(facts, rules),
        *aged(facts, rules, asked),
        *blocked(facts, rules, asked),
        *excluded(facts, exclude, asked),
        *in_store(facts, rules, asked),
        *of_price(facts, rules),
        *usual_price(facts, rules, asked),
        *of_margin(facts, rules),
        *returned(facts, rules, asked),
        *bought_recently(facts, rules, asked),
        *shown_recently(facts, rules, asked),
    ]
    look = look if rules.same_title else None
    return Guard(len(facts.stock), sorted(found, key=_place), caps_of(facts, rules), look)


def caps_of(facts: Facts, rules: Rules) -> Caps | None:
    """Return the caps that the rules ask for, None without any."""
    caps = tuple(_caps(facts, rules))
    return Caps(caps) if caps else None


def _caps(facts: Facts, rules: Rules) -> Iterator[Cap]:
    if rules.max_per_category is not None:
        yield Cap("per_category", facts.parts, facts.levels[0], rules.max_per_category)
    if rules.max_per_brand is not None:
        yield Cap("per_brand", facts.brands, facts.brand, rules.max_per_brand)


def _place(closing: Closing) -> int:
    return RULES.index(closing.rule)
