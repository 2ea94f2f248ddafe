"""The simple answer that curves of the week must beat: raw counts, drawn towards the shop's curve.

A customer's curve is (counts + pull * shop) / (n + pull): ``pull`` is the number of own events
that weigh as much as the shop. It maximises the Dirichlet-multinomial likelihood of all customers
(Minka 2000, "Estimating a Dirichlet distribution").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.local_time import HOURS
from xenorec.timing.send_time.week_curves import shop_curve
from xenorec.timing.send_time.weighted_counts import HourVisits, WeightedVisits, weigh

_FOREVER = 1e9
_PULL_RANGE = (1e-2, 1e6)
_NO_PULL_KNOWN = 50.0


@dataclass(frozen=True)
class ShrunkCounts:
    """Curves of 168 hours that sum to 1: ``shop``, and each customer's counts drawn to it."""

    evidence: WeightedVisits
    shop: Floats
    pull: float

    def of(self, rows: Ints) -> Floats:
        """Return one curve per position; the shop's for -1."""
        curves = np.tile(self.shop, (len(rows), 1))
        own = np.flatnonzero(rows >= 0)
        n = self.evidence.n[rows[own], None]
        counts = self.evidence.rows(rows[own]).toarray()
        curves[own] = (counts + self.pull * self.shop) / (n + self.pull)
        return curves


def shrink_counts(visits: HourVisits) -> ShrunkCounts:
    """Learn the shop's curve and the pull from ``visits``, all of one weight."""
    evidence = weigh(visits, half_life=_FOREVER, click=1.0)
    shop = shop_curve(evidence)
    return ShrunkCounts(evidence, shop, _best_pull(visits, evidence.n, shop))


def _best_pull(visits: HourVisits, n: Floats, shop: Floats) -> float:
    if not len(n) or n.max() < 1.5:
        return _NO_PULL_KNOWN  # one event each says nothing about how customers differ
    from scipy.optimize import minimize_scalar

    cell, count = np.unique(visits.code * HOURS + visits.hour, return_counts=True)
    low, high = np.log(_PULL_RANGE)
    found = minimize_scalar(
        lambda log_pull: -_log_likelihood(float(np.exp(log_pull)), cell % HOURS, count, n, shop),
        bounds=(low, high),
        method="bounded",
    )
    return float(np.exp(found.x))


def _log_likelihood(pull: float, hour: Ints, count: Ints, n: Floats, shop: Floats) -> float:
    """Dirichlet-multinomial log-likelihood, less what does not depend on ``pull``."""
    from scipy.special import gammaln

    prior = pull * shop[hour]
    whole = np.sum(gammaln(pull) - gammaln(pull + n))
    return float(whole + np.sum(gammaln(count + prior) - gammaln(prior)))
