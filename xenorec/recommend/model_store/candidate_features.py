"""Candidate features: what each stage of a ranker has to judge at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Ints, Singles
from xenorec.modeling.drift import FeatureDistribution
from xenorec.recommend.grouped_arrays import uniform_hash
from xenorec.recommend.ranker.two_stage_ranker import RankingStage, TwoStageRanker

STAGES: Mapping[str, bool] = {"repeat": True, "discovery": False}
"""The stages of a ranker, and whether their candidates are what the customer had bought."""

CUSTOMERS = 1_000
"""Customers whose candidates are looked at: of more, those with the least chance."""

OF_PRODUCTS = "shop_"
"""Features of this name have one value per product, whoever is asked about."""


@dataclass(frozen=True, eq=False)
class CandidateFeatures:
    """The features of what a stage has to judge, of how many customers and products."""

    found: Mapping[str, Singles]
    n_customers: int
    n_products: int

    def n_units(self, name: str) -> int:
        """Return how many values of a feature are independent of each other, at least."""
        return self.n_products if name.startswith(OF_PRODUCTS) else self.n_customers


def stages_of(ranker: TwoStageRanker) -> dict[str, RankingStage]:
    """Return the stages that were learned, by name."""
    found: dict[str, RankingStage | None] = {name: getattr(ranker, f"{name}_") for name in STAGES}
    return {name: stage for name, stage in found.items() if stage is not None}


def candidates_of(ranker: TwoStageRanker) -> dict[str, CandidateFeatures]:
    """Return what each learned stage has to judge now, of some of the customers with orders."""
    stages = stages_of(ranker)
    if not stages:
        return {}
    bare = copy(ranker)  # no stage is asked: its features may be missing, and none is needed
    bare.repeat_ = bare.discovery_ = None
    shop = ranker.view_.shop
    customer = _some(np.unique(shop.purchases.orders.customer))
    ranked = bare.score(customer, shop.is_allowed)
    return {
        name: _candidates(ranked.found, ranked.asked, ranked.product, ranked.is_own == is_own)
        for name, is_own in STAGES.items()
        if name in stages
    }


def spreads_of(ranker: TwoStageRanker) -> dict[str, FeatureDistribution]:
    """Return the spread of the features that each learned stage reads, over the candidates now."""
    now, stages = candidates_of(ranker), stages_of(ranker)
    return {
        name: FeatureDistribution.of(stage.model.names, now[name].found, now[name].n_units)
        for name, stage in stages.items()
    }


def _candidates(
    found: Mapping[str, Singles], asked: Ints, product: Ints, rows: Bools
) -> CandidateFeatures:
    return CandidateFeatures(
        {name: values[rows] for name, values in found.items()},
        len(np.unique(asked[rows])),
        len(np.unique(product[rows])),
    )


def _some(customers: Ints) -> Ints:
    chance = uniform_hash(customers)
    return np.sort(customers[np.argsort(chance, kind="stable")[:CUSTOMERS]]).astype(np.int64)
