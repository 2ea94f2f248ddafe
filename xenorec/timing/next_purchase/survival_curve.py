"""Survival curve: how likely it is that no order has come yet, day after day, for each customer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.next_purchase.hazard_intervals import EDGES, plain_staying
from xenorec.timing.next_purchase.purchase_model import NEVER_DAYS, PurchaseModel
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

LEAST = 1e-12
LEAST_PACE, MOST_PACE = 0.25, 2.0
"""How many times as many orders as the probability model the learner may expect."""
SURE = 6.0
"""Minus the log-chance of no order from which an order is too sure to tell how fast it comes."""


@dataclass(frozen=True)
class SurvivalCurve:
    """``staying``: customers x ``EDGES``, the chance of no order up to each edge.

    After the last edge the probability model goes on, given no order up to there.
    """

    staying: Floats
    past: RfmPatterns
    model: PurchaseModel

    def p_order(self, days: float) -> Floats:
        """Return the probability of an order within ``days``."""
        return 1 - np.exp(self._log_staying(days))

    def n_expected(self, days: float) -> Floats:
        """Return the expected days with an order within ``days``.

        Up to the last edge the probability model's number, faster or slower as the first order
        comes faster or slower than that model says; after it that model goes on, slower still for
        who is slower. At most one a day.
        """
        pace = np.clip(self._pace, LEAST_PACE, MOST_PACE)
        near = self.model.n_expected(self.past, min(days, float(EDGES[-1])))
        later = self.model.n_expected(self.past, days) - near
        expected = near * pace + later * np.minimum(pace, 1.0)
        least = self.p_order(days)
        return np.clip(expected, least, np.maximum(days, least))

    @cached_property
    def _pace(self) -> Floats:
        """How many times as fast as the probability model says the first order comes.

        By the chances of none up to the last edge at which that model is not ``SURE`` of one.
        """
        both = (plain_staying(self.past, self.model), self.staying)
        plain, mine = (-np.log(np.maximum(staying, LEAST)) for staying in both)
        row, at = np.arange(len(mine)), np.clip((plain <= SURE).sum(axis=1) - 1, 1, None)
        pace: Floats = mine[row, at] / np.maximum(plain[row, at], LEAST)
        return pace

    def wait(self, probability: Floats) -> Floats:
        """Return the days until an order has come with a ``probability`` each; inf for never."""
        goal = np.log(np.maximum(1 - probability, LEAST))
        logs = np.log(np.maximum(self.staying, LEAST))
        inside = logs[:, -1] <= goal
        wait = np.full(len(goal), np.inf)
        wait[inside] = _reach(logs[inside], goal[inside])
        late = np.flatnonzero(~inside)
        wait[late] = self._reach_late(late, probability[late])
        return np.where(wait > NEVER_DAYS, np.inf, wait)

    def _log_staying(self, days: float) -> Floats:
        logs = np.log(np.maximum(self.staying, LEAST))
        if days > EDGES[-1]:
            return logs[:, -1] + self._tail(days)
        at = int(np.searchsorted(EDGES, days, side="left"))
        if EDGES[at] == days:
            return np.asarray(logs[:, at])
        part = (days - EDGES[at - 1]) / (EDGES[at] - EDGES[at - 1])
        return np.asarray(logs[:, at - 1] * (1 - part) + logs[:, at] * part)

    def _tail(self, days: float) -> Floats:
        """Return the log-chance of no order from the last edge to ``days`` by the model alone."""
        then = np.maximum(1 - self.model.p_order(self.past, days), LEAST)
        last = np.maximum(1 - self.model.p_order(self.past, float(EDGES[-1])), LEAST)
        return np.asarray(np.log(then / last))

    def _reach_late(self, rows: Ints, probability: Floats) -> Floats:
        past = self.past.take(rows)
        last = np.maximum(1 - self.model.p_order(past, float(EDGES[-1])), LEAST)
        part = (1 - probability) / np.maximum(self.staying[rows, -1], LEAST)
        return self.model.wait(past, np.clip(1 - part * last, 0.0, 1 - LEAST))


def curve_of(hazards: Floats, past: RfmPatterns, model: PurchaseModel) -> SurvivalCurve:
    """Return the curve of customers x stretches of hazards."""
    going = np.cumprod(1 - hazards, axis=1)
    return SurvivalCurve(np.concatenate([np.ones((len(going), 1)), going], axis=1), past, model)


def _reach(logs: Floats, goal: Floats) -> Floats:
    """Return where each falling row of ``logs`` comes down to its goal, between the edges."""
    at = np.clip((logs > goal[:, None]).sum(axis=1), 1, len(EDGES) - 1)
    row = np.arange(len(logs))
    high, low = logs[row, at - 1], logs[row, at]
    part = np.where(high > low, (high - goal) / np.maximum(high - low, LEAST), 1.0)
    found: Floats = EDGES[at - 1] + np.clip(part, 0, 1) * (EDGES[at] - EDGES[at - 1])
    return found
