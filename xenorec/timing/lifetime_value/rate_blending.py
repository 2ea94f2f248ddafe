"""How the learner's rates and the probability model become one answer for any horizon.

Both become factors on the base (expected visits, and those times the mean value), so that a
blended answer for any horizon is a product and needs nobody else's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats
from xenorec.timing.lifetime_value.base_value import BaseValue
from xenorec.timing.lifetime_value.rate_learner import CustomerRates

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
PRIOR_CUSTOMERS = 2_000
REFERENCE_DAYS = 28.0
MOST_FACTOR = 20.0


@dataclass(frozen=True)
class RateWeights:
    """The learner's share of the visits and of the spend, between 0 and 1."""

    visits: float
    spend: float


USUAL = RateWeights(0.75, 0.5)
"""What did well on average over past windows of a grocer."""


@dataclass(frozen=True)
class ValueFactors:
    """One entry per customer: what expected visits, and spend of the base, are multiplied by."""

    visits: Floats
    spend: Floats


def plain(n: int) -> ValueFactors:
    """Return factors of 1: the base's own answer."""
    return ValueFactors(np.ones(n), np.ones(n))


def blend(base: BaseValue, rates: CustomerRates, weights: RateWeights) -> ValueFactors:
    """Return the factors; the learner is first rescaled to the base's total.

    The spend is the mean of two answers: visits as blended times the mean value, and the
    learner's spend (``weights.spend``).
    """
    n = base.n_expected(REFERENCE_DAYS)
    visits = _weighted(_level(rates.visits, n), n, weights.visits)
    paid = n * base.mean
    spend = _weighted(_level(rates.spend, paid), visits * base.mean, weights.spend)
    return ValueFactors(_factor(visits, n), _factor(spend, paid))


def best_weights(
    base: BaseValue, rates: CustomerRates, *, days: float, visits: Floats, spend: Floats
) -> RateWeights:
    """Return the shares with the least mean absolute error in a past window of ``days``.

    Drawn to ``USUAL``, half way for ``PRIOR_CUSTOMERS``, as few cannot tell them apart sharply.
    """
    n = base.n_expected(days)
    trust = len(visits) / (len(visits) + PRIOR_CUSTOMERS)

    def best(truth: Floats, learned: list[Floats], usual: float) -> float:
        errors = [float(np.abs(answer - truth).mean()) for answer in learned]
        return trust * WEIGHTS[int(np.argmin(errors))] + (1 - trust) * usual

    counts = [n * _blended(base, rates, w, 0.0).visits for w in WEIGHTS]
    of_visits = best(visits, counts, USUAL.visits)
    paid = n * base.mean
    learned = [paid * _blended(base, rates, of_visits, w).spend for w in WEIGHTS]
    return RateWeights(of_visits, best(spend, learned, USUAL.spend))


def _blended(base: BaseValue, rates: CustomerRates, visits: float, spend: float) -> ValueFactors:
    return blend(base, rates, RateWeights(visits, spend))


def _level(learned: Floats, base: Floats) -> Floats:
    total = float(learned.sum())
    return learned * (float(base.sum()) / total) if total > 0 else base


def _weighted(learned: Floats, base: Floats, weight: float) -> Floats:
    mean: Floats = weight * learned + (1 - weight) * base
    return mean


def _factor(learned: Floats, base: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = learned / base
    return np.where(np.isfinite(factor), np.clip(factor, 0, MOST_FACTOR), 1.0)
