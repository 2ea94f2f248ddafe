"""Replace themes: a fitted recommender with other shelves, with nothing learned anew."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

from xenorec.recommend.page.shelf_sources import warn_of_unknown
from xenorec.recommend.themes import Theme, read_themes

if TYPE_CHECKING:
    from xenorec.recommend.shelf_recommender import ShelfRecommender


def with_themes(
    recommender: ShelfRecommender, themes: Sequence[Theme] | str | Path
) -> ShelfRecommender:
    """Return the same fitted recommender with other shelves: themes, or a TOML file of them.

    Warns of what a shelf names and nothing in the shop has. Raises ConfigError for a file with
    mistakes.
    """
    recommender._fitted()
    other = copy(recommender)
    other.themes_ = read_themes(themes) if isinstance(themes, str | Path) else tuple(themes)
    shop = other._shop
    warn_of_unknown(other.themes_, shop.catalog, shop.purchases.products)
    return other
