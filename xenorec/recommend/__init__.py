"""What: shelves of products for every customer, one ranked list, and the proof of both.

Importing this folder is cheap; numpy, pandas and scipy are loaded when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xenorec.recommend.evaluate import ShelfEvaluation, evaluate_shelves
    from xenorec.recommend.figures import draw_places, draw_rhythm, in_words
    from xenorec.recommend.guards import Rules
    from xenorec.recommend.next_order.evaluation import NextOrderEvaluation, evaluate_next_order
    from xenorec.recommend.next_order.model import NextOrder
    from xenorec.recommend.page.show import Shown, show_page, show_reason
    from xenorec.recommend.page.themed import with_themes
    from xenorec.recommend.recommender import ShelfRecommender
    from xenorec.recommend.spoken import with_locale
    from xenorec.recommend.themes import Theme, read_themes

__all__ = [
    "NextOrder",
    "NextOrderEvaluation",
    "Rules",
    "ShelfEvaluation",
    "ShelfRecommender",
    "Shown",
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
    "NextOrderEvaluation": "next_order.evaluation",
    "Rules": "guards",
    "ShelfEvaluation": "evaluate",
    "ShelfRecommender": "recommender",
    "Shown": "page.show",
    "Theme": "themes",
    "draw_places": "figures",
    "draw_rhythm": "figures",
    "evaluate_next_order": "next_order.evaluation",
    "evaluate_shelves": "evaluate",
    "in_words": "figures",
    "read_themes": "themes",
    "show_page": "page.show",
    "show_reason": "page.show",
    "with_locale": "spoken",
    "with_themes": "page.themed",
}


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'xenorec.recommend' has no attribute {name!r}")
    return getattr(import_module(f"xenorec.recommend.{_HOMES[name]}"), name)
