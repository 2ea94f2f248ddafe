"""The likelihood of BG/NBD and its maximum.

Equation (6) of Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284, with its slopes
in closed form. What depends on a number of orders or of days alone is worked out once for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xenorec.numbers import Floats, Ints
from xenorec.timing.next_purchase.bgnbd import BgNbd
from xenorec.timing.next_purchase.purchases import Patterns

BOUNDS = ((1e-4, 1e3), (1e-2, 1e6), (1e-6, 2e3), (1e-3, 2e3))
"""Of r, alpha (days), a and b. At an edge customers are all alike, or none of them stops."""
STEEPEST = 1e-4
"""Nats per customer by which a full step of a log-parameter may still better a finished fit."""


class NoMaximum(ArithmeticError):
    """The search for the best parameters did not end."""


def fit_bgnbd(past: Patterns) -> BgNbd:
    """Return the maximum-likelihood parameters in days, within ``BOUNDS``.

    Raises ``NoMaximum`` when the search stops on a slope.
    """
    from scipy.optimize import minimize

    shop = Likelihood(past)
    bounds = np.log(np.array(BOUNDS))
    found: Any = minimize(
        shop.loss,
        np.clip(np.log(shop.guess()), *bounds.T),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 20},
    )
    uphill = np.where(found.x <= bounds[:, 0], np.minimum(found.jac, 0), found.jac)
    uphill = np.where(found.x >= bounds[:, 1], np.maximum(uphill, 0), uphill)
    if not np.isfinite(found.fun) or np.abs(uphill).max() > STEEPEST:
        raise NoMaximum(f"after {found.nit} steps: {found.message}")
    r, alpha, a, b = np.exp(found.x).tolist()
    return BgNbd(r, alpha, a, b)


@dataclass(frozen=True)
class Likelihood:
    """The likelihood of a shop's patterns as a function of the four parameters."""

    past: Patterns

    @cached_property
    def _orders(self) -> tuple[Floats, Ints]:
        return _distinct(self.past.frequency)

    @cached_property
    def _days(self) -> tuple[Floats, Ints, Ints]:
        """Distinct days, and which of them is each pattern's age and recency."""
        n = len(self.past.age)
        days, place = _distinct(np.concatenate([self.past.age, self.past.recency]))
        return days, place[:n], place[n:]

    def guess(self) -> Floats:
        """Return parameters to start from: the shop's mean rate, and one in four who stops."""
        past = self.past
        orders = float(np.sum(past.weight * past.frequency))
        days = float(np.sum(past.weight * past.age))
        return np.array([0.5, 0.5 * max(days, 1.0) / max(orders, 1.0), 0.5, 1.5])

    def loss(self, logs: Floats) -> tuple[float, Floats]:
        """Return minus the mean log-likelihood, and its slopes by the logs of r, alpha, a, b."""
        from scipy.special import betaln, digamma, gammaln

        r, alpha, a, b = np.exp(logs)
        x, of_x = self._orders
        weight, repeats = self.past.weight, self.past.frequency > 0
        days, of_age, of_recency = self._days
        log_days = np.log(alpha + days)
        age, recency = log_days[of_age], log_days[of_recency]
        before = b + np.maximum(x, 1) - 1
        odds = (np.log(a) - np.log(before))[of_x] + (r + self.past.frequency) * (age - recency)
        alive = np.where(repeats, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)
        either = np.where(repeats, np.logaddexp(0.0, odds), 0.0)

        own = gammaln(r + x) - gammaln(r) + betaln(a, b + x) - betaln(a, b)
        total = own[of_x] + r * np.log(alpha) - (r + self.past.frequency) * age + either
        gone = weight * (1 - alive)
        n_x = np.bincount(of_x, weight, minlength=len(x))
        gone_x = np.bincount(of_x, gone, minlength=len(x))
        both = digamma(a + b + x) - digamma(a + b)
        pace = (r + self.past.frequency) * (alive / (alpha + self.past.age))
        pace += (r + self.past.frequency) * ((1 - alive) / (alpha + self.past.recency))
        slopes = np.array(
            [
                np.sum(n_x * (digamma(r + x) - digamma(r)))
                + np.sum(weight * (np.log(alpha) - age))
                + np.sum(gone * (age - recency)),
                np.sum(weight * (r / alpha - pace)),
                np.sum(gone_x) / a - np.sum(n_x * both),
                np.sum(n_x * (digamma(b + x) - digamma(b) - both)) - np.sum(gone_x / before),
            ]
        )
        n = weight.sum()
        return -float(np.sum(weight * total)) / n, -slopes * np.exp(logs) / n


def _distinct(values: Floats) -> tuple[Floats, Ints]:
    """Return whole numbers that occur, ascending, and which of them each value is."""
    whole = values.astype(np.int64)
    occurs = np.flatnonzero(np.bincount(whole))
    place = np.zeros(int(occurs[-1]) + 1 if len(occurs) else 0, dtype=np.int64)
    place[occurs] = np.arange(len(occurs))
    return occurs.astype(np.float64), place[whole]
