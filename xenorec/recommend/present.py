"""Present: rows that were placed, as a frame with titles and reasons in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from xenorec.numbers import Texts
from xenorec.recommend.arrange import Placed
from xenorec.recommend.people import Asked
from xenorec.recommend.shelf import LEVELS, Shelf
from xenorec.recommend.words import Words

TEXTS = ("customer_id", "shelf", "shelf_title", "product_id", "reason", "level")


def present(
    placed: Placed, shelves: Sequence[Shelf], asked: Asked, products: Texts, words: Words
) -> pd.DataFrame:
    """Return one row per placed item: customer_id, shelf, ..., reason, level."""
    offers = placed.offers
    names = np.array([shelf.name for shelf in shelves], dtype=object)
    title, reason = _words(placed, shelves, asked, words)
    return typed(
        {
            "customer_id": asked.ids[offers.asked],
            "shelf": names[placed.shelf],
            "shelf_title": title,
            "shelf_rank": placed.shelf_rank,
            "product_id": products[offers.product],
            "item_rank": placed.item_rank,
            "score": offers.score,
            "reason": reason,
            "level": np.array(LEVELS, dtype=object)[offers.level],
        }
    )


def typed(columns: dict[str, Any]) -> pd.DataFrame:
    """Return a frame whose text columns are text even when it is empty."""
    frame = pd.DataFrame(columns)
    return frame.astype({name: str for name in frame.columns if name in TEXTS})


def _words(
    placed: Placed, shelves: Sequence[Shelf], asked: Asked, words: Words
) -> tuple[Texts, Texts]:
    title, reason = (np.empty(len(placed.shelf), dtype=object) for _ in range(2))
    for number, shelf in enumerate(shelves):
        rows = np.flatnonzero(placed.shelf == number)
        if len(rows):
            offers = placed.offers.take(rows)
            title[rows] = shelf.titles(offers, words)
            reason[rows] = shelf.reasons(offers, asked, words)
    return title, reason
