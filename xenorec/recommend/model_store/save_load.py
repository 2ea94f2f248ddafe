"""Save and load: a fitted model to a folder and back, answering the same byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from inspect import signature
from pathlib import Path
from typing import Any, Protocol, TypeVar

from xenorec.modeling.persistence import (
    load_model,
    readable,
    save_model,
    saved_name,
    versions,
)
from xenorec.recommend.model_store.candidate_features import stages_of
from xenorec.recommend.model_store.recommender_manifest import RecommenderManifest
from xenorec.recommend.model_store.saved_classes import REGISTRY
from xenorec.recommend.ranker.two_stage_ranker import TwoStageRanker
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import instant_of

MADE_AGAIN = ("_speaker",)
"""What a recommender makes from the rest when it is loaded: it holds the shipped wordings."""


class FittedRecommender(Protocol):
    """A fitted model of products: what its manifest is written from."""

    as_of_: datetime
    learned_at_: datetime

    @property
    def ranker_(self) -> TwoStageRanker:
        """What gives the products of a customer their probability."""

    @property
    def shop(self) -> ShopData:
        """The shop as it was read last."""


Recommender = TypeVar("Recommender", bound=FittedRecommender)


def save(model: FittedRecommender, folder: Path) -> Path:
    """Write a fitted model to a folder; raises NotSupported for what cannot be saved."""
    return save_model(model, folder, describe(model), REGISTRY, without=MADE_AGAIN)


def load(
    of: type[Recommender], folder: Path, complete: Callable[[Recommender], None]
) -> Recommender:
    """Return the model of a folder that ``save`` wrote; raises ModelFileError.

    ``complete`` makes again what a model does not save, and raises where anything is missing.
    """
    return load_model(of, folder, RecommenderManifest, REGISTRY, complete)


def describe(model: FittedRecommender) -> RecommenderManifest:
    """Return what the manifest says, without its files."""
    purchases, ranker = model.shop.purchases, model.ranker_
    named = signature(type(model)).parameters
    return RecommenderManifest(
        versions=versions(),
        as_of=model.as_of_.isoformat(),
        learned_as_of=model.learned_at_.isoformat(),
        first_line_at=instant_of(purchases.since).isoformat(),
        last_line_at=instant_of(purchases.orders.at.max()).isoformat(),
        n_customers=len(purchases.customers),
        n_products=len(purchases.products),
        n_orders=len(purchases.orders),
        n_lines=len(purchases.order),
        within_days=ranker.within / timedelta(days=1),
        settings={name: readable(getattr(model, name)) for name in named},
        features={name: list(stage.model.names) for name, stage in stages_of(ranker).items()},
        scorers=[_settings_of(scorer) for scorer in ranker.scorers],
        figures=getattr(model, "figures_", None),
        files={},
        of=type(model).__name__,
    )


def _settings_of(scorer: Any) -> Mapping[str, Any]:
    settings = {f.name: readable(getattr(scorer, f.name)) for f in fields(scorer)}
    return {"kind": saved_name(type(scorer)), **settings}
