"""Value by currency: all that was learned of the customers who buy in one currency."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.timing.lifetime_value.base_value import BaseValue, fit_base
from xenorec.timing.lifetime_value.prediction_intervals import (
    DEFAULT_DRIFT,
    PredictionSpread,
    VarianceOverTime,
    set_drift,
    spread,
    value_between,
    visits_between,
)
from xenorec.timing.lifetime_value.rate_blending import (
    USUAL,
    RateWeights,
    ValueFactors,
    best_weights,
    blend,
    plain,
)
from xenorec.timing.lifetime_value.rate_learner import learn
from xenorec.timing.lifetime_value.return_rates import kept_shares, margin_shares
from xenorec.timing.lifetime_value.spend_log import SpendDays, SpendLog, visits_of
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

LONGEST_LOOK = 365
SHORTEST_LOOK = 28
LEAST_LOOKED_AT = 50
MOST_LOOKED_AT = 20_000
DEFAULT = VarianceOverTime((28.0,), (DEFAULT_DRIFT,), (DEFAULT_DRIFT,))


@dataclass(frozen=True)
class ValueAnswer:
    """One entry per customer within a horizon; visits are days with an order."""

    n: Floats
    value: Floats
    n_from: Floats
    n_to: Floats
    value_from: Floats
    value_to: Floats

    def take(self, rows: Ints) -> ValueAnswer:
        """Return the entries at ``rows``."""
        return ValueAnswer(*(values[rows] for values in astuple(self)))


@dataclass(frozen=True)
class CurrencyValue:
    """The customers of one currency: ``ids`` in text order and one entry each.

    ``kept`` is what is left of their amounts after returns, ``margin`` the share of it that is the
    shop's (None when no margins were given), ``span`` the days that the data reach back.
    """

    ids: Texts
    base: BaseValue
    factors: ValueFactors
    weights: RateWeights
    drift: VarianceOverTime
    kept: Floats
    margin: Floats | None
    span: int
    notes: tuple[str, ...]

    def answer(self, days: float, rows: Ints | slice = slice(None)) -> ValueAnswer:
        """Return what the customers in ``rows`` will do within ``days``."""
        moments = self._moments(days, rows)
        return self._answer(moments, days)

    def of_the_shop(self, days: float) -> ValueAnswer:
        """Return one entry: a customer drawn at random."""
        if not len(self.ids):
            return self._nobody(days)
        return self._answer(self._moments(days, slice(None)).together(), days)

    @property
    def shop_margin(self) -> float:
        """The mean margin share of the customers; 0 without margins or customers."""
        known = self.margin is not None and len(self.margin) > 0
        return float(np.mean(self.margin)) if known and self.margin is not None else 0.0

    def _nobody(self, days: float) -> ValueAnswer:
        """Return the answer of a shop without customers: its default rate, and no money."""
        none = np.zeros(1)
        n = self.base.model.n_expected(RfmPatterns(none, none, none, none), days)
        moments = spread(n, none, variation=0.0, drift=self.drift.at(days))
        return self._answer(moments, days)

    def _moments(self, days: float, rows: Ints | slice) -> PredictionSpread:
        n = self.base.n_expected(days, rows)
        value = n * self.base.mean[rows] * self.factors.spend[rows] * self.kept[rows]
        drift = self.drift.at(days)
        visits = n * self.factors.visits[rows]
        return spread(visits, value, variation=self.base.variation, drift=drift)

    def _answer(self, moments: PredictionSpread, days: float) -> ValueAnswer:
        n_from, n_to = visits_between(moments.n, self.drift.at(days)[0])
        value_from, value_to = value_between(moments)
        return ValueAnswer(moments.n, moments.value, n_from, n_to, value_from, value_to)


def fit_worth(spending: SpendLog) -> CurrencyValue:
    """Learn from the rows of one currency; every customer has an order that is no return."""
    visits = visits_of(spending)
    base, kept = fit_base(visits), kept_shares(spending)
    weights, drift = _look_back(visits, spending.ids)
    rates = learn(visits, spending.ids) if base.can_learn else None
    notes = (*base.notes, *_young(visits.span))
    if rates is None and base.can_learn:
        notes = (*notes, "The history is too short to learn who buys more than before.")
    factors = plain(len(spending.ids)) if rates is None else blend(base, rates, weights)
    return CurrencyValue(
        ids=spending.ids,
        base=base,
        factors=factors,
        weights=weights,
        drift=drift,
        kept=kept,
        margin=margin_shares(spending),
        span=visits.span,
        notes=notes,
    )


def _young(span: int) -> tuple[str, ...]:
    """Return a sentence when a year ahead is more than half of what the data look back."""
    if span >= 2 * LONGEST_LOOK:
        return ()
    return (
        f"The data reach back {span:,} days: what is said of more than {span // 2:,} days ahead "
        "could not be checked against the past.",
    )


def _look_back(visits: SpendDays, ids: Texts) -> tuple[RateWeights, VarianceOverTime]:
    """Return the weights and the drift that were right for the latest half of the data."""
    days = min(LONGEST_LOOK, visits.span // 2)
    origin = visits.end - days
    known = visits.before(origin).per_customer() > 0
    if days < SHORTEST_LOOK or known.sum() < LEAST_LOOKED_AT:
        return USUAL, DEFAULT
    seen = visits.before(origin).of(known)
    base = fit_base(seen)
    rates = learn(seen, ids[known]) if base.can_learn else None
    n, spend = _after(visits, origin, days, known)
    weights, factors = USUAL, plain(len(n))
    if rates is not None:
        weights = best_weights(base, rates, days=float(days), visits=n, spend=spend)
        factors = blend(base, rates, weights)
    horizons = (days // 4, days // 2, days)
    drifts = [_drift(base, factors, h, *_after(visits, origin, h, known)) for h in horizons]
    of_visits, of_spend = zip(*drifts, strict=True)
    return weights, VarianceOverTime(tuple(float(h) for h in horizons), of_visits, of_spend)


def _after(visits: SpendDays, origin: int, days: int, known: Bools) -> tuple[Floats, Floats]:
    """Return the visits and the spend of the known customers in ``days`` from ``origin``."""
    until = visits.before(origin + days)
    later = (until.day >= origin).astype(np.float64)
    return until.per_customer(later)[known], until.per_customer(later * until.amount)[known]


def _drift(
    base: BaseValue, factors: ValueFactors, days: int, visits: Floats, spend: Floats
) -> tuple[float, float]:
    """Return the drifts with which the intervals would have held 80 % of the customers."""
    some = slice(None, None, len(visits) // MOST_LOOKED_AT + 1)
    told = base.n_expected(float(days), some)
    n, value = told * factors.visits[some], told * base.mean[some] * factors.spend[some]
    of_visits = set_drift(lambda d: visits_between(n, d), visits[some])

    def between(drift: float) -> tuple[Floats, Floats]:
        return value_between(spread(n, value, variation=base.variation, drift=(of_visits, drift)))

    return of_visits, set_drift(between, spend[some])
