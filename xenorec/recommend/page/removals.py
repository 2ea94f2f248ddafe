"""Removals: the candidates of many customers, and which rule took out each."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from xenorec.recommend.guards import Guard, Tally, nothing_closed
from xenorec.recommend.page.build import Knowledge
from xenorec.recommend.people import Asked


def removals(
    knowledge: Knowledge, blocks: Iterable[tuple[Asked, Guard]], least: int
) -> pd.DataFrame:
    """Return what each rule takes out, and what is left; see ``ShelfRecommender.removals``.

    Candidates are what the ranker names with nothing closed, and popular products up to ``least``.
    """
    shop = knowledge.shop
    tally, everything = Tally(shop.n_products), nothing_closed(shop.n_products)
    for asked, guard in blocks:
        found = knowledge.candidates(asked, everything, least)
        place = shop.popularity.place
        tally.add(guard, found.asked, found.product, found.p_buy, place, found.is_own)
    return tally.frame()
