"""Refresh: what a model learned stays, and the shop is read anew."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import pandas as pd

from xenorec.errors import BadInput
from xenorec.recommend.model_store.drift import drift_frame, warn_of
from xenorec.recommend.model_store.feature_distribution import (
    CandidateFeatures,
    candidates_of,
    stages_of,
)
from xenorec.recommend.ranker.two_stage_ranker import TwoStageRanker
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import AsOf

if TYPE_CHECKING:
    from xenorec.recommend.shelf_recommender import ShelfRecommender


def renew(model: ShelfRecommender, source: Any, products: Any | None, as_of: AsOf) -> None:
    """Let the model read the shop anew, and warn of drift; an error leaves it as it was."""
    fresh, frame = renewed(model, source, products, as_of)
    warn_of(frame, model.learned_at_)
    vars(model).update(vars(fresh))


def renewed(
    model: ShelfRecommender, source: Any, products: Any | None, as_of: AsOf
) -> tuple[ShelfRecommender, pd.DataFrame]:
    """Return the model in the shop as it is now, and how far that has drifted from then.

    The model given stays as it is. Raises BadInput for an instant before the one that the model
    learned at, and when the shop lacks a feature that a stage reads.
    """
    fresh, frame = looked(model, source, products, as_of)
    fresh._know()
    return fresh, frame


def looked(
    model: ShelfRecommender, source: Any, products: Any | None, as_of: AsOf
) -> tuple[ShelfRecommender, pd.DataFrame]:
    """Return the same, of a copy that knows of the shop only what its ranker needs."""
    model._fitted()
    fresh = copy(model)
    fresh._read(source, products, as_of)
    if fresh.as_of_ < model.learned_at_:
        raise BadInput(
            f"as_of is {fresh.as_of_.isoformat()}, yet the model learned from rows up to "
            f"{model.learned_at_.isoformat()}: it would know what came later. Give a later as_of, "
            "or fit at this one."
        )
    fresh.ranker_ = _looking_at(model.ranker_, fresh._shop)
    now = candidates_of(fresh.ranker_)
    _check_features(fresh.ranker_, now)
    return fresh, drift_frame(fresh.ranker_, fresh.spread_, now)


def _looking_at(ranker: TwoStageRanker, shop: ShopData) -> TwoStageRanker:
    fresh = copy(ranker)
    fresh.view_ = ranker.view(shop)
    return fresh


def _check_features(ranker: TwoStageRanker, now: dict[str, CandidateFeatures]) -> None:
    for name, stage in stages_of(ranker).items():
        missing = sorted(set(stage.model.names) - now[name].found.keys())
        if missing:
            raise BadInput(
                f"The {name} model reads {', '.join(missing)}, which this release does not work "
                "out (any more) for this shop. Fit the recommender again."
            )
