"""The likelihood of BG/NBD and MBG/NBD with its slopes in closed form.

Equation (6) of Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284; in MBG/NBD the
first order counts as one to stop after. What depends on a number of orders or of days alone is
worked out once for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.next_purchase.bgnbd import BetaGeometric, BgNbd
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns


@dataclass(frozen=True)
class BetaGeometricLikelihood:
    """The likelihood of a shop's patterns as a function of the four parameters."""

    past: RfmPatterns
    kind: type[BetaGeometric] = BgNbd

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
        stops = x + self.kind.n_early
        weight, could_stop = self.past.weight, (stops > 0)[of_x]
        days, of_age, of_recency = self._days
        log_days = np.log(alpha + days)
        age, recency = log_days[of_age], log_days[of_recency]
        before = b + np.maximum(stops, 1) - 1
        odds = (np.log(a) - np.log(before))[of_x] + (r + self.past.frequency) * (age - recency)
        alive = np.where(could_stop, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)
        either = np.where(could_stop, np.logaddexp(0.0, odds), 0.0)

        own = gammaln(r + x) - gammaln(r) + betaln(a, b + stops) - betaln(a, b)
        total = own[of_x] + r * np.log(alpha) - (r + self.past.frequency) * age + either
        gone = weight * (1 - alive)
        n_x = np.bincount(of_x, weight, minlength=len(x))
        gone_x = np.bincount(of_x, gone, minlength=len(x))
        both = digamma(a + b + stops) - digamma(a + b)
        pace = (r + self.past.frequency) * (alive / (alpha + self.past.age))
        pace += (r + self.past.frequency) * ((1 - alive) / (alpha + self.past.recency))
        slopes = np.array(
            [
                np.sum(n_x * (digamma(r + x) - digamma(r)))
                + np.sum(weight * (np.log(alpha) - age))
                + np.sum(gone * (age - recency)),
                np.sum(weight * (r / alpha - pace)),
                np.sum(gone_x) / a - np.sum(n_x * both),
                np.sum(n_x * (digamma(b + stops) - digamma(b) - both)) - np.sum(gone_x / before),
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
