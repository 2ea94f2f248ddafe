"""Boosted trees over the features, taught at past instants whose days after are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.modeling.boosting import BoostedModel, BoostingSettings, sigmoid
from xenorec.modeling.landmarks import TrainingSet, chance_at, id_chance, landmarks
from xenorec.modeling.metrics.probability_metrics import log_loss
from xenorec.timing.replenishment.gap_models import habit_of
from xenorec.timing.replenishment.item_features import ANCHOR, features
from xenorec.timing.replenishment.item_purchases import ItemPurchases
from xenorec.timing.replenishment.item_statistics import measure_items

BOOSTING = BoostingSettings(n_trees=200, learning_rate=0.06, n_leaves=15, least=100, features=0.3)
SHADOW = BoostingSettings(n_trees=60, learning_rate=0.12, n_leaves=15, least=100, features=0.3)
STEP = 14.0
N_LANDMARKS = 6
WARM_UP = 56.0
"""Days of the shop before the first instant that is learned from."""
MOST_ROWS, MOST_SHADOW = 400_000, 60_000
LEAST_BOUGHT = 300
"""Purchases that must have been seen from past instants before anything is learned."""


@dataclass(frozen=True, eq=False)
class ReplenishmentLearner:
    """``model`` speaks of the next ``ANCHOR`` days.

    ``gain``: by how many nats a row of the latest window was told better than by the gap model, by
    a smaller model that had not seen it.
    """

    model: BoostedModel
    gain: float

    def p(self, found: dict[str, Singles]) -> Floats:
        """Return the chance of a purchase in the next ``ANCHOR`` days of each row."""
        return sigmoid(self.model.margin(found))


def learn(bought: ItemPurchases, least: int) -> tuple[ReplenishmentLearner | None, str]:
    """Return a learner of pairs bought on ``least`` days or more, or None and why not."""
    start = float(bought.pairs.at.min(initial=bought.now))
    latest, earliest = bought.now - ANCHOR, start + WARM_UP
    instants = landmarks(latest, step=STEP, earliest=earliest, most=N_LANDMARKS)
    if not instants:
        return None, f"The lines span less than {WARM_UP + ANCHOR:.0f} days"
    parts = [_rows_at(bought, at, least, MOST_ROWS / len(instants)) for at in instants]
    if _n_bought(parts) < LEAST_BOUGHT:
        return None, f"Fewer than {LEAST_BOUGHT} purchases could be learned from"
    gain = _gain(parts[0], parts[1:])
    if gain <= 0 and len(parts) > 1:
        return None, "On the latest window the gaps alone told as well"
    return ReplenishmentLearner(TrainingSet.concatenate(parts).fit(BOOSTING), gain), ""


def _gain(latest: TrainingSet, earlier: list[TrainingSet]) -> float:
    """Return what a model of the earlier windows gains on the latest."""
    if not len(latest) or _n_bought(earlier) < LEAST_BOUGHT:
        return 0.0
    rows = TrainingSet.concatenate(earlier)
    shadow = rows.take(slice(None, None, -(-len(rows) // MOST_SHADOW))).fit(SHADOW)
    p, happened = sigmoid(shadow.margin(latest.features)), latest.label.astype(np.float64)
    return log_loss(latest.others["plain"], happened) - log_loss(p, happened)


def _n_bought(parts: list[TrainingSet]) -> int:
    return sum(part.n_positive for part in parts)


def _rows_at(bought: ItemPurchases, at: float, least: int, most: float) -> TrainingSet:
    """Return the pairs known at a landmark; ``plain`` is what the gap model says of each."""
    past = bought.until(at)
    shop, rows = measure_items(past), np.flatnonzero(past.pairs.n >= least)
    rows = rows[_chance(past, rows, at) < most / max(len(rows), 1)]
    pairs = past.pairs.take(rows)
    habit = habit_of(pairs, at, shop.n_items)
    plain = np.clip(shop.gaps.p_within(habit, ANCHOR), 1e-6, 1 - 1e-6)
    label = _bought_after(bought, pairs.key, at)
    return TrainingSet(features(past, shop, rows), label, np.ones(len(label)), {"plain": plain})


def _bought_after(bought: ItemPurchases, key: Ints, at: float) -> Bools:
    wait = bought.pairs.first_after(at)[np.searchsorted(bought.pairs.key, key)]
    return np.asarray(wait <= ANCHOR, dtype=bool)


def _chance(bought: ItemPurchases, rows: Ints, at: float) -> Floats:
    """Return a number in [0, 1) per row, the same whoever else is there."""
    key, n_items = bought.pairs.key[rows], max(len(bought.items), 1)
    shares = id_chance(bought.customers)[key // n_items] + id_chance(bought.items)[key % n_items]
    return chance_at(shares, at)
