"""Scorers of the literature: each learns from a shop and scores products for customers.

Importing this folder is cheap; scipy and scikit-learn are loaded when a scorer first needs them.
"""

from xenorec.recommend.scorers.ease import Ease
from xenorec.recommend.scorers.item_knn import ItemKnn
from xenorec.recommend.scorers.scorer import Scorer, Scores
from xenorec.recommend.scorers.tifuknn import TifuKnn
from xenorec.recommend.scorers.up_cf import UpCf

__all__ = [
    "Ease",
    "ItemKnn",
    "Scorer",
    "Scores",
    "TifuKnn",
    "UpCf",
]
