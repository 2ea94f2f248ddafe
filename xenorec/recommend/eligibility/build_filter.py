"""Build filter: the guard of the customers asked about, from rules, facts and what is excluded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xenorec.array_types import Ints
from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.eligibility.category_caps import Cap, Caps
from xenorec.recommend.eligibility.customer_rules import (
    blocked,
    bought_recently,
    close_adult_products,
    excluded,
    in_store,
    returned,
    usual_price,
)
from xenorec.recommend.eligibility.eligibility_filter import EligibilityFilter
from xenorec.recommend.eligibility.product_rules import (
    of_fit,
    of_margin,
    of_price,
    of_stock,
    of_time,
)
from xenorec.recommend.eligibility.recent_exposures import shown_recently
from xenorec.recommend.eligibility.rule_facts import RuleFacts
from xenorec.recommend.eligibility.rule_masks import RuleMask
from xenorec.recommend.eligibility.rules import RULES, Rules


def make_guard(
    facts: RuleFacts,
    rules: Rules,
    asked: CustomerSelection,
    exclude: Any | None = None,
    *,
    look: Ints | None = None,
) -> EligibilityFilter:
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
        *close_adult_products(facts, rules, asked),
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
    return EligibilityFilter(
        len(facts.stock), sorted(found, key=_rule_order), caps_of(facts, rules), look
    )


def caps_of(facts: RuleFacts, rules: Rules) -> Caps | None:
    """Return the caps that the rules ask for, None without any."""
    caps = tuple(_caps(facts, rules))
    return Caps(caps) if caps else None


def _caps(facts: RuleFacts, rules: Rules) -> Iterator[Cap]:
    if rules.max_per_category is not None:
        yield Cap("per_category", facts.parts, facts.levels[0], rules.max_per_category)
    if rules.max_per_brand is not None:
        yield Cap("per_brand", facts.brands, facts.brand, rules.max_per_brand)


def _rule_order(closing: RuleMask) -> int:
    return RULES.index(closing.rule)
