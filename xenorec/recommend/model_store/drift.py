"""Drift: how far the shop has moved from the one that a model was learned in."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd

from xenorec.array_types import Floats
from xenorec.errors import XenorecWarning
from xenorec.recommend.model_store.feature_distribution import (
    CandidateFeatures,
    FeatureDistribution,
    shares,
    stages_of,
)
from xenorec.recommend.ranker.two_stage_ranker import RankingStage, TwoStageRanker

LOOK, ACT = 0.1, 0.25
IMPORTANT = 0.02
"""The share of a stage's gain from which a feature counts."""
LEAST = 1e-4
HALF = 0.5
"""An empty part is taken as half an independent value, for a logarithm of nothing says nothing."""
CHANCE = 0.999
"""How surely chance stays below ``psi_by_chance``: some fifty features are looked at together."""

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


def psi(then: Floats, now: Floats, least: float = LEAST) -> float:
    """Return the population stability index of two distributions over the same parts.

    The sum over the parts of (now - then) * log(now / then), 0 or more: what Kullback and Leibler
    (1951) call the divergence. A share below ``least`` counts as that. From .1 on it is usual to
    look, from .25 on to act (Siddiqi 2006, "Credit Risk Scorecards").

    >>> round(psi(np.array([0.5, 0.5]), np.array([0.8, 0.2])), 3)
    0.416
    """
    one, two = np.maximum(then, least), np.maximum(now, least)
    return float(np.sum((two - one) * np.log(two / one)))


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
    at = then.names.index(feature)
    before, after = then.shares[at], shares(now.found[feature], then.edges[at])
    n_then, n_now = int(then.n_units[at]), now.n_units(feature)
    n_parts = int(((before > 0) | (after > 0)).sum())
    return {
        "stage": stage,
        "feature": feature,
        "importance": importance,
        "psi": psi(before, after, max(HALF / max(min(n_then, n_now), 1), LEAST)),
        "psi_by_chance": _by_chance(n_parts, n_then, n_now),
        "share_nan": float(after[-1]),
        "share_nan_then": float(before[-1]),
        "is_natural": feature.endswith(NATURAL),
    }


def _by_chance(n_parts: int, n_then: int, n_now: int) -> float:
    """Return what 999 of 1,000 pairs of samples stay below (Yurdakul and Naranjo 2020)."""
    from scipy.stats import chi2

    if n_parts < 2:
        return 0.0
    units = 1 / max(n_then, 1) + 1 / max(n_now, 1)
    return float(chi2.ppf(CHANCE, n_parts - 1) * units)
