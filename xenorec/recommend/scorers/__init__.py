"""Scorers of the literature: each learns from a shop and scores products for customers.

Importing this folder is cheap; scipy and scikit-learn are loaded when a scorer first needs them.
"""

from xenorec.recommend.scorers.content import Content
from xenorec.recommend.scorers.ease import Ease
from xenorec.recommend.scorers.items import BasketItems, CustomerItems
from xenorec.recommend.scorers.neighbours import Neighbours
from xenorec.recommend.scorers.popular import Popular, Trending
from xenorec.recommend.scorers.scorer import Scorer, Scores
from xenorec.recommend.scorers.user_popularity import UserPopularity

__all__ = [
    "BasketItems",
    "Content",
    "CustomerItems",
    "Ease",
    "Neighbours",
    "Popular",
    "Scorer",
    "Scores",
    "Trending",
    "UserPopularity",
]
