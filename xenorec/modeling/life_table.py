"""Life tables: what share of those who have waited so long comes again soon, by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints

EDGES: Floats = np.array(
    [0, 2, 4, 6, 8, 11, 14, 18, 22, 28, 35, 45, 60, 80, 110, 150, 200, 300, 400, 800],
    dtype=np.float64,
)
STRENGTH = 30.0
MOST = 0.999


@dataclass(frozen=True, eq=False)
class LifeTable:
    """The log of the share that has not come again by each of ``EDGES``, groups x edges."""

    left: Floats

    def p_within(self, group: Ints, silence: Floats, days: float) -> Floats:
        """Return the chance of another in the next ``days``, so long after the last."""
        ended = self._log(group, silence + days) - self._log(group, silence)
        return np.asarray(-np.expm1(ended), dtype=np.float64)

    def _log(self, group: Ints, age: Floats) -> Floats:
        age = np.clip(age, 0, EDGES[-1] - 1e-6)
        at = np.searchsorted(EDGES, age, "right") - 1
        part = (age - EDGES[at]) / (EDGES[at + 1] - EDGES[at])
        low, high = self.left[group, at], self.left[group, at + 1]
        return np.asarray(low + part * (high - low), dtype=np.float64)


def fit_table(
    group: Ints, gap: Floats, open_group: Ints, silence: Floats, n_groups: int
) -> LifeTable:
    """Return the table of each group, shrunk towards that of all.

    ``gap``: days between two in a row; ``silence``: days since the last, not ended yet (censored).
    The actuarial estimate: of those who reach an interval (half of the censored ones count), the
    share whose wait ends in it (Cutler and Ederer 1958).
    """
    ended, still = _counts(group, gap, n_groups), _counts(open_group, silence, n_groups)
    overall = ended.sum(axis=0) / np.maximum(_at_risk(ended.sum(axis=0), still.sum(axis=0)), 1e-9)
    risk = _at_risk(ended, still)
    share = (ended + STRENGTH * np.clip(overall, 0, MOST)) / (risk + STRENGTH)
    left = np.cumsum(np.log1p(-np.clip(share, 0, MOST)), axis=1)
    return LifeTable(np.column_stack([np.zeros(n_groups), left]))


def _counts(group: Ints, days: Floats, n_groups: int) -> Floats:
    width = len(EDGES) - 1
    at = np.searchsorted(EDGES, np.clip(days, 0, EDGES[-1] - 1e-6), "right") - 1
    counted = np.bincount(group * width + at, minlength=n_groups * width)
    return counted.reshape(n_groups, width).astype(np.float64)


def _at_risk(ended: Floats, still: Floats) -> Floats:
    reached = np.flip(np.cumsum(np.flip(ended + still, -1), -1), -1)
    return np.asarray(reached - still / 2, dtype=np.float64)
