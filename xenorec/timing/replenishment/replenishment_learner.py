"""Boosted trees over the features, taught at past instants whose days after are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.modeling.boosting import BoostedModel, BoostingSettings, fit_model
from xenorec.modeling.metrics.probability_metrics import log_loss
from xenorec.timing.replenishment.gap_models import habit_of
from xenorec.timing.replenishment.item_features import ANCHOR, features
from xenorec.timing.replenishment.item_purchases import ItemPurchases
from xenorec.timing.replenishment.item_statistics import look
from xenorec.timing.training_samples import chances

BOOSTING = BoostingSettings(n_trees=200, learning_rate=0.06, n_leaves=15, least=100, features=0.3)
SHADOW = BoostingSettings(n_trees=60, learning_rate=0.12, n_leaves=15, least=100, features=0.3)
STEP = 14.0
N_LOOKS = 6
WARM_UP = 56.0
"""Days of the shop before the first instant that is learned from."""
MOST_ROWS, MOST_SHADOW = 400_000, 60_000
LEAST_BOUGHT = 300
"""Purchases that must have been seen from past instants before anything is learned."""
GOLDEN = 0.6180339887498949
"""Spreads chance anew at each instant, so that each has other pairs."""


class ReplenishmentTrainingSet(NamedTuple):
    """Rows to learn from: features by name, whether it was bought, and what the gap model says."""

    found: dict[str, Singles]
    bought: Bools
    plain: Floats


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
    instants = [bought.now - ANCHOR - STEP * k for k in range(N_LOOKS)]
    instants = [at for at in instants if at >= start + WARM_UP]
    if not instants:
        return None, f"The lines span less than {WARM_UP + ANCHOR:.0f} days"
    looks = [_look(bought, at, least, MOST_ROWS / len(instants)) for at in instants]
    if _n_bought(looks) < LEAST_BOUGHT:
        return None, f"Fewer than {LEAST_BOUGHT} purchases could be learned from"
    gain = _gain(looks[0], looks[1:])
    if gain <= 0 and len(looks) > 1:
        return None, "On the latest window the gaps alone told as well"
    return ReplenishmentLearner(_fit(_together(looks), BOOSTING), gain), ""


def _gain(held: ReplenishmentTrainingSet, earlier: list[ReplenishmentTrainingSet]) -> float:
    """Return what a model of the earlier windows gains on the latest."""
    if not len(held.bought) or _n_bought(earlier) < LEAST_BOUGHT:
        return 0.0
    taught = _together(earlier)
    every = -(-len(taught.bought) // MOST_SHADOW)
    few = {name: values[::every] for name, values in taught.found.items()}
    shadow = _fit(
        ReplenishmentTrainingSet(few, taught.bought[::every], taught.plain[::every]), SHADOW
    )
    p, happened = sigmoid(shadow.margin(held.found)), held.bought.astype(np.float64)
    return log_loss(held.plain, happened) - log_loss(p, happened)


def _n_bought(looks: list[ReplenishmentTrainingSet]) -> int:
    return sum(int(each.bought.sum()) for each in looks)


def _together(looks: list[ReplenishmentTrainingSet]) -> ReplenishmentTrainingSet:
    looks = [each for each in looks if len(each.bought)]
    found = {name: np.concatenate([each.found[name] for each in looks]) for name in looks[0].found}
    others = (np.concatenate(parts) for parts in zip(*(each[1:] for each in looks), strict=True))
    return ReplenishmentTrainingSet(found, *others)


def _fit(taught: ReplenishmentTrainingSet, boosting: BoostingSettings) -> BoostedModel:
    return fit_model(taught.found, taught.bought, np.ones(len(taught.bought)), boosting)


def _look(bought: ItemPurchases, at: float, least: int, most: float) -> ReplenishmentTrainingSet:
    past = bought.until(at)
    shop, rows = look(past), np.flatnonzero(past.pairs.n >= least)
    rows = rows[_chance(past, rows, at) < most / max(len(rows), 1)]
    pairs = past.pairs.take(rows)
    habit = habit_of(pairs, at, shop.n_items)
    plain = np.clip(shop.gaps.p_within(habit, ANCHOR), 1e-6, 1 - 1e-6)
    return ReplenishmentTrainingSet(
        features(past, shop, rows), _bought_after(bought, pairs.key, at), plain
    )


def _bought_after(bought: ItemPurchases, key: Ints, at: float) -> Bools:
    wait = bought.pairs.first_after(at)[np.searchsorted(bought.pairs.key, key)]
    return np.asarray(wait <= ANCHOR, dtype=bool)


def _chance(bought: ItemPurchases, rows: Ints, at: float) -> Floats:
    """Return a number in [0, 1) per row, the same whoever else is there."""
    key, n_items = bought.pairs.key[rows], max(len(bought.items), 1)
    shares = chances(bought.customers)[key // n_items] + chances(bought.items)[key % n_items]
    mixed: Floats = (shares + at * GOLDEN) % 1.0
    return mixed


def sigmoid(odds: Floats) -> Floats:
    """Return the probability of log-odds, kept away from 0 and 1."""
    p: Floats = 1 / (1 + np.exp(-np.clip(odds, -13.8, 13.8)))
    return p
