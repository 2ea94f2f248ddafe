"""How likely something bought ``t`` days ago is bought again within the next days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints

EDGES = np.array(
    [0, 2, 4, 6, 8, 11, 14, 18, 22, 28, 35, 45, 60, 80, 110, 150, 200, 300, 400, 800], dtype=float
)
STRENGTH = 30.0
MOST = 0.999


@dataclass(frozen=True)
class RepurchaseHazard:
    """The log of the share not bought again by each edge, items x edges (life tables)."""

    survival: Floats

    def within(self, item: Ints, since: Floats, days: float) -> Floats:
        """Return the chance of a purchase in the next ``days``, ``since`` days after the last."""
        return -np.expm1(self._log(item, since + days) - self._log(item, since))

    def _log(self, item: Ints, age: Floats) -> Floats:
        age = np.clip(age, 0, EDGES[-1] - 1e-6)
        at = np.searchsorted(EDGES, age, "right") - 1
        part = (age - EDGES[at]) / (EDGES[at + 1] - EDGES[at])
        low, high = self.survival[item, at], self.survival[item, at + 1]
        return np.asarray(low + part * (high - low), dtype=np.float64)


def learn_hazard(
    gap_item: Ints, gap: Floats, open_item: Ints, open_gap: Floats, n_items: int
) -> RepurchaseHazard:
    """Return the hazard of each item, shrunk towards that of all items.

    ``gap``: days between two purchases in a row by one customer; ``open_gap``: days since the last
    one, not ended yet (censored). The actuarial estimate: of those who reach an interval (half of
    the censored ones count), the share that buys in it (Cutler and Ederer 1958).
    """
    ended, still = _table(gap_item, gap, n_items), _table(open_item, open_gap, n_items)
    overall = _share(ended.sum(axis=0), _at_risk(ended.sum(axis=0), still.sum(axis=0)))
    risk = _at_risk(ended, still)
    share = np.clip((ended + STRENGTH * overall) / (risk + STRENGTH), 0, MOST)
    left = np.cumsum(np.log1p(-share), axis=1)
    return RepurchaseHazard(np.column_stack([np.zeros(n_items), left]))


def _table(item: Ints, gap: Floats, n_items: int) -> Floats:
    width = len(EDGES) - 1
    at = np.searchsorted(EDGES, np.clip(gap, 0, EDGES[-1] - 1e-6), "right") - 1
    counted = np.bincount(item * width + at, minlength=n_items * width)
    return counted.reshape(n_items, width).astype(np.float64)


def _at_risk(ended: Floats, still: Floats) -> Floats:
    reached = np.flip(np.cumsum(np.flip(ended + still, -1), -1), -1)
    return np.asarray(reached - still / 2, dtype=np.float64)


def _share(ended: Floats, risk: Floats) -> Floats:
    return np.clip(ended / np.maximum(risk, 1e-9), 0, MOST)
