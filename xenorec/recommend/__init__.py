"""What: shelves of products for every customer, one ranked list, and the proof of both.

Importing this folder is cheap; numpy, pandas and scipy are loaded when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xenorec.recommend.evaluate import ShelfEvaluation, evaluate_shelves
    from xenorec.recommend.recommender import ShelfRecommender
    from xenorec.recommend.themes import Theme, read_themes

__all__ = [
    "ShelfEvaluation",
    "ShelfRecommender",
    "Theme",
    "evaluate_shelves",
    "read_themes",
]

_HOMES = {
    "ShelfEvaluation": "evaluate",
    "ShelfRecommender": "recommender",
    "Theme": "themes",
    "evaluate_shelves": "evaluate",
    "read_themes": "themes",
}


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'xenorec.recommend' has no attribute {name!r}")
    return getattr(import_module(f"xenorec.recommend.{_HOMES[name]}"), name)
