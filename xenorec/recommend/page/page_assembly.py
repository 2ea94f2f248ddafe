"""Pages: shelves for the customers asked about, and their one ranked list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Texts, significant
from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.eligibility import EligibilityFilter
from xenorec.recommend.eligibility.category_caps import TAKEN, Caps
from xenorec.recommend.fallback_levels import LEVELS, PERSONAL, SEGMENT
from xenorec.recommend.grouped_arrays import best_each
from xenorec.recommend.page.due_products import DueProducts, is_due
from xenorec.recommend.page.page_candidates import PageKnowledge
from xenorec.recommend.page.page_cells import ListedProducts, lay_cells
from xenorec.recommend.page.page_text import PageWriter
from xenorec.recommend.page.shelf_selection import PageLayout, choose_page
from xenorec.recommend.page.shelf_sources import NEW_SOURCES, ShelfScope, fitting
from xenorec.recommend.ranker.two_stage_ranker import RankedCandidates
from xenorec.recommend.themes import Theme

WIDTH, WIDTH_NEW = 60, 60
CHOICE = 6
"""How many times more products of a group than a page may hold are looked at for it."""
GENERAL = {"discovery": 0.8, "popular_in_shop": 0.5}
"""What the widest themes count beside those that say more."""
OWN_ROW, BECAUSE_ROW = "buy_again", "because_you_buy"
STORE_ROW, SHOP_ROW, NEW_ROW = "popular_in_store", "popular_in_shop", "try_something_new"
SOURCE_OF = {
    OWN_ROW: "own",
    BECAUSE_ROW: "because",
    STORE_ROW: "popular_in_store",
    SHOP_ROW: "popular_in_shop",
    NEW_ROW: "discovery",
}


@dataclass(frozen=True)
class PlacedItems:
    """Entries of ``listed`` with their place on the page or in the list, ranks from 1.

    ``propensity`` is how likely the shelf stood at its place; None for always.
    """

    listed: ListedProducts
    row: Ints
    theme: Ints
    shelf_rank: Ints
    item_rank: Ints
    propensity: Floats | None = None


def place_shelves(
    knowledge: PageKnowledge,
    asked: CustomerSelection,
    guard: EligibilityFilter,
    themes: Sequence[Theme],
    layout: PageLayout,
    factor: Floats,
    due: DueProducts | None = None,
    ranked: RankedCandidates | None = None,
) -> PlacedItems:
    """Return the items of every customer's shelves, by customer, shelf and item.

    ``factor``: customers x themes. A shelf needs the layout's ``min_items`` or what its theme
    asks for, the smaller one, and never more than ``n_items``. ``due``: what a model says is due;
    the shelf of that source comes first then, with one product too, and has its likeliest to
    itself.
    """
    shop = knowledge.shop
    n_wanted = layout.n_shelves * layout.n_items
    listed = knowledge.listed(asked, guard, n_wanted, for_page=True, due=due, ranked=ranked)
    if guard.caps is not None:
        listed = listed.take(_diverse_candidates(knowledge, listed, guard.caps) | is_due(listed))
    width = max(WIDTH, n_wanted)
    place, always = shop.popularity.place, is_due(listed)
    cells = lay_cells(listed, len(asked), place, width, max(WIDTH_NEW, width), always)
    scene = ShelfScope.of(cells, shop, asked.customer)
    fits = np.stack([fitting(scene, theme) for theme in themes])
    most = min(layout.n_items, max(int(guard.is_open.sum()), 1))
    least = np.array([min(theme.min_items, layout.min_items, most) for theme in themes])
    is_new = np.array([theme.source in NEW_SOURCES for theme in themes])
    weight = np.array([GENERAL.get(theme.source, 1.0) for theme in themes])
    room = None if guard.caps is None else guard.caps.on(cells.product)
    is_pinned = None if due is None else np.array([theme.source == "due" for theme in themes])
    page = choose_page(cells.p_buy, fits, factor * weight, least, is_new, layout, room, is_pinned)
    who, shelf, item = np.nonzero(page.cell >= 0)
    row = cells.row[who, page.cell[who, shelf, item]]
    item_rank = item + 1
    return PlacedItems(listed, row, page.theme[who, shelf], shelf + 1, item_rank)


def _diverse_candidates(knowledge: PageKnowledge, listed: ListedProducts, caps: Caps) -> Bools:
    """Return which entries are looked at for pages with caps: the likeliest of every group."""
    place, kept = knowledge.shop.popularity.place[listed.product], np.ones(len(listed), dtype=bool)
    for cap in caps.caps:
        group = cap.group[listed.product]
        rows = np.flatnonzero(group >= 0)
        key = (listed.asked * 2 + listed.is_own) * (len(cap.names) + 1) + group
        best, _ = best_each(key[rows], listed.p_buy[rows], place[rows], CHOICE * cap.most)
        beyond = np.ones(len(rows), dtype=bool)
        beyond[best] = False
        kept[rows[beyond]] = False
    return kept


def place_list(
    knowledge: PageKnowledge,
    asked: CustomerSelection,
    guard: EligibilityFilter,
    n: int,
    *,
    only_new: bool = False,
) -> PlacedItems:
    """Return the ``n`` best products of every customer, by customer and rank."""
    listed = knowledge.listed(asked, guard, n)
    if only_new:
        listed = listed.take(~listed.is_own)
    row, rank = best_listed(listed, guard, knowledge.shop.popularity.place, n)
    return PlacedItems(listed, row, np.full(len(row), -1), np.ones(len(row), dtype=np.int64), rank)


def best_listed(
    listed: ListedProducts, guard: EligibilityFilter, place: Ints, n: int
) -> tuple[Ints, Ints]:
    """Return (row, rank) of the ``n`` likeliest entries of every customer that caps let through."""
    row, rank = best_each(
        listed.asked,
        significant(listed.p_buy),
        place[listed.product],
        n if guard.caps is None else None,
    )
    if guard.caps is not None:
        fate = guard.caps.take(listed.asked[row], listed.product[row], rank, n)
        row = row[fate == TAKEN]
        rank = np.arange(len(row)) - np.searchsorted(listed.asked[row], listed.asked[row]) + 1
    return row, rank


def columns(
    placed: PlacedItems, asked: CustomerSelection, themes: Sequence[Theme], speaker: PageWriter
) -> Mapping[str, Any]:
    """Return the columns of the answer, one row per placed item."""
    listed, row = placed.listed, placed.row
    if (placed.theme < 0).any():
        shelf, title, reason = _list_words(placed, asked, themes, speaker)
    else:
        shelf, title, reason = _shelf_words(placed, asked, themes, speaker)
    return {
        "customer_id": asked.ids[listed.asked[row]],
        "shelf": shelf,
        "shelf_title": title,
        "shelf_rank": placed.shelf_rank,
        "product_id": speaker.shop.purchases.products[listed.product[row]],
        "item_rank": placed.item_rank,
        "score": significant(listed.p_buy[row]),
        "reason": reason,
        "level": np.array(LEVELS, dtype=object)[listed.level[row]],
        "segment": speaker.shop.segment(asked.customer)[listed.asked[row]],
        "shelf_propensity": np.ones(len(row)) if placed.propensity is None else placed.propensity,
    }


def _shelf_words(
    placed: PlacedItems, asked: CustomerSelection, themes: Sequence[Theme], speaker: PageWriter
) -> tuple[Texts, Texts, Texts]:
    shelf, title, reason = (np.empty(len(placed.row), dtype=object) for _ in range(3))
    for number, theme in enumerate(themes):
        at = np.flatnonzero(placed.theme == number)
        if not len(at):
            continue
        rows = placed.row[at]
        shelf[at] = theme.name
        title[at] = speaker.titles(placed.listed, rows, theme)
        sources = [theme.source] * len(at)
        reason[at] = speaker.why(placed.listed, rows, sources, asked, theme)
    return shelf, title, reason


def _list_words(
    placed: PlacedItems, asked: CustomerSelection, themes: Sequence[Theme], speaker: PageWriter
) -> tuple[Texts, Texts, Texts]:
    listed, rows = placed.listed, placed.row
    shelf = np.full(len(rows), NEW_ROW, dtype=object)
    level = listed.level[rows]
    shelf[listed.facts["because"][rows] >= 0] = BECAUSE_ROW
    shelf[level == SEGMENT] = STORE_ROW
    shelf[level > SEGMENT] = SHOP_ROW
    shelf[listed.is_own[rows] & (level == PERSONAL)] = OWN_ROW
    sources = [SOURCE_OF[name] for name in shelf]
    return shelf, shelf.copy(), np.array(speaker.why(listed, rows, sources, asked, None), object)
