"""Fitted recommenders that several tests look at: with boosted stages, and with plain rules."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

import xenorec as xr
from tests.unit.recommend.shops import checkerboard
from xenorec.config.durations import span
from xenorec.modeling.boosting import BoostingSettings
from xenorec.recommend import ShelfRecommender
from xenorec.recommend.model_store.candidate_features import spreads_of
from xenorec.recommend.ranker.training_rows import Sampling
from xenorec.recommend.ranker.two_stage_ranker import TwoStageRanker
from xenorec.recommend.scorers import Ease
from xenorec.testing import InventedShop, invented_shop

AS_OF = "2017-07-01"


@lru_cache(maxsize=1)
def grocer() -> InventedShop:
    return invented_shop(30, n_days=250)


@lru_cache(maxsize=1)
def grocery() -> xr.Workspace:
    crm = xr.open(":memory:")
    crm.load(dict(grocer().frames))
    return crm


def boosted(**settings: Any) -> ShelfRecommender:
    """A recommender whose two stages are few small trees, so that it is learned in a moment."""
    model = ShelfRecommender(**settings).fit(grocery().history(AS_OF))
    model.ranker_ = TwoStageRanker(
        span(model.within),
        [Ease(2000, only_new=True, with_reasons=False)],
        Sampling(least=20),
        BoostingSettings(20, least=10),
        BoostingSettings(20, n_leaves=8, least=10),
    ).fit(model._shop)
    model.spread_ = spreads_of(model.ranker_)
    model._know()
    return model


@lru_cache(maxsize=1)
def of_grocer() -> ShelfRecommender:
    """The boosted recommender; whoever looks at it changes nothing."""
    return boosted()


def plain() -> ShelfRecommender:
    """A recommender of a shop too small for anything but plain rules."""
    return ShelfRecommender(n_items=2, min_items=1).fit(checkerboard())


def answers(model: ShelfRecommender) -> dict[str, Any]:
    """All that a recommender can be asked, also about somebody unknown and with exclusions."""
    names = model._shop.purchases.products
    asked = [*model._people.known.ids[:12], "nobody"]
    closed = pd.DataFrame({"customer_id": [None, asked[0]], "product_id": names[:2]})
    return {
        "recommend": model.recommend(n=7),
        "only_new": model.recommend(asked, 5, only_new=True),
        "excluded": model.recommend(asked, 5, exclude=closed),
        "shelves": model.shelves(asked),
        "pairs": model.pairs(min_count=2),
        "popular": model.popular(),
        "in_store": model.popular(str(next(iter(model._shop.purchases.stores), "none"))),
        **{f"{who}/{of}": model.explain(who, of) for who in asked[::4] for of in names[:4]},
    }


def assert_same_answers(one: ShelfRecommender, two: ShelfRecommender) -> None:
    for (name, first), second in zip(answers(one).items(), answers(two).values(), strict=True):
        if isinstance(first, pd.DataFrame):
            assert len(first), name
            pd.testing.assert_frame_equal(first, second, check_exact=True, obj=name)
        else:
            assert first == second, name
