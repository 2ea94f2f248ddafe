"""Posteriors: what is thought of every shelf, and of every shelf in a segment, from faded sums."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.recommend.feedback.impressions import Impressions
from xenorec.recommend.feedback.partial_pooling import GroupSums, bounded, interval, pooled


@dataclass(frozen=True, eq=False)
class ShelfPosteriors:
    """One entry per shelf (segment -1), then one per shelf and segment, in order of name.

    ``n_exposed`` and ``n_rewarded`` count cells; ``observed`` and ``expected`` are faded rewards.
    """

    shelf: Ints
    segment: Ints
    n_exposed: Ints
    n_rewarded: Ints
    observed: Floats
    expected: Floats
    factor: Floats
    factor_low: Floats
    factor_high: Floats


@dataclass(frozen=True, eq=False)
class DecayedSums:
    """One entry per cell: its weight, and the weighted expected and observed reward."""

    weight: Floats
    expected: Floats
    observed: Floats


def believe(cells: Impressions, faded: DecayedSums, top: float, strength: float) -> ShelfPosteriors:
    """Return the beliefs: shelves are pulled to ``top``, segments to their shelf."""
    everywhere = np.full(len(cells), -1, dtype=np.int64)
    shelves, ratio = _level(cells, faded, everywhere, np.full(len(cells.shelves), top), strength)
    parent = np.full(len(cells.shelves), top)
    parent[shelves.shelf] = ratio
    inside, _ = _level(cells, faded, cells.segment, parent, strength, first=0)
    return ShelfPosteriors(
        *(
            np.concatenate([getattr(shelves, f.name), getattr(inside, f.name)])
            for f in fields(ShelfPosteriors)
        )
    )


def _level(
    cells: Impressions,
    faded: DecayedSums,
    segment: Ints,
    parent: Floats,
    strength: float,
    *,
    first: int = -1,
) -> tuple[ShelfPosteriors, Floats]:
    """Return the beliefs of each shelf and segment from ``first`` on, and the unbounded ratios."""
    rows = np.flatnonzero(segment >= first)
    width = len(cells.segments) + 1
    pair, group = np.unique(cells.shelf[rows] * width + segment[rows] + 1, return_inverse=True)
    shelf, code = pair // width, pair % width - 1
    n = len(pair)
    weight, expected, observed = (
        np.bincount(group, values[rows], minlength=n).astype(np.float64)
        for values in (faded.weight, faded.expected, faded.observed)
    )
    evidence = GroupSums(weight, expected, observed)
    ratio = pooled(evidence, parent[shelf], strength)
    low, high = interval(evidence, parent[shelf], strength)
    rewarded = np.bincount(group[cells.reward[rows] > 0], minlength=n)
    sizes = np.bincount(group, minlength=n)
    bounds = (bounded(values) for values in (ratio, low, high))
    return ShelfPosteriors(shelf, code, sizes, rewarded, observed, expected, *bounds), ratio
