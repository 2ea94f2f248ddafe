"""Shelf order: what feedback says about the rows of a page, before it is laid and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xenorec.array_types import Floats, Texts
from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.feedback import RowPriors, ShelfExploration
from xenorec.recommend.page.page_assembly import PlacedItems


def factors(priors: RowPriors | None, shelves: Sequence[str], segment: Texts) -> Floats:
    """Return customers x shelves: what each shelf's promise counts for a customer's segment."""
    if priors is None:
        return np.ones((len(segment), len(shelves)))
    names, code = np.unique(segment.astype(str), return_inverse=True)
    table = [[priors.believed(shelf, str(name)) for shelf in shelves] for name in names]
    return np.array(table, dtype=np.float64).reshape(len(names), len(shelves))[code]


def explored(
    placed: PlacedItems, asked: CustomerSelection, explore: ShelfExploration | None, occasion: str
) -> PlacedItems:
    """Return the pages with their rows in the order drawn, and how likely each stood there."""
    if explore is None:
        return placed
    who = placed.listed.asked[placed.row]
    n_rows = np.zeros(len(asked), dtype=np.int64)
    np.maximum.at(n_rows, who, placed.shelf_rank)
    pages = explore.pages(asked.ids, n_rows, occasion=occasion)
    place = pages.order[who, placed.shelf_rank - 1]  # two rows change places: its own inverse
    order = np.lexsort((placed.item_rank, place, who))
    return replace(
        placed,
        row=placed.row[order],
        theme=placed.theme[order],
        shelf_rank=place[order] + 1,
        item_rank=placed.item_rank[order],
        propensity=pages.propensity[who, place][order],
    )
