"""BG/NBD and MBG/NBD, models of repeat purchases: their closed forms.

Customers order at a personal rate (Gamma over the shop) and may stop for good after an order
with a personal probability (Beta over the shop): in BG/NBD after any repeat order, in MBG/NBD
after the first one too. Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way",
Marketing Science 24(2), 275-284, whose equation numbers are given; Batislam, Denizel and
Filiztekin (2007), International Journal of Research in Marketing 24(3), 201-209, with the erratum
of Wagner and Hoppe (2008), 25(3), 225-226.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xenorec.array_types import Floats
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

_NUDGE = 1e-7


@dataclass(frozen=True)
class BetaGeometric:
    """Four parameters: rates are Gamma(``r``, ``alpha`` days), dropout is Beta(``a``, ``b``).

    ``n_early``: 1 where a customer may stop after the first order already, else 0.
    """

    n_early: ClassVar[int] = 0

    r: float
    alpha: float
    a: float
    b: float

    def p_alive(self, past: RfmPatterns) -> Floats:
        """Probability of not having stopped."""
        x, stops = past.frequency, past.frequency + self.n_early
        # log(a / (b + stops - 1)), the odds of having stopped after the last order, before the
        # silence, where there were so many orders to stop after
        odds = np.log(self.a) - np.log(self.b + np.maximum(stops, 1) - 1)
        silence = (self.r + x) * np.log((self.alpha + past.age) / (self.alpha + past.recency))
        alive: Floats = np.where(stops == 0, 1.0, np.exp(-np.logaddexp(0.0, odds + silence)))
        return alive

    def p_order(self, past: RfmPatterns, days: float) -> Floats:
        """Probability of at least one order within ``days``.

        An alive customer stops only after an order, so the next one comes at the rate's own pace:
        the rate is Gamma(r + x, alpha + T) a posteriori, and its mean survival is
        ((alpha + T) / (alpha + T + days)) ** (r + x).
        """
        age = self.alpha + past.age
        survival = (self.r + past.frequency) * np.log(age / (age + days))
        return self.p_alive(past) * -np.expm1(survival)

    def n_expected(self, past: RfmPatterns, days: float) -> Floats:
        """Expected orders within ``days`` given the past, equation (10).

        Gauss's function is taken in Euler's transformed form, whose parameters do not grow
        with the number of orders.
        """
        x, age = past.frequency, self.alpha + past.age
        alive, at_least = self.p_alive(past), self.p_order(past, days)
        orders = self._orders(self.r + x, age, self.b + x + self.n_early, days)
        at_most = alive * (self.r + x) / age * days
        return np.clip(alive * orders, at_least, np.maximum(at_most, at_least))

    def wait(self, past: RfmPatterns, probability: float) -> Floats:
        """Days until an order has come with ``probability``; inf when it never gets there."""
        alive = self.p_alive(past)
        reached = alive > probability
        share = np.where(reached, probability / np.maximum(alive, 1e-300), 0.0)
        exponent = -np.log1p(-share) / (self.r + past.frequency)
        with np.errstate(over="ignore"):
            days = (self.alpha + past.age) * np.expm1(exponent)
        return np.where(reached, days, np.inf)

    def n_since_first(self, age: Floats) -> Floats:
        """Expected repeat orders of a random customer in ``age`` days, equation (9)."""
        start, b = np.full_like(age, self.alpha), np.full_like(age, self.b + self.n_early)
        stays = (self.b / (self.a + self.b)) ** self.n_early
        return stays * self._orders(np.full_like(age, self.r), start, b, age)

    def log_likelihood(self, past: RfmPatterns) -> float:
        """Log-likelihood of the shop in days, equation (6)."""
        from scipy.special import betaln, gammaln

        x, r, a, b = past.frequency, self.r, self.a, self.b
        stops = x + self.n_early
        rate = gammaln(r + x) - gammaln(r) + r * np.log(self.alpha)
        alive = betaln(a, b + stops) - (r + x) * np.log(self.alpha + past.age)
        gone = betaln(a + 1, b + np.maximum(stops, 1) - 1)
        gone = gone - (r + x) * np.log(self.alpha + past.recency)
        either = np.where(stops > 0, np.logaddexp(alive, gone), alive)
        return float(np.sum(past.weight * (rate - betaln(a, b) + either)))

    def _orders(self, shape: Floats, age: Floats, b: Floats, days: Floats | float) -> Floats:
        """Expected orders in ``days`` of who is alive, with rate Gamma(shape, age)."""
        from scipy.special import hyp2f1

        a = self.a if abs(self.a - 1) > _NUDGE else 1 + _NUDGE
        top = a + b - 1
        top = np.where(np.abs(top) < _NUDGE, _NUDGE, top)
        z = days / (age + days)
        with np.errstate(all="ignore"):
            series = hyp2f1(top - shape, a - 1, top, z)
            orders = np.asarray(top / (a - 1) * (1 - (1 - z) ** (a - 1) * series))
        lost = ~np.isfinite(orders)  # scipy gives up for many orders in next to no time
        if lost.any():
            every = np.broadcast_arrays(top - shape, top, z)
            sums = _power_series(a - 1, *(values[lost] for values in every))
            factor = np.broadcast_to(top / (a - 1), lost.shape)[lost]
            with np.errstate(invalid="ignore"):  # where 20,000 terms do not do either
                orders[lost] = factor * (1 - (1 - every[2][lost]) ** (a - 1) * sums)
            lost = ~np.isfinite(orders)
        if lost.any():
            every = np.broadcast_arrays(shape, age, b, days)
            orders[lost] = _mean_over_dropout(self.a, *(values[lost] for values in every))
        return orders


@dataclass(frozen=True)
class BgNbd(BetaGeometric):
    """Nobody stops before the first repeat order: who ordered once is alive for sure."""


@dataclass(frozen=True)
class MbgNbd(BetaGeometric):
    """Customers may stop after any order, the first one included."""

    n_early: ClassVar[int] = 1


def _power_series(second: float, first: Floats, third: Floats, z: Floats) -> Floats:
    """The hypergeometric series 2F1(first, second; third; z) by adding up its terms.

    NaN where 20,000 terms do not settle it (DLMF 15.2.1).
    """
    term = np.ones_like(z)
    total = term.copy()
    with np.errstate(all="ignore"):
        for n in range(20_000):
            term = term * (first + n) * (second + n) / ((third + n) * (n + 1)) * z
            total = total + term
            if (np.abs(term) <= 1e-15 * np.abs(total)).all():
                return total
    settled = np.abs(term) <= 1e-12 * np.abs(total)
    return np.where(settled, total, np.nan)


def _mean_over_dropout(a: float, shape: Floats, age: Floats, b: Floats, days: Floats) -> Floats:
    """The same expectation as a mean over the dropout p ~ Beta(a, b), by Gauss and Legendre.

    Given p the expected orders are (1 - (1 + p * days / age) ** -shape) / p.
    """
    from scipy.special import betaincinv

    nodes, weights = np.polynomial.legendre.leggauss(64)
    p = np.maximum(betaincinv(a, b[:, None], (nodes + 1) / 2), 1e-12)
    gone = shape[:, None] * np.log1p(p * (days / age)[:, None])
    mean: Floats = (-np.expm1(-gone) / p * (weights / 2)).sum(axis=1)
    return mean
