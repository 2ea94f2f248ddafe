"""Replace themes: a fitted recommender with other shelves, with nothing learned anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xenorec.recommend.page.shelf_sources import warn_of_unknown
from xenorec.recommend.shop_data import ShopData
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
    asked = recommender.request
    return recommender.with_request(replace(asked, themes=themes_in(recommender.shop, themes)))


def themes_in(shop: ShopData, themes: Sequence[Theme] | str | Path) -> tuple[Theme, ...]:
    """Return themes, or those of a file; warns of what one names and nothing in the shop has."""
    found = read_themes(themes) if isinstance(themes, str | Path) else tuple(themes)
    warn_of_unknown(found, shop.catalog, shop.purchases.products)
    return found
