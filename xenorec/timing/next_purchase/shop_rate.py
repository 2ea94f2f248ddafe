"""One rate of repeat purchase for the whole shop: the answer when a shop is too small for more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

PRIOR_ORDERS = 0.5
PRIOR_DAYS = 182.5
"""Half an order in half a year, one a year: what is said of a shop that shows nothing."""


@dataclass(frozen=True)
class ShopRate:
    """Everybody orders at ``per_day``, for ever; nobody is known to have stopped."""

    per_day: float

    @classmethod
    def of(cls, past: RfmPatterns) -> ShopRate:
        """Return repeat orders per customer and day, drawn towards one a year when few."""
        orders = float(np.sum(past.weight * past.frequency))
        days = float(np.sum(past.weight * past.age))
        return cls((orders + PRIOR_ORDERS) / (days + PRIOR_DAYS))

    def p_alive(self, past: RfmPatterns) -> Floats:
        """Return 1: without a model of stopping nobody has stopped."""
        return np.ones(len(past.age))

    def p_order(self, past: RfmPatterns, days: float) -> Floats:
        """Probability of an order within ``days``."""
        return np.full(len(past.age), -np.expm1(-self.per_day * days))

    def n_expected(self, past: RfmPatterns, days: float) -> Floats:
        """Expected orders within ``days``."""
        return np.full(len(past.age), self.per_day * days)

    def wait(self, past: RfmPatterns, probability: float) -> Floats:
        """Days until an order has come with ``probability``."""
        return np.full(len(past.age), -np.log1p(-probability) / self.per_day)
