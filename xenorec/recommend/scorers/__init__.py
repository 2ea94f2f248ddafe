"""Scorers of the literature: each learns from a shop and scores products for customers.

Importing this folder is cheap; scipy and scikit-learn are loaded when a scorer first needs them.
"""

from xenorec.recommend.scorers.content_based import ContentBased
from xenorec.recommend.scorers.ease import Ease
from xenorec.recommend.scorers.item_knn import BasketItemKnn, ItemKnn
from xenorec.recommend.scorers.popularity import Popular, Trending
from xenorec.recommend.scorers.scorer import Scorer, Scores
from xenorec.recommend.scorers.tifuknn import TifuKnn
from xenorec.recommend.scorers.up_cf import UpCf

__all__ = [
    "BasketItemKnn",
    "ContentBased",
    "Ease",
    "ItemKnn",
    "Popular",
    "Scorer",
    "Scores",
    "TifuKnn",
    "Trending",
    "UpCf",
]
