"""Refresh: what a ranker learned stays, and it looks at the shop as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime

import pandas as pd

from xenorec.errors import BadInput
from xenorec.modeling.drift import FeatureDistribution
from xenorec.recommend.model_store.candidate_drift import drift_frame
from xenorec.recommend.model_store.candidate_features import (
    CandidateFeatures,
    candidates_of,
    stages_of,
)
from xenorec.recommend.ranker.two_stage_ranker import TwoStageRanker
from xenorec.recommend.shop_data import ShopData


def refreshed(
    ranker: TwoStageRanker,
    spread: Mapping[str, FeatureDistribution],
    shop: ShopData,
    learned_at: datetime,
) -> tuple[TwoStageRanker, pd.DataFrame]:
    """Return the ranker in the shop as it is now, and how far that has drifted from then.

    ``spread``: how the candidates were spread when the ranker learned. The one given stays as it
    is. Raises BadInput for an instant before the one that it learned at, and when the shop lacks a
    feature that a stage reads.
    """
    as_of = shop.purchases.as_of
    if as_of < learned_at:
        raise BadInput(
            f"as_of is {as_of.isoformat()}, yet the model learned from rows up to "
            f"{learned_at.isoformat()}: it would know what came later. Give a later as_of, "
            "or fit at this one."
        )
    fresh = _looking_at(ranker, shop)
    now = candidates_of(fresh)
    _check_features(fresh, now)
    return fresh, drift_frame(fresh, spread, now)


def _looking_at(ranker: TwoStageRanker, shop: ShopData) -> TwoStageRanker:
    fresh = copy(ranker)
    fresh.view_ = ranker.view(shop)
    return fresh


def _check_features(ranker: TwoStageRanker, now: Mapping[str, CandidateFeatures]) -> None:
    for name, stage in stages_of(ranker).items():
        missing = sorted(set(stage.model.names) - now[name].found.keys())
        if missing:
            raise BadInput(
                f"The {name} model reads {', '.join(missing)}, which this release does not work "
                "out (any more) for this shop. Fit the recommender again."
            )
