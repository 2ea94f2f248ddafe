"""Drift: how far the shop has moved from the one that a model was learned in."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd

from xenorec.errors import XenorecWarning
from xenorec.modeling.drift import ACT, FeatureDistribution
from xenorec.recommend.model_store.candidate_features import CandidateFeatures, stages_of
from xenorec.recommend.ranker.two_stage_ranker import RankingStage, TwoStageRanker

IMPORTANT = 0.02
"""The share of a stage's gain from which a feature counts."""

NATURAL = (
    *("_n", "_n_orders", "_n_products", "_n_buyers", "_first", "_days_sold"),
    *("_per_buyer", "_again", "_repeats", "_year_ago"),
    *("_rise_7", "_rise_28"),
)
"""Endings of features that move by nature, and ask for nothing when they do.

All but the last count the whole past, or need a year of it: they grow with every day. The last are
what is special about one week or month of the whole shop.
"""

COLUMNS = [
    *("stage", "feature", "importance", "psi", "psi_by_chance"),
    *("share_nan", "share_nan_then", "is_natural"),
]


def drift_frame(
    ranker: TwoStageRanker,
    then: Mapping[str, FeatureDistribution],
    now: Mapping[str, CandidateFeatures],
) -> pd.DataFrame:
    """Return one row per feature of the learned stages, of each stage the most important first."""
    rows = [
        row
        for name, stage in stages_of(ranker).items()
        for row in _rows(name, stage, then[name], now[name])
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def drifted(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows to act on: important, above .25 and above chance, and not by nature."""
    counts = (frame["importance"] >= IMPORTANT) & ~frame["is_natural"].astype(bool)
    return frame[counts & (frame["psi"] > ACT) & (frame["psi"] > frame["psi_by_chance"])]


def warn_of(frame: pd.DataFrame, learned_at: datetime) -> None:
    """Warn with the code ``model-drift`` where there is something to act on."""
    moved = drifted(frame)
    if moved.empty:
        return
    told = [f"{row.feature} ({row.stage}) {row.psi:.2f}" for row in moved.itertuples()]
    warnings.warn(
        f"model-drift: candidates are not what they were when the model was learned, "
        f"{learned_at:%Y-%m-%d}: {', '.join(told)}; a population stability index above {ACT} "
        "asks for action. See that the data is loaded as it was, then fit again.",
        XenorecWarning,
        stacklevel=3,
    )


def warn_of_nothing(frame: pd.DataFrame) -> None:
    """Warn with the code ``drift-nothing-learned`` where there is nothing that could drift."""
    if frame.empty:
        warnings.warn(
            "drift-nothing-learned: the shop was too small for models that learn, so plain rules "
            "are used, which read the shop as it is each time: nothing can drift and the table is "
            "empty. Fit again when there are more orders.",
            XenorecWarning,
            stacklevel=3,
        )


def _rows(
    name: str, stage: RankingStage, then: FeatureDistribution, now: CandidateFeatures
) -> list[dict[str, object]]:
    model = stage.model
    ranked = np.argsort(-model.importance, kind="stable")
    return [
        _row(name, model.names[at], float(model.importance[at]), then, now)
        for at in ranked.tolist()
    ]


def _row(
    stage: str, feature: str, importance: float, then: FeatureDistribution, now: CandidateFeatures
) -> dict[str, object]:
    moved = then.drift(feature, now.found[feature], now.n_units(feature))
    about = {"stage": stage, "feature": feature, "importance": importance}
    return {**about, **moved, "is_natural": feature.endswith(NATURAL)}
