"""Item statistics: what all customers together say of each item, as of one instant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.modeling.life_table import LifeTable, fit_table
from xenorec.timing.replenishment.gap_models import GapModel, fit_gaps, habit_of
from xenorec.timing.replenishment.item_purchases import ItemPurchases

USUAL_DAYS = 112
"""The days that tell how often an item is bought usually."""


@dataclass(frozen=True, eq=False)
class ItemStatistics:
    """The gap models and life tables of items and kinds, and figures of each item and kind.

    ``figures``: by name one number per item.
    """

    n_items: int
    kind: Ints
    n_kinds: int
    gaps: GapModel
    of_item: LifeTable
    of_kind: LifeTable
    figures: dict[str, Floats]


def measure_items(bought: ItemPurchases) -> ItemStatistics:
    """Return the statistics of all items at ``bought.as_of``."""
    n_items, pairs, now = max(len(bought.items), 1), bought.pairs, bought.now
    kind = bought.kind if len(bought.kind) else np.zeros(1, dtype=np.int64)
    item, silence = pairs.key % n_items, now - pairs.last
    gap_item, gap = item[pairs.gaps.code], pairs.gaps.days
    return ItemStatistics(
        n_items=n_items,
        kind=kind,
        n_kinds=bought.n_kinds,
        gaps=fit_gaps(habit_of(pairs, now, n_items), n_items),
        of_item=fit_table(gap_item, gap, item, silence, n_items),
        of_kind=fit_table(kind[gap_item], gap, kind[item], silence, bought.n_kinds),
        figures=_figures(bought, n_items, kind),
    )


def _figures(bought: ItemPurchases, n_items: int, kind: Ints) -> dict[str, Floats]:
    """Return how many buy each item, how many again, and whether it sells more than it did."""
    pairs, ago = bought.pairs, bought.now - bought.pairs.at
    item = pairs.key % n_items
    n = np.bincount(item, minlength=n_items)
    again = np.bincount(item[pairs.n > 1], minlength=n_items)
    row = item[pairs.code]
    late = {days: np.bincount(row[ago < days], minlength=n_items) for days in (14, 28, USUAL_DAYS)}
    is_again = (pairs.n > 1)[pairs.code] & (ago < 14)
    of_kind = {days: np.bincount(kind, counts)[kind] for days, counts in late.items()}
    return {
        "n": n.astype(np.float64),
        "again": again / np.maximum(n, 1),
        "per": np.bincount(row, minlength=n_items) / np.maximum(n, 1),
        "n_14": late[14].astype(np.float64),
        "n_28": late[28].astype(np.float64),
        "trend_14": (late[14] + 1) / (late[USUAL_DAYS] * 14 / USUAL_DAYS + 1),
        "trend_28": (late[28] + 1) / (late[USUAL_DAYS] * 28 / USUAL_DAYS + 1),
        "again_14": np.bincount(row[is_again], minlength=n_items) / (again + 5),
        "trend_kind": (of_kind[14] + 3) / (of_kind[USUAL_DAYS] * 14 / USUAL_DAYS + 3),
    }
