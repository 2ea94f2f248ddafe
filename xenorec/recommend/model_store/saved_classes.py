"""Saved classes: the classes a saved model is made of, by name; a file can name no other."""

from __future__ import annotations

from xenorec.modeling.drift import FeatureDistribution
from xenorec.modeling.persistence import SavableClasses, reachable_classes
from xenorec.recommend.co_purchases import CoPurchases
from xenorec.recommend.eligibility import Rules
from xenorec.recommend.feedback import RowPriors, ShelfExploration
from xenorec.recommend.load_dataset import LoadedDataset
from xenorec.recommend.next_order.order_ranker import OrderRanker
from xenorec.recommend.page.last_basket import LastBasket
from xenorec.recommend.page.page_candidates import PageKnowledge
from xenorec.recommend.page.store_popularity import StorePopularity
from xenorec.recommend.ranker.two_stage_ranker import RankingStage, ShopFeatures, TwoStageRanker
from xenorec.recommend.scorers import Ease, ItemKnn, TifuKnn, UpCf
from xenorec.recommend.scorers.knn import NearestCustomers
from xenorec.recommend.themes.theme import Theme

PARTS = (
    *(TwoStageRanker, OrderRanker, ShopFeatures, RankingStage, FeatureDistribution),
    *(ItemKnn, Ease, TifuKnn, UpCf, NearestCustomers),
    *(PageKnowledge, StorePopularity, LastBasket, CoPurchases, Theme, ShelfExploration),
    LoadedDataset,
)
"""What a model holds as learned or behind a Protocol; what these hold in fields is reached."""
OF_THEIR_OWN = (RowPriors, Rules)

REGISTRY = SavableClasses.of(
    (kind for kind in reachable_classes(PARTS) if kind not in OF_THEIR_OWN),
    self_saved=OF_THEIR_OWN,
    home="xenorec/recommend/model_store/saved_classes.py",
)
