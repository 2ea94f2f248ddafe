"""Pareto/NBD, a model of repeat purchases: its closed forms and its likelihood.

Customers order at a personal rate (Gamma over the shop) and may stop for good at any time, at a
personal rate too (Gamma over the shop). Schmittlein, Morrison and Colombo (1987), "Counting Your
Customers", Management Science 33(1), 1-24; Fader and Hardie (2005), "A Note on Deriving the
Pareto/NBD Model", whose equation numbers are given. Where that has Gauss's function an integral
over the instant of stopping stands here, by Gauss and Legendre, which no large argument upsets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats
from xenorec.timing.next_purchase.purchase_model import NEVER_DAYS
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_FADED = 45.0
"""Powers of e by which an integrand has faded where its integral is cut off."""
_STEP = 1e-5


@dataclass(frozen=True)
class ParetoNbd:
    """Rates of orders are Gamma(``r``, ``alpha`` days), of stopping Gamma(``s``, ``beta`` days)."""

    r: float
    alpha: float
    s: float
    beta: float

    def p_alive(self, past: RfmPatterns) -> Floats:
        """Probability of not having stopped, equation (37)."""
        gone = self._log_gone(past) - self._log_alive(past)
        alive: Floats = np.exp(-np.logaddexp(0.0, gone))
        return alive

    def p_order(self, past: RfmPatterns, days: float) -> Floats:
        """Probability of at least one order within ``days``, before the customer stops."""
        return self._p_order(past, np.full(len(past.age), float(days)))

    def n_expected(self, past: RfmPatterns, days: float) -> Floats:
        """Expected orders within ``days`` given the past, equation (41)."""
        rate = (self.r + past.frequency) / (self.alpha + past.age)
        orders = rate * self._days_alive(self.beta + past.age, days)
        return np.maximum(self.p_alive(past) * orders, self.p_order(past, days))

    def wait(self, past: RfmPatterns, probability: float | Floats) -> Floats:
        """Days until an order has come with ``probability``; inf when not within ten years."""
        low, high = np.zeros(len(past.age)), np.full(len(past.age), NEVER_DAYS)
        reached = self._p_order(past, high) >= probability
        for _ in range(50):
            middle = (low + high) / 2
            enough = self._p_order(past, middle) >= probability
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return np.where(reached, high, np.inf)

    def n_since_first(self, age: Floats) -> Floats:
        """Expected repeat orders of a random customer in ``age`` days, equation (27)."""
        return self.r / self.alpha * self._days_alive(np.full_like(age, self.beta), age)

    def log_likelihood(self, past: RfmPatterns) -> float:
        """Log-likelihood of the shop in days, equation (18)."""
        either = np.logaddexp(self._log_alive(past), self._log_gone(past))
        return float(np.sum(past.weight * (self._log_own(past.frequency) + either)))

    def _log_own(self, x: Floats) -> Floats:
        from scipy.special import gammaln

        own: Floats = gammaln(self.r + x) - gammaln(self.r) + self.r * np.log(self.alpha)
        return own

    def _log_alive(self, past: RfmPatterns) -> Floats:
        """Log-chance of the orders, none after them, and not having stopped."""
        rate = (self.r + past.frequency) * np.log(self.alpha + past.age)
        alive: Floats = -rate - self.s * np.log1p(past.age / self.beta)
        return alive

    def _log_gone(self, past: RfmPatterns) -> Floats:
        """The same of having stopped at some instant u between the last order and now.

        By the log of (alpha + u) / (alpha + recency), in which orders fade evenly.
        """
        start, fades = self.alpha + past.recency, self.r + past.frequency - 1
        v, weight = _grid(np.log1p((past.age - past.recency) / start), fades)
        since = self.beta + start[:, None] * np.exp(v) - self.alpha
        parts = -fades[:, None] * v - (self.s + 1) * np.log(since)
        top = parts.max(axis=1, keepdims=True)
        total = np.log(np.maximum((np.exp(parts - top) * weight).sum(axis=1), 1e-300)) + top[:, 0]
        gone: Floats = total + np.log(self.s) + self.s * np.log(self.beta) - fades * np.log(start)
        return gone

    def _p_order(self, past: RfmPatterns, days: Floats) -> Floats:
        """By the same change of variable: an order at rate Gamma(r + x, alpha + T), then alive."""
        orders, age = self.r + past.frequency, self.alpha + past.age
        v, weight = _grid(np.log1p(days / age), orders)
        share = (age / (self.beta + past.age))[:, None]
        parts = np.exp(-orders[:, None] * v - self.s * np.log1p(share * np.expm1(v)))
        given_alive = np.clip(orders * (parts * weight).sum(axis=1), 0.0, 1.0)
        told: Floats = self.p_alive(past) * given_alive
        return told

    def _days_alive(self, life: Floats, days: Floats | float) -> Floats:
        """Expected days alive within ``days`` of who is alive, with rate Gamma(s, life)."""
        longer = np.log1p(days / life)
        power = self.s - 1
        if abs(power) < 1e-9:
            return np.asarray(life * longer)
        alive: Floats = life * -np.expm1(-power * longer) / power
        return alive


def _grid(end: Floats, fades: Floats) -> tuple[Floats, Floats]:
    """Return points from 0 to each end, and their weights; no further than faded out."""
    reach = np.minimum(end, _FADED / np.maximum(fades, 1e-9))[:, None]
    return reach * (_NODES + 1) / 2, reach * _WEIGHTS / 2


@dataclass(frozen=True)
class ParetoLikelihood:
    """The likelihood of a shop's patterns as a function of the four parameters."""

    past: RfmPatterns

    def guess(self) -> Floats:
        """Return parameters to start from: the shop's mean rate, and its age as a lifetime."""
        past = self.past
        orders = float(np.sum(past.weight * past.frequency))
        days = max(float(np.sum(past.weight * past.age)), 1.0)
        life = days / max(float(past.weight.sum()), 1.0)
        return np.array([0.5, 0.5 * days / max(orders, 1.0), 0.5, max(life, 1.0)])

    def loss(self, logs: Floats) -> tuple[float, Floats]:
        """Return minus the mean log-likelihood, and its slopes by the logs of the parameters."""
        steps = np.eye(4) * _STEP
        slopes = [
            (self._loss(logs + step) - self._loss(logs - step)) / (2 * _STEP) for step in steps
        ]
        return self._loss(logs), np.array(slopes)

    def _loss(self, logs: Floats) -> float:
        model = ParetoNbd(*np.exp(logs).tolist())
        return -model.log_likelihood(self.past) / float(self.past.weight.sum())
