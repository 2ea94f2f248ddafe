"""Rate learner: boosted trees that learn at past origins how much a customer buys per day.

It knows no horizon: it tells rates, and only who buys more than whom is taken from it. Level and
horizon come from the probability model (Base).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.array_types import Bools, Floats, Texts
from xenorec.modeling.landmarks import TrainingSet, id_chance, landmarks
from xenorec.modeling.parallel import in_threads, one_openmp_thread
from xenorec.timing.lifetime_value.spend_log import SpendDays
from xenorec.timing.lifetime_value.value_features import habits

MOST_ROWS = 200_000
LEAST_VISITS = 300
"""Visits that must have followed the origins before anything is learned of them."""

WARM_UP = 28
HORIZON = (28, 90)
MOST_ORIGINS = 13
TREES = 80
SEEDS = 2
LEAST_SHARE = 0.7
"""The median is left aside where it tells less than this share of the total: most buy nothing."""


@dataclass(frozen=True)
class CustomerRates:
    """What was learned of each customer, per day: visits and spend."""

    visits: Floats
    spend: Floats


def learn(visits: SpendDays, ids: Texts) -> CustomerRates | None:
    """Return each customer's learned rates, or None when too little can be learned from."""
    origins = origins_of(visits)
    if not origins:
        return None
    rows = training_set(visits.of(_sample(ids, len(origins))), origins)
    if float(np.sum(rows.label * rows.others["days"])) < LEAST_VISITS:
        return None
    now = habits(visits)
    return CustomerRates(
        _levelled_mean(rows.features["habits"], rows.label, now, rooted=True),
        _levelled_mean(rows.features["habits"], rows.others["spend"], now, rooted=False),
    )


def origins_of(visits: SpendDays) -> list[int]:
    """Return the past days to learn from, latest first: at most 13, evenly apart."""
    span = visits.span
    latest = span - int(np.clip(span // 8, *HORIZON))
    step = max(14, -(-(latest - WARM_UP) // (MOST_ORIGINS - 1)))
    return [int(visits.end - span + day) for day in landmarks(latest, step=step, earliest=WARM_UP)]


def training_set(visits: SpendDays, origins: list[int]) -> TrainingSet:
    """Return one row per customer and origin; the window after it is at most half the span.

    The label is visits per day of the window; ``spend`` per day and ``days`` are the others.
    """
    longest = max(visits.span // 2, 1)
    windows = [(origin, min(longest, visits.end - origin)) for origin in origins]
    return TrainingSet.concatenate([_rows_at(visits, *window) for window in windows])


def _rows_at(visits: SpendDays, origin: int, days: int) -> TrainingSet:
    before = visits.before(origin)
    known = before.per_customer() > 0
    after = visits.before(origin + days)
    later = after.day >= origin
    counts = after.per_customer(later.astype(np.float64))[known] / days
    spends = after.per_customer(later * after.amount)[known] / days
    others = {"spend": spends, "days": np.full(len(counts), float(days))}
    return TrainingSet({"habits": habits(before.of(known))}, counts, np.ones(len(counts)), others)


def _sample(ids: Texts, n_origins: int) -> Bools:
    """Return a part of the customers, by hash of the id, so that the rows stay within bounds."""
    share = MOST_ROWS / max(len(ids) * n_origins, 1)
    if share >= 1:
        return np.ones(len(ids), dtype=bool)
    return np.asarray(id_chance(ids) < share, dtype=bool)


def _levelled_mean(seen: Floats, rate: Floats, now: Floats, *, rooted: bool) -> Floats:
    """Return the mean of what each loss tells, all drawn to the level of the expectation."""
    expected = _fitted("poisson", seen, rate, now)
    total = float(expected.sum())
    answers = [expected, _fitted("absolute_error", seen, rate, now)]
    if rooted:
        answers.append(_fitted("squared_error", seen, np.sqrt(rate), now) ** 2)
    kept = [answer for answer in answers if answer.sum() >= LEAST_SHARE * total]
    levelled = [answer * (total / answer.sum()) for answer in kept if answer.sum() > 0]
    return np.mean(levelled, axis=0) if levelled else expected


def _fitted(loss: str, seen: Floats, rate: Floats, now: Floats) -> Floats:
    """Return what trees of this loss tell of ``now``, the mean of ``SEEDS`` growths."""
    unit = float(rate.mean())
    if unit <= 0:
        return np.zeros(len(now))
    grown = in_threads(lambda seed: _fit_trees(loss, seen, rate / unit, seed), range(SEEDS))
    answers = [trees.predict(now) for trees in grown]
    mean: Floats = np.maximum(np.mean(answers, axis=0), 0) * unit
    return mean


def _fit_trees(loss: str, seen: Floats, rate: Floats, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    trees = HistGradientBoostingRegressor(
        loss=loss,
        learning_rate=0.06,
        max_iter=TREES,
        max_leaf_nodes=8,
        min_samples_leaf=60,
        l2_regularization=5.0,
        max_features=0.25,
        max_bins=64,
        early_stopping=False,
        random_state=seed,
    )
    with one_openmp_thread():
        return trees.fit(seen, rate)  # weights by length of window would make it ten times slower
