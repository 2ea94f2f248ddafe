"""Rules over products alone: they close to everybody."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from xenorec.array_types import Floats
from xenorec.dataset.coded_table import CodedTable
from xenorec.errors import XenorecWarning
from xenorec.recommend.eligibility.removal_text import day
from xenorec.recommend.eligibility.rule_columns import numbers_at
from xenorec.recommend.eligibility.rule_facts import RuleFacts
from xenorec.recommend.eligibility.rule_masks import ClosedProducts
from xenorec.recommend.eligibility.rules import Rules
from xenorec.recommend.product_catalog import product_rows


def of_fit(facts: RuleFacts) -> Iterator[ClosedProducts]:
    """Yield what the recommender was fitted without: sensitive and not promotable products."""
    yield ClosedProducts(
        "sensitive",
        facts.sensitive,
        lambda product: (
            f"its topic ({facts.topics.named(product)}) is sensitive and was not allowed."
        ),
    )
    yield ClosedProducts(
        "not_promotable",
        facts.unpromoted,
        lambda product: "the catalog marks it as not promotable, or gives it no title.",
    )


def of_time(facts: RuleFacts, rules: Rules) -> Iterator[ClosedProducts]:
    """Yield what is not on sale any more at ``as_of``, or not yet."""

    def say(product: int) -> str:
        begin, end = int(facts.active_from[product]), int(facts.active_to[product])
        if begin > facts.as_of:
            return f"it is on sale from {day(begin)} only."
        return f"it was on sale until {day(end)} only."

    if rules.discontinued:
        closed = (facts.active_to <= facts.as_of) | (facts.active_from > facts.as_of)
        yield ClosedProducts("discontinued", closed, say)


def of_stock(facts: RuleFacts, rules: Rules) -> Iterator[ClosedProducts]:
    """Yield what the catalog says is sold out."""
    if rules.out_of_stock:
        yield ClosedProducts(
            "out_of_stock",
            _below(facts.stock, 0.0) | (facts.stock == 0),
            lambda product: f"the catalog has {facts.stock[product]:g} in stock.",
        )


def of_price(facts: RuleFacts, rules: Rules) -> Iterator[ClosedProducts]:
    """Yield what is cheaper or dearer than the band."""
    low = -np.inf if rules.min_price is None else float(rules.min_price)
    high = np.inf if rules.max_price is None else float(rules.max_price)

    def say(product: int) -> str:
        price = facts.price[product]
        if price < low:
            return f"it costs {price:.2f}, and the lowest price is {low:.2f}."
        return f"it costs {price:.2f}, and the highest price is {high:.2f}."

    if rules.min_price is not None or rules.max_price is not None:
        closed = _below(facts.price, low) | _below(-facts.price, -high)
        yield ClosedProducts("price_band", closed, say)


def of_margin(facts: RuleFacts, rules: Rules) -> Iterator[ClosedProducts]:
    """Yield what earns too little; warns where no margin is known at all."""
    if rules.min_margin is None:
        return
    least, margin = float(rules.min_margin), _margins(facts, rules)
    if np.isnan(margin).all():
        warnings.warn(
            "margin-unknown: min_margin is set and no product has a margin, so nothing is closed. "
            "Give products with a column margin_share, or Rules(margins=frame).",
            XenorecWarning,
            stacklevel=2,
        )
    yield ClosedProducts(
        "margin",
        _below(margin, least),
        lambda product: f"its margin is {margin[product]:.0%}, and the least is {least:.0%}.",
    )


def _margins(facts: RuleFacts, rules: Rules) -> Floats:
    """Return the margin of each product: that of the rules' frame, else of the products."""
    if rules.margins is None:
        return facts.margin
    table = CodedTable(rules.margins).require("product_id", "margin_share")
    given = numbers_at(table, "margin_share", product_rows(table, facts.purchases.products))
    return np.where(np.isnan(given), facts.margin, given)


def _below(values: Floats, least: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    with np.errstate(invalid="ignore"):
        return np.asarray(values < least, dtype=bool)  # NaN is below nothing
