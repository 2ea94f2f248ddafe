"""Explanations: why a product stands where it does for a customer, or why it stands nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.eligibility import EligibilityFilter
from xenorec.recommend.eligibility.removal_text import length
from xenorec.recommend.fallback_levels import LEVELS
from xenorec.recommend.page.due_products import DueProducts
from xenorec.recommend.page.page_assembly import PlacedItems, columns, place_list
from xenorec.recommend.page.page_candidates import PageKnowledge
from xenorec.recommend.page.page_cells import ListedProducts, PageCells, lay_cells
from xenorec.recommend.page.page_text import PageWriter
from xenorec.recommend.page.shelf_sources import ShelfScope, fitting
from xenorec.recommend.themes import Theme


@dataclass(frozen=True)
class PagePosition:
    """Where a product stands on a page: the shelf, its heading, the place in it from 1, and why."""

    shelf: str
    title: str
    place: int
    reason: str


@dataclass(frozen=True)
class Explanation:
    """What is known of one customer and one product.

    ``p_buy``: the chance of a purchase within the time of the model, None where the product was
    no candidate. ``rank``: its place in the customer's list, from 1. ``shelves``: those on which
    it may stand. ``facts``: the figures it was judged by (days, counts, shares). ``removed``: why
    it is not shown, None if it may be; ``rule`` is the name of the rule that removed it
    (``same_title`` concerns pages alone). ``spot``: where it stands on the page, None for nowhere.
    ``print`` tells it in plain words.
    """

    customer_id: str
    product_id: str
    p_buy: float | None
    rank: int | None
    level: str | None
    is_own: bool
    shelves: tuple[str, ...]
    facts: Mapping[str, float]
    reason: str | None
    removed: str | None
    rule: str | None = None
    title: str | None = None
    spot: PagePosition | None = None
    within: timedelta = timedelta(days=14)

    def __str__(self) -> str:
        name = self.product_id if self.title is None else f"{self.title} ({self.product_id})"
        return f"{name}. {self._not_on_page_reason()}"

    def _not_on_page_reason(self) -> str:
        if self.removed is not None:
            return f"Not shown: {self.removed}"
        if self.p_buy is None:
            return "Not shown: nothing that this customer has done points to it."
        chance = f"Chance of buying within {length(self.within)}: {percent(self.p_buy)}."
        if self.spot is not None:
            where = f"Shown in '{self.spot.title}', place {self.spot.place}."
            return f"{where} {chance} {self.spot.reason}."
        return (
            "Not on the page: other products promise more. In this customer's list of all products "
            f"it is number {self.rank}. {chance} {self.reason}."
        )


@dataclass(frozen=True)
class CandidateStatus:
    """Where one product stands among a customer's candidates."""

    p_buy: float
    rank: int
    level: str
    is_own: bool
    shelves: tuple[str, ...]
    facts: Mapping[str, float]
    kept_out: tuple[str, str] | None = None


def explained(
    knowledge: PageKnowledge,
    asked: CustomerSelection,
    guard: EligibilityFilter,
    product: int,
    themes: Sequence[Theme],
    speaker: PageWriter,
    page: PlacedItems,
    due: DueProducts | None = None,
) -> Explanation:
    """Return all that is known of ``product`` for the one customer asked about."""
    shop = knowledge.shop
    judged = judge(knowledge, asked, guard, product, themes, due)
    rule, removed = guard.why(0, product) or (judged and judged.kept_out) or (None, None)
    is_listed = judged is not None and rule is None
    return Explanation(
        customer_id=asked.ids[0],
        product_id=shop.purchases.products[product],
        p_buy=None if judged is None else judged.p_buy,
        rank=None if judged is None else judged.rank,
        level=None if judged is None else judged.level,
        is_own=bool(shop.has_bought(asked.customer, np.array([product]))[0]),
        shelves=() if judged is None else judged.shelves,
        facts={} if judged is None else judged.facts,
        reason=_reason(knowledge, asked, guard, product, themes, speaker) if is_listed else None,
        removed=removed,
        rule=rule,
        title=speaker.words.product(product),
        spot=spot_of(page, asked, product, themes, speaker),
        within=knowledge.ranker.within,
    )


def _reason(
    knowledge: PageKnowledge,
    asked: CustomerSelection,
    guard: EligibilityFilter,
    product: int,
    themes: Sequence[Theme],
    speaker: PageWriter,
) -> str:
    """Return the reason by which the product stands in the customer's list."""
    placed = place_list(knowledge, asked, guard, knowledge.shop.n_products)
    found = columns(placed, asked, themes, speaker)
    at = np.flatnonzero(placed.listed.product[placed.row] == product)[0]
    return str(found["reason"][at])


def judge(
    knowledge: PageKnowledge,
    asked: CustomerSelection,
    guard: EligibilityFilter,
    product: int,
    themes: Sequence[Theme],
    due: DueProducts | None = None,
) -> CandidateStatus | None:
    """Return where ``product`` stands for the one customer asked about, None if nowhere."""
    listed = knowledge.listed(asked, guard, 1, most=knowledge.shop.n_products, due=due)
    found = np.flatnonzero(listed.product == product)
    if not len(found):
        return None
    entry, place = int(found[0]), knowledge.shop.popularity.place
    cells = lay_cells(listed, 1, place, len(listed), len(listed))
    scene = ShelfScope.of(cells, knowledge.shop, asked.customer)
    column = int(np.flatnonzero(cells.row[0] == entry)[0])
    facts = {name: float(values[entry]) for name, values in listed.facts.items()}
    return CandidateStatus(
        p_buy=float(listed.p_buy[entry]),
        rank=column + 1,
        level=LEVELS[listed.level[entry]],
        is_own=bool(listed.is_own[entry]),
        shelves=tuple(theme.name for theme in themes if fitting(scene, theme)[0, column]),
        facts={name: value for name, value in facts.items() if not np.isnan(value)},
        kept_out=_doubled(knowledge, guard, listed, entry) or _capped(guard, cells, column),
    )


def spot_of(
    placed: PlacedItems,
    asked: CustomerSelection,
    product: int,
    themes: Sequence[Theme],
    speaker: PageWriter,
) -> PagePosition | None:
    """Return where ``product`` stands on the page of the one customer asked about."""
    at = np.flatnonzero(placed.listed.product[placed.row] == product)
    if not len(at):
        return None
    found = columns(placed, asked, themes, speaker)
    first = int(at[0])
    shelf, title, reason = (str(found[name][first]) for name in ("shelf", "shelf_title", "reason"))
    return PagePosition(shelf, title, int(placed.item_rank[first]), reason)


def percent(p_buy: float) -> str:
    """Return a chance in per cent; what is nearly sure or nearly impossible is not rounded to it.

    >>> percent(0.887), percent(0.002), percent(0.999)
    ('89 %', 'under 1 %', 'over 99 %')
    """
    if 0 < p_buy < 0.005:
        return "under 1 %"
    return "over 99 %" if 0.995 <= p_buy < 1 else f"{100 * p_buy:.0f} %"


def _doubled(
    knowledge: PageKnowledge, guard: EligibilityFilter, listed: ListedProducts, entry: int
) -> tuple[str, str] | None:
    """Return the rule by which a better product that looks the same is shown, and why in words."""
    product, shop = listed.product, knowledge.shop
    place = shop.popularity.place[product]
    double = guard.doubles(listed.asked, product, listed.is_own, listed.p_buy, place)
    if not double[entry]:
        return None
    look = shop.catalog.look[product]
    better = int(product[np.flatnonzero((look == look[entry]) & ~double)[0]])
    return "same_title", (
        f"it looks the same as {shop.catalog.title[better]} ({shop.purchases.products[better]}), "
        "and a page shows only the better one of the two."
    )


def _capped(guard: EligibilityFilter, cells: PageCells, column: int) -> tuple[str, str] | None:
    """Return the cap that keeps a cell out of the customer's list, and why in words."""
    if guard.caps is None:
        return None
    product = cells.product[0]
    fate = guard.caps.take(np.zeros_like(product), product, np.arange(len(product)) + 1)[column]
    if fate < 0:
        return None
    cap = guard.caps.caps[fate]
    name = cap.names[cap.group[product[column]]]
    what = cap.rule.removeprefix("per_")
    return cap.rule, (
        f"at most {cap.most} of the {what} {name} may stand in one list or page, and "
        f"{cap.most} that promise more come first."
    )
