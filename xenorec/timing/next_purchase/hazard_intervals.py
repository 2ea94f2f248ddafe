"""Hazard intervals: the time ahead cut into stretches, and what is known of a customer at each.

The chance of a visit in a stretch, given none before it, is the hazard (discrete-time survival;
Singer and Willett 1993, "It's About Time", Journal of Educational Statistics 18(2)).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xenorec.array_types import Floats, Ints, Singles
from xenorec.timing.next_purchase.interpurchase_features import (
    InterpurchaseGaps,
    gaps_of,
    patterns_of,
    rhythm,
    weekdays,
)
from xenorec.timing.next_purchase.order_days import OrderDays
from xenorec.timing.next_purchase.purchase_model import PurchaseModel
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

EDGES: Floats = np.array(
    [*range(8), 9, 11, 14, 17, 21, 28, 35, 42, 49, 56, 70, 90], dtype=np.float64
)
"""Where the stretches begin and end, in days from the instant of the answer."""
N_PERIODS = len(EDGES) - 1
LEAST_HAZARD = 1e-6


class HazardIntervals:
    """Customers at one instant, ready to be asked about any of their stretches."""

    def __init__(self, visits: OrderDays, now: float, model: PurchaseModel) -> None:
        self.own = rhythm(visits, now, model)
        self._week = _cumulated(weekdays(visits, now))
        self._gaps: InterpurchaseGaps = gaps_of(visits)
        self._silence = now - visits.at[visits.bounds[1:] - 1]
        self.past = patterns_of(visits, now)
        self.plain = plain_hazards(self.past, model)
        self._left = np.stack([self._gaps.longer_than(self._silence + e) for e in EDGES], axis=1)

    def __len__(self) -> int:
        return len(self._silence)

    def features(self, customer: Ints, period: Ints) -> dict[str, Singles]:
        """Return the features of (customer, stretch) rows."""
        at = self._silence[customer] + EDGES[period]
        left, after = self._left[customer, period], self._left[customer, period + 1]
        plain = np.clip(self.plain[customer, period], LEAST_HAZARD, 1 - LEAST_HAZARD)
        with np.errstate(all="ignore"):
            there = {
                "at_period": period,
                "at_week": self._week_share(customer, period),
                "at_due": at / self.own["own_gap"][customer],
                "at_due_typical": at / self.own["own_gap_typical"][customer],
                "at_due_median": at / self.own["own_gap_median"][customer],
                "at_ended": (left - after + 0.5) / (left + 1.0),
                "at_plain": np.log(plain / (1 - plain)),
            }
        own = {name: values[customer] for name, values in self.own.items()}
        return {**own, **{name: v.astype(np.float32) for name, v in there.items()}}

    def _week_share(self, customer: Ints, period: Ints) -> Floats:
        """Return how many usual weeks' worth of visits the weekdays of a stretch hold."""
        begin, end = EDGES[period].astype(np.int64), EDGES[period + 1].astype(np.int64)
        whole = end // 7 - begin // 7
        return whole + self._week[customer, end % 7] - self._week[customer, begin % 7]


def plain_staying(past: RfmPatterns, model: PurchaseModel) -> Floats:
    """Return customers x ``EDGES``: the probability model's chance of no order up to each."""
    return np.stack([1 - model.p_order(past, float(edge)) for edge in EDGES], axis=1)


def plain_hazards(past: RfmPatterns, model: PurchaseModel) -> Floats:
    """Return customers x stretches: the hazards of the probability model."""
    staying = plain_staying(past, model)
    hazard: Floats = 1 - staying[:, 1:] / np.maximum(staying[:, :-1], 1e-12)
    return np.clip(hazard, LEAST_HAZARD, 1 - LEAST_HAZARD)


def rows_seen(wait: Floats, known_for: float) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Return (customer, stretch, visited) of the stretches whose end is known.

    ``wait``: days to each customer's next visit; ``known_for``: how many days ahead are known.
    A customer's stretches end with the one that has the visit.
    """
    complete = int(np.searchsorted(EDGES, known_for, side="right")) - 1
    of_visit = np.searchsorted(EDGES, wait, side="left") - 1
    n = np.clip(of_visit + 1, 0, complete)
    customer = np.repeat(np.arange(len(wait)), n)
    period = np.arange(len(customer)) - np.repeat(np.cumsum(n) - n, n)
    return customer, period, of_visit[customer] == period


def _cumulated(shares: Floats) -> Floats:
    return np.concatenate([np.zeros((len(shares), 1)), np.cumsum(shares, axis=1)], axis=1)
