"""Partial pooling: how far a group with few data is pulled to the group it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats

LOWEST, HIGHEST = 1 / 8, 8.0
TAILS = (0.025, 0.975)
TINY = 1e-9


@dataclass(frozen=True, eq=False)
class GroupSums:
    """Faded sums of groups of cells: how many there were, what was expected and what came."""

    n: Floats
    expected: Floats
    observed: Floats


def pooled(evidence: GroupSums, parent: Floats, strength: float) -> Floats:
    """Return the posterior mean ratio of observed to expected.

    A group's mean reward per cell is Beta(a, b) distributed. With m = expected / n the reward per
    cell that was predicted and k the strength, the prior has a = k * parent and a + b = k / m: its
    mean is parent * m and it weighs as much as k expected rewards. After the data the mean, as a
    ratio to m, is::

        (k * parent + observed) / (k + expected)
    """
    ratio: Floats = (strength * parent + evidence.observed) / (strength + evidence.expected)
    return ratio


def interval(evidence: GroupSums, parent: Floats, strength: float) -> tuple[Floats, Floats]:
    """Return the middle 95 % of the same posterior; the parent is taken as known."""
    from scipy.stats import beta

    per_cell = np.maximum(evidence.expected / np.maximum(evidence.n, TINY), TINY)
    hits = strength * parent + evidence.observed
    misses = np.maximum(strength / per_cell + evidence.n - hits, 0.5)
    low, high = (np.asarray(beta.ppf(tail, hits, misses)) / per_cell for tail in TAILS)
    return low, high


def bounded(factor: Floats) -> Floats:
    """Return factors within 1/8 and 8."""
    return np.clip(factor, LOWEST, HIGHEST)
