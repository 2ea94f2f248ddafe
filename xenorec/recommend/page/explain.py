"""Explain: why a product stands where it does for a customer, or why it stands nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xenorec.recommend.guards import Guard
from xenorec.recommend.levels import LEVELS
from xenorec.recommend.page.build import Knowledge
from xenorec.recommend.page.cells import Cells, lay_cells
from xenorec.recommend.page.sources import Scene, fitting
from xenorec.recommend.people import Asked
from xenorec.recommend.themes import Theme


@dataclass(frozen=True)
class Explanation:
    """What is known of one customer and one product.

    ``p_buy``: the chance of a purchase within the time of the model, None where the product was
    no candidate. ``rank``: its place in the customer's list, from 1. ``shelves``: those on which
    it may stand. ``facts``: the figures it was judged by (days, counts, shares). ``removed``: why
    it is not shown at all, None if it may be; ``rule`` is the name of the rule that removed it.
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

    def __str__(self) -> str:
        if self.removed is not None:
            return f"{self.product_id} is not shown to this customer: {self.removed}"
        if self.p_buy is None:
            return f"{self.product_id} was no candidate: nothing of this customer's points to it."
        facts = ", ".join(f"{name} {value:.4g}" for name, value in sorted(self.facts.items()))
        return (
            f"{self.product_id}: chance {self.p_buy:.3f}, number {self.rank} of the list "
            f"({self.level}). {self.reason}. May stand on {', '.join(self.shelves) or 'no shelf'}. "
            f"Judged by {facts}."
        )


@dataclass(frozen=True)
class Judged:
    """Where one product stands among a customer's candidates."""

    p_buy: float
    rank: int
    level: str
    is_own: bool
    shelves: tuple[str, ...]
    facts: Mapping[str, float]
    capped: tuple[str, str] | None = None


def judge(
    knowledge: Knowledge, asked: Asked, guard: Guard, product: int, themes: Sequence[Theme]
) -> Judged | None:
    """Return where ``product`` stands for the one customer asked about, None if nowhere."""
    listed = knowledge.listed(asked, guard, 1, most=knowledge.shop.n_products)
    found = np.flatnonzero(listed.product == product)
    if not len(found):
        return None
    entry, place = int(found[0]), knowledge.shop.popularity.place
    cells = lay_cells(listed, 1, place, len(listed), len(listed))
    scene = Scene(cells, knowledge.shop.catalog, knowledge.shop.purchases.products)
    column = int(np.flatnonzero(cells.row[0] == entry)[0])
    facts = {name: float(values[entry]) for name, values in listed.facts.items()}
    return Judged(
        p_buy=float(listed.p_buy[entry]),
        rank=column + 1,
        level=LEVELS[listed.level[entry]],
        is_own=bool(listed.is_own[entry]),
        shelves=tuple(theme.name for theme in themes if fitting(scene, theme)[0, column]),
        facts={name: value for name, value in facts.items() if not np.isnan(value)},
        capped=_capped(guard, cells, column),
    )


def _capped(guard: Guard, cells: Cells, column: int) -> tuple[str, str] | None:
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
