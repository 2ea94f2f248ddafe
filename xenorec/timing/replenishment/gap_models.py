"""Gap models: how long until a customer buys an item again, by empirical Bayes.

Each item has a gamma distribution of purchase rates over its customers; what a customer did so far
sharpens it (Poisson-gamma). The modified form counts the time since the last purchase as it stands
to the customer's usual gap, so that the rate is low right after a purchase and highest when that
gap is over (Bhagat, Muralidharan, Lobzhanidze and Vishwanath 2018, "Buy It Again", KDD).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.replenishment.purchase_series import PurchaseSeries

STRENGTH = 20.0
"""Customers whose weight the shop has in the distribution of each item."""
ROUNDS = 30
LEAST, MOST = 1e-4, 1e4
ANY_RATE = (0.5, 90.0)
"""Shape and days where nothing was ever bought again: a purchase in 180 days."""


class PairHistory(NamedTuple):
    """Of each pair: the item, purchases after the first, days to the last one, and since it."""

    item: Ints
    again: Floats
    active: Floats
    silence: Floats

    @property
    def age(self) -> Floats:
        """Days since the first purchase."""
        return self.active + self.silence


@dataclass(frozen=True, eq=False)
class GapModel:
    """Rates per day are gamma distributed: ``shape`` and ``days`` (inverse scale) of each item."""

    shape: Floats
    days: Floats

    def p_within(self, habit: PairHistory, days: Floats | float) -> Floats:
        """Return the chance of a purchase in the next ``days`` (Poisson-gamma)."""
        return self._p(habit, habit.age, days)

    def p_within_modified(self, habit: PairHistory, days: Floats | float) -> Floats:
        """Return the same with the refractory time of the modified form."""
        return self._p(habit, self._effective(habit), days)

    def _p(self, habit: PairHistory, seen: Floats, days: Floats | float) -> Floats:
        shape, scale = self.shape[habit.item] + habit.again, self.days[habit.item] + seen
        return np.asarray(-np.expm1(-shape * np.log1p(days / scale)), dtype=np.float64)

    def _effective(self, habit: PairHistory) -> Floats:
        gap = habit.active / np.maximum(habit.again, 1.0)
        waited = np.where(habit.silence < 2 * gap, 2 * np.abs(gap - habit.silence), habit.silence)
        return np.asarray(habit.active + waited, dtype=np.float64)


def habit_of(pairs: PurchaseSeries, now: float, n_items: int) -> PairHistory:
    """Return what is known of each pair at ``now``, in days."""
    again = pairs.n.astype(np.float64) - 1
    return PairHistory(pairs.key % n_items, again, pairs.last - pairs.first, now - pairs.last)


def fit_gaps(habit: PairHistory, n_items: int) -> GapModel:
    """Return the distribution of each item, by expectation and maximisation over its customers.

    All customers of an item count, those who never bought it again too. An item with few is
    mostly like the shop.
    """
    again, age = float(habit.again.sum()), float(habit.age.sum())
    if again <= 0 or age <= 0:
        return GapModel(*(np.full(n_items, value) for value in ANY_RATE))
    shape = np.full(n_items, ANY_RATE[0])
    days = shape * age / again
    weight: Floats = np.bincount(habit.item, minlength=n_items) + np.float64(STRENGTH)
    for _ in range(ROUNDS):
        shape, days = _round(habit, shape, days, weight)
    return GapModel(shape, days)


def _round(
    habit: PairHistory, shape: Floats, days: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    from scipy.special import digamma

    now_shape, now_days = shape[habit.item] + habit.again, days[habit.item] + habit.age
    rate, log_rate = now_shape / now_days, digamma(now_shape) - np.log(now_days)
    mean, log_mean = (_pooled(habit.item, values, weight) for values in (rate, log_rate))
    new = _shape(np.maximum(np.log(mean) - log_mean, 1e-6))
    return new, new / mean


def _pooled(item: Ints, values: Floats, weight: Floats) -> Floats:
    total = np.bincount(item, values, minlength=len(weight)) + STRENGTH * values.mean()
    return np.asarray(total / weight, dtype=np.float64)


def _shape(spread: Floats) -> Floats:
    """Return the gamma shape whose log mean less mean log is ``spread``.

    Right to 1.5 % (Minka 2002).
    """
    shape = (3 - spread + np.sqrt((spread - 3) ** 2 + 24 * spread)) / (12 * spread)
    return np.clip(shape, LEAST, MOST)
