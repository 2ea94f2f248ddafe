"""Intervals: how far the visits and the spend of a customer may lie from what is expected.

Visits are negative binomial around the expectation: ``drift`` is the squared coefficient of
variation of the customer's true rate around the told one. Spend is 0 with the probability of no
visit and Gamma above, its variance that of as many orders plus the drift. The drifts are set so
that intervals would have held the wanted share in a past window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats

COVERAGE = 0.8
LOW, HIGH = (1 - COVERAGE) / 2, (1 + COVERAGE) / 2
DRIFTS = np.geomspace(0.005, 5.0, 41)
DEFAULT_DRIFT = 0.25


@dataclass(frozen=True)
class VarianceOverTime:
    """Squared coefficients of variation at each of ``days``, of visits and of spend.

    Between two horizons the drift is interpolated; before the first it is the first's, after the
    last it grows with the square root of the horizon.
    """

    days: tuple[float, ...]
    visits: tuple[float, ...]
    spend: tuple[float, ...]

    def at(self, days: float) -> tuple[float, float]:
        """Return the drift of visits and of spend at a horizon."""
        growth = float(np.sqrt(max(days / self.days[-1], 1.0)))
        visits, spend = (float(np.interp(days, self.days, v)) for v in (self.visits, self.spend))
        return visits * growth, spend * growth


@dataclass(frozen=True)
class PredictionSpread:
    """What is expected of each customer, and how far it spreads; the moments of an answer."""

    n: Floats
    value: Floats
    p_none: Floats
    variance: Floats

    def together(self) -> PredictionSpread:
        """Return one entry: a customer drawn at random."""
        total = self.variance.mean() + self.value.var()
        return PredictionSpread(
            *(np.array([x]) for x in (self.n.mean(), self.value.mean(), self.p_none.mean(), total))
        )


def visits_between(n: Floats, drift: float) -> tuple[Floats, Floats]:
    """Return the 10 % and 90 % quantiles of the number of visits."""
    from scipy.stats import nbinom

    shape, mean = 1 / drift, np.maximum(n, 1e-12)
    share = shape / (shape + mean)
    return np.asarray(nbinom.ppf(LOW, shape, share)), np.asarray(nbinom.ppf(HIGH, shape, share))


def spread(
    n: Floats, value: Floats, *, variation: float, drift: tuple[float, float]
) -> PredictionSpread:
    """Return the moments of the spend of customers with ``n`` visits and ``value`` expected."""
    of_visits, of_spend = drift
    p_none = (1 + of_visits * n) ** (-1 / of_visits)
    per_visit = (1 + variation**2) / np.maximum(n, 1e-12)
    return PredictionSpread(n, value, p_none, value**2 * (per_visit + of_spend))


def value_between(moments: PredictionSpread) -> tuple[Floats, Floats]:
    """Return the 10 % and 90 % quantiles of the spend."""
    from scipy.special import gammaincinv

    some = np.maximum(1 - moments.p_none, 1e-12)
    mean = moments.value / some
    second = (moments.variance + moments.value**2) / some
    variance = np.maximum(second - mean**2, 1e-12 * np.maximum(mean, 1e-12) ** 2)
    shape = np.clip(mean**2 / variance, 1e-6, 1e6)

    def at(q: float) -> Floats:
        inside = np.clip((q - moments.p_none) / some, 0, 1)
        found: Floats = gammaincinv(shape, inside) * mean / shape
        return np.where(moments.value > 0, found, 0.0)

    return at(LOW), at(HIGH)


def set_drift(between: Callable[[float], tuple[Floats, Floats]], truth: Floats) -> float:
    """Return the least drift whose intervals hold the wanted share of ``truth``.

    Visits come whole and many are none, so in a slow shop even the least drift holds more.
    """
    for drift in DRIFTS:
        if is_within_interval(*between(float(drift)), truth).mean() >= COVERAGE:
            return float(drift)
    return float(DRIFTS[-1])


def is_within_interval(low: Floats, high: Floats, truth: Floats) -> Bools:
    """Return whether each interval holds the truth, bounds included."""
    return np.asarray((low <= truth) & (truth <= high), dtype=bool)
