"""Leaf masks: boosted trees as masks of leaves, read a feature at a time for many rows at once.

The leaves of a tree are numbered from the left, one bit each. A node at which a row goes right
rules out the leaves on its left; the row's leaf is the lowest bit that no node rules out. So what
a tree says is an "and" over features of a mask looked up by the feature's value (QuickScorer;
Lucchese et al. 2015), and rows that share some features share the "and" over these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from xenorec.array_types import Floats, Ints, Singles

if TYPE_CHECKING:
    from xenorec.modeling.boosting.gradient_boosting import Trees

AT_ONCE = 1024
"""Rows whose masks are put together at once: they stay in the processor's cache."""
WORTH = 0.6
"""What is shared by more groups than this share of the rows is looked up row by row."""
SMALL, MOST = 16, 31
"""Leaves that are too many for the smaller masks, and the most that the larger ones have bits for.

The sign is left alone.
"""
EXPONENT, BIAS = 23, 127
"""Where a single-precision number keeps its power of two, and what is added to it there."""


Alike: TypeAlias = Mapping[str, Ints]
"""By the first word of features' names: numbers from 0 of the rows that are alike in them all."""
NOTHING_ALIKE: Alike = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class LeafMasks:
    """Some trees of a model, one column per tree.

    ``cuts``: the thresholds of each feature, ascending. ``masks``: for each feature what is left
    by the number of cuts below a value, and in the last row what is left by NaN. ``value``: of
    every leaf, ``width`` to a tree.
    """

    cuts: Sequence[Floats]
    masks: Sequence[npt.NDArray[Any]]
    value: Floats
    width: int
    n_trees: int

    def total(self, columns: Sequence[Singles], groups: Sequence[Ints | None]) -> Floats:
        """Return the sum of the leaves of each row; a row's sum depends on that row alone.

        ``columns``: one per feature. ``groups``: for each the rows that are alike in it, as whole
        numbers from 0; None where any two may differ.
        """
        n, alone = len(columns[0]), [at for at, group in enumerate(groups) if group is None]
        shared = []
        for group, features in _parts(groups):
            first, code = _first_rows(group)
            if len(first) > n * WORTH:
                alone += features
            else:
                shared.append((self._shared(columns, features, first), code))
        found = np.empty(n)
        for begin in range(0, n, AT_ONCE):
            rows = slice(begin, min(begin + AT_ONCE, n))
            left = self._left([(at, columns[at][rows]) for at in alone], rows.stop - begin)
            for masks, code in shared:
                left &= np.take(masks, code[rows], axis=0)
            found[rows] = self._sum(left)
        return found

    def _shared(
        self, columns: Sequence[Singles], features: Sequence[int], rows: Ints
    ) -> npt.NDArray[Any]:
        """Return rows x trees: the leaves that some features of a few rows leave."""
        parts = np.split(rows, range(AT_ONCE, len(rows), AT_ONCE))
        masks = [self._left([(at, columns[at][few]) for at in features], len(few)) for few in parts]
        return np.concatenate(masks)

    def _left(self, columns: Sequence[tuple[int, Singles]], n: int) -> npt.NDArray[Any]:
        """Return rows x trees: the leaves that the columns leave."""
        left = np.full((n, self.n_trees), -1, dtype=self.masks[0].dtype)
        for at, values in columns:
            cuts, masks = self.cuts[at], self.masks[at]
            below = np.searchsorted(cuts, values.astype(np.float64))
            below[np.isnan(values)] = len(masks) - 1
            left &= np.take(masks, below, axis=0)
        return left

    def _sum(self, left: npt.NDArray[Any]) -> Floats:
        lowest = (left & -left).astype(np.float32)
        leaf = lowest.view(np.int32) >> EXPONENT
        leaf += np.arange(self.n_trees, dtype=np.int32) * self.width - BIAS
        summed: Floats = np.take(self.value, leaf).sum(axis=1)
        return summed


def leaves_of(trees: Trees, n_features: int) -> LeafMasks | None:
    """Return the trees as masks; None where one of them has too many leaves."""
    size = np.diff(trees.bounds)
    tree = np.repeat(np.arange(len(size)), size)
    root = trees.bounds[:-1][tree]
    n_below, number = _numbered(trees, root)
    most = int(n_below.max(initial=0))
    if not 0 < most <= MOST:
        return None
    kind: type[np.signedinteger[Any]] = np.int16 if most < SMALL else np.int32
    width = SMALL if most < SMALL else 2 * SMALL
    value = np.zeros(len(size) * width)
    value[(tree * width + number)[trees.is_leaf]] = trees.value[trees.is_leaf]
    on_left = n_below[np.where(trees.is_leaf, 0, trees.left + root)]
    mask = (~(((1 << on_left) - 1) << number)).astype(kind)
    cuts, masks = [], []
    for feature in range(n_features):
        nodes = np.flatnonzero(~trees.is_leaf & (trees.feature == feature))
        cuts.append(np.unique(trees.threshold[nodes]))
        table = np.full((len(cuts[-1]) + 2, len(size)), -1, dtype=kind)
        passed = np.searchsorted(cuts[-1], trees.threshold[nodes]) + 1
        np.bitwise_and.at(table, (passed, tree[nodes]), mask[nodes])
        np.bitwise_and.accumulate(table[:-1], axis=0, out=table[:-1])
        nodes = nodes[~trees.nan_left[nodes]]
        np.bitwise_and.at(table, (np.full(len(nodes), -1), tree[nodes]), mask[nodes])
        masks.append(table)
    return LeafMasks(cuts, masks, value, width, len(size))


def _numbered(trees: Trees, root: Ints) -> tuple[Ints, Ints]:
    """Return how many leaves are below each node, and the number of the first one of them."""
    inner = np.flatnonzero(~trees.is_leaf)
    ways = (inner, (trees.left + root)[inner], (trees.right + root)[inner])
    listed = list(zip(*(part.tolist() for part in ways), strict=True))
    below, number = [1] * len(root), [0] * len(root)
    for node, left, right in reversed(listed):  # a node leads to what is further on
        below[node] = below[left] + below[right]
    for node, left, right in listed:
        number[left], number[right] = number[node], number[node] + below[left]
    return np.array(below, dtype=np.int64), np.array(number, dtype=np.int64)


def _parts(groups: Sequence[Ints | None]) -> list[tuple[Ints, Sequence[int]]]:
    """Return each grouping of the rows, and which columns have it."""
    found: dict[int, tuple[Ints, list[int]]] = {}
    for at, group in enumerate(groups):
        if group is not None:
            found.setdefault(id(group), (group, []))[1].append(at)
    return list(found.values())


def _first_rows(group: Ints) -> tuple[Ints, Ints]:
    """Return one row of each group that there is, and which of these each row is like."""
    some = np.full(int(group.max(initial=-1)) + 1, -1, dtype=np.int64)
    some[group] = np.arange(len(group))
    is_there = some >= 0
    return some[is_there], (np.cumsum(is_there) - 1)[group]
