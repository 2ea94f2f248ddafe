"""What: shelves of products for every customer, one ranked list, and the proof of both.

Importing this folder is cheap; numpy, pandas and scipy are loaded when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xenorec.renamed import renamed

if TYPE_CHECKING:
    from xenorec.recommend.customer_charts import draw_places, draw_rhythm, in_words
    from xenorec.recommend.eligibility import Rules
    from xenorec.recommend.evaluate import ShelfEvaluation, evaluate_shelves
    from xenorec.recommend.localization import with_locale
    from xenorec.recommend.next_order.evaluate import NextOrderEvaluation, evaluate_next_order
    from xenorec.recommend.next_order.model import NextOrder
    from xenorec.recommend.page.page_display import DisplayedPage, show_page, show_reason
    from xenorec.recommend.page.replace_themes import with_themes
    from xenorec.recommend.shelf_recommender import ShelfRecommender
    from xenorec.recommend.themes import Theme, read_themes

__all__ = [
    "DisplayedPage",
    "NextOrder",
    "NextOrderEvaluation",
    "Rules",
    "ShelfEvaluation",
    "ShelfRecommender",
    "Theme",
    "draw_places",
    "draw_rhythm",
    "evaluate_next_order",
    "evaluate_shelves",
    "in_words",
    "read_themes",
    "show_page",
    "show_reason",
    "with_locale",
    "with_themes",
]

_HOMES = {
    "NextOrder": "next_order.model",
    "NextOrderEvaluation": "next_order.evaluate",
    "Rules": "eligibility",
    "ShelfEvaluation": "evaluate",
    "ShelfRecommender": "shelf_recommender",
    "DisplayedPage": "page.page_display",
    "Theme": "themes",
    "draw_places": "customer_charts",
    "draw_rhythm": "customer_charts",
    "evaluate_next_order": "next_order.evaluate",
    "evaluate_shelves": "evaluate",
    "in_words": "customer_charts",
    "read_themes": "themes",
    "show_page": "page.page_display",
    "show_reason": "page.page_display",
    "with_locale": "localization",
    "with_themes": "page.replace_themes",
}


_RENAMED = {"Shown": "DisplayedPage"}


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        return renamed(__name__, name, _RENAMED)
    return getattr(import_module(f"xenorec.recommend.{_HOMES[name]}"), name)
