"""Scorers of the literature: each learns from a shop and scores products for customers.

Importing this folder is cheap; scipy and scikit-learn are loaded when a scorer first needs them.
"""

from __future__ import annotations

from typing import Any

from xenorec.recommend.scorers.ease import Ease
from xenorec.recommend.scorers.item_knn import ItemKnn
from xenorec.recommend.scorers.scorer import Scorer, Scores
from xenorec.recommend.scorers.tifuknn import TifuKnn
from xenorec.recommend.scorers.up_cf import UpCf
from xenorec.renamed import renamed

__all__ = [
    "Ease",
    "ItemKnn",
    "Scorer",
    "Scores",
    "TifuKnn",
    "UpCf",
]

_RENAMED = {"CustomerItems": "ItemKnn", "Neighbours": "TifuKnn", "UserPopularity": "UpCf"}


def __getattr__(name: str) -> Any:
    """Give what was renamed by its old name, with a warning (PEP 562)."""
    return renamed(__name__, name, _RENAMED)
