"""Saved classes: the classes a saved model is made of, by name; a file can name no other."""

from __future__ import annotations

from xenorec.modeling.boosting import BoostedModel, BoostingSettings, Trees
from xenorec.modeling.drift import FeatureDistribution
from xenorec.modeling.persistence import SavableClasses
from xenorec.recommend.co_purchases import CoPurchases
from xenorec.recommend.customers import Customers, CustomerSelection
from xenorec.recommend.eligibility import RuleFacts, Rules
from xenorec.recommend.eligibility.returned_products import Returns
from xenorec.recommend.eligibility.rule_facts import SensitiveTopics
from xenorec.recommend.feedback import RowPriors, ShelfExploration
from xenorec.recommend.load_dataset import LoadedDataset
from xenorec.recommend.next_order.order_ranker import OrderRanker
from xenorec.recommend.page.last_basket import LastBasket
from xenorec.recommend.page.page_candidates import PageKnowledge
from xenorec.recommend.page.store_popularity import StorePopularity
from xenorec.recommend.product_catalog import ProductCatalog
from xenorec.recommend.product_popularity import ProductPopularity
from xenorec.recommend.purchase_matrix import OrderTable, PurchaseMatrix
from xenorec.recommend.ranker.probability_calibration import ProbabilityCalibration
from xenorec.recommend.ranker.product_features import (
    ItemLevels,
    ProductFeatures,
    RepurchaseHazard,
)
from xenorec.recommend.ranker.training_rows import Sampling
from xenorec.recommend.ranker.two_stage_ranker import RankingStage, ShopFeatures, TwoStageRanker
from xenorec.recommend.scorers import (
    Ease,
    ItemKnn,
    TifuKnn,
    UpCf,
)
from xenorec.recommend.scorers.knn import NearestCustomers
from xenorec.recommend.scorers.sparse_table import SparseTable
from xenorec.recommend.shop_data import ShopData
from xenorec.recommend.themes.theme import ShelfFilter, Theme

DATA = (
    *(
        PurchaseMatrix,
        OrderTable,
        ProductCatalog,
        ProductPopularity,
        ShopData,
        CustomerSelection,
        Customers,
    ),
    *(
        RankingStage,
        BoostedModel,
        Trees,
        BoostingSettings,
        ProbabilityCalibration,
        FeatureDistribution,
        ShopFeatures,
        ItemLevels,
        ProductFeatures,
        RepurchaseHazard,
    ),
    *(
        TwoStageRanker,
        OrderRanker,
        Sampling,
        PageKnowledge,
        StorePopularity,
        LastBasket,
        CoPurchases,
        Theme,
        ShelfFilter,
        ShelfExploration,
    ),
    *(ItemKnn, Ease, TifuKnn, UpCf),
    *(SparseTable, NearestCustomers),
    *(RuleFacts, SensitiveTopics, Returns, LoadedDataset),
)

REGISTRY = SavableClasses.of(
    DATA, self_saved=(RowPriors, Rules), home="xenorec/recommend/model_store/saved_classes.py"
)
