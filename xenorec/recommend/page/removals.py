"""Removals: the candidates of many customers, and which rule took out each."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.eligibility import EligibilityFilter, RemovalCounts, nothing_closed
from xenorec.recommend.page.page_candidates import PageKnowledge


def removals(
    knowledge: PageKnowledge,
    blocks: Iterable[tuple[CustomerSelection, EligibilityFilter]],
    least: int,
) -> pd.DataFrame:
    """Return what each rule takes out, and what is left; see ``ShelfRecommender.removals``.

    Candidates are what the ranker names with nothing closed, and popular products up to ``least``.
    """
    shop = knowledge.shop
    tally, everything = RemovalCounts(shop.n_products), nothing_closed(shop.n_products)
    for asked, guard in blocks:
        found = knowledge.candidates(asked, everything, least)
        place = shop.popularity.place
        tally.add(guard, found.asked, found.product, found.p_buy, place, found.is_own)
    return tally.frame()
