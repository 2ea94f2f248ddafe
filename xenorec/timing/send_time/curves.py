"""The shop's curve over the week, and how far a customer's own curve is drawn towards it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.numbers import Floats, Ints
from xenorec.timing.local_time import HOURS
from xenorec.timing.send_time.counts import HourCounts

PRIOR_PER_HOUR = 0.5
"""Jeffreys' half event an hour: no hour of the shop's curve is zero."""

_PULL_RANGE = (1e-2, 1e6)
_NO_PULL_KNOWN = 50.0


@dataclass(frozen=True)
class HourCurves:
    """Curves of 168 hours that sum to 1: ``shop``, and each customer's own, shrunk to it.

    A customer's curve is (counts + pull * shop) / (n + pull): ``pull`` is the number of own
    events that weigh as much as the shop. It maximises the Dirichlet-multinomial likelihood of
    all customers (Minka 2000, "Estimating a Dirichlet distribution").
    """

    counts: HourCounts
    shop: Floats
    pull: float

    def of(self, rows: Ints) -> Floats:
        """Return one curve per position; the shop's for -1."""
        n = np.where(rows >= 0, self.counts.n[rows] if len(self.counts.n) else 0, 0)
        curves: Floats = self.counts.dense(rows) + self.pull * self.shop
        return curves / (n + self.pull)[:, None]

    def at(self, rows: Ints, hours: Ints) -> Floats:
        """Return the probability of each (position, hour) pair."""
        n = np.where(rows >= 0, self.counts.n[rows] if len(self.counts.n) else 0, 0)
        p: Floats = (self.counts.at(rows, hours) + self.pull * self.shop[hours]) / (n + self.pull)
        return p


def fit_curves(counts: HourCounts) -> HourCurves:
    """Learn the shop's curve and the pull from ``counts``."""
    total = np.bincount(counts.cell % HOURS, weights=counts.count, minlength=HOURS)
    shop = (total + PRIOR_PER_HOUR) / (total.sum() + HOURS * PRIOR_PER_HOUR)
    return HourCurves(counts, shop, _best_pull(counts, shop))


def _best_pull(counts: HourCounts, shop: Floats) -> float:
    if not len(counts.n) or counts.n.max() < 2:
        return _NO_PULL_KNOWN  # one event each says nothing about how customers differ
    from scipy.optimize import minimize_scalar

    low, high = np.log(_PULL_RANGE)
    found = minimize_scalar(
        lambda log_pull: -_log_likelihood(float(np.exp(log_pull)), counts, shop),
        bounds=(low, high),
        method="bounded",
    )
    return float(np.exp(found.x))


def _log_likelihood(pull: float, counts: HourCounts, shop: Floats) -> float:
    """Dirichlet-multinomial log-likelihood, less what does not depend on ``pull``."""
    from scipy.special import gammaln

    n, customers = np.unique(counts.n, return_counts=True)
    pair, cells = np.unique(counts.count * HOURS + counts.cell % HOURS, return_counts=True)
    count, prior = pair // HOURS, pull * shop[pair % HOURS]
    whole = np.sum(customers * (gammaln(pull) - gammaln(pull + n)))
    parts = np.sum(cells * (gammaln(count + prior) - gammaln(prior)))
    return float(whole + parts)
