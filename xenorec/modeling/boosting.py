"""Boosting: trees that scikit-learn grows, kept as arrays that are quick to ask and to save.

The leaves of a tree are numbered from the left, one bit each. A node at which a row goes right
rules out the leaves on its left; the row's leaf is the lowest bit that no node rules out. So what
a tree says is an "and" over features of a mask looked up by the feature's value (QuickScorer;
Lucchese et al. 2015), and rows that share some features share the "and" over these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.errors import BadInput
from xenorec.modeling.parallel import one_openmp_thread

BINS = 128
"""Bins of a feature while trees are grown."""
AT_ONCE = 1024
"""Rows whose masks are put together at once: they stay in the processor's cache."""
MOST_SHARED = 0.6
"""What is shared by more groups than this share of the rows is looked up row by row."""
MASKS = {16: np.int16, 32: np.int32, 64: np.int64}
"""Kinds of mask by their bits. The sign is left alone, so a tree has one leaf less at the most."""
EXPONENT, BIAS = 23, 127
"""Where a single-precision number keeps its power of two, and what is added to it there."""
LOGIT = 13.8
"""Log-odds that a probability is told of at the most."""

Alike: TypeAlias = Mapping[str, Ints]
"""By the first word of features' names: numbers from 0 of the rows that are alike in them all."""
NOTHING_ALIKE: Alike = MappingProxyType({})


@dataclass(frozen=True)
class BoostingSettings:
    """How the trees are grown.

    ``features``: the share of the features that each split may choose from.
    """

    n_trees: int = 150
    learning_rate: float = 0.08
    n_leaves: int = 31
    least: int = 60
    ridge: float = 5.0
    features: float = 1.0


@dataclass(frozen=True, eq=False)
class Trees:
    """Boosted trees as plain arrays; the nodes of tree i are ``bounds[i]`` to ``bounds[i + 1]``.

    A row goes left at a node when its ``feature`` is at most the ``threshold``, or is NaN and
    ``nan_left``; ``left`` and ``right`` count from the tree's first node, which is the root. The
    log-odds of a row are ``baseline`` plus the ``value`` of its leaf in each tree, in this order.
    ``gain`` is how much each node's split lowered the loss, 0 for a leaf.

    Raises BadInput when a node leads to one that is not further on in its tree.
    """

    baseline: float
    bounds: Ints
    is_leaf: Bools
    feature: Ints
    threshold: Floats
    nan_left: Bools
    left: Ints
    right: Ints
    value: Floats
    gain: Floats

    def __post_init__(self) -> None:
        size, n = np.diff(self.bounds), len(self.is_leaf)
        columns = (self.feature, self.threshold, self.nan_left, self.left, self.right, self.value)
        if (size < 1).any() or size.sum() != n or any(len(part) != n for part in columns):
            raise BadInput(f"{n} nodes do not make {len(size)} trees; learn the model anew.")
        place = np.arange(n) - np.repeat(self.bounds[:-1], size)
        onward = (place < self.left) & (place < self.right)
        onward &= np.maximum(self.left, self.right) < np.repeat(size, size)
        if not (onward & (self.feature >= 0))[~self.is_leaf].all():
            raise BadInput("A node of a tree leads nowhere; learn the model anew.")


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
        n, apart = len(columns[0]), [at for at, group in enumerate(groups) if group is None]
        shared = []
        for group, features in _parts(groups):
            first, code = _first_rows(group)
            if len(first) > n * MOST_SHARED:
                apart += features
            else:
                shared.append((self._shared(columns, features, first), code))
        found = np.empty(n)
        for begin in range(0, n, AT_ONCE):
            rows = slice(begin, min(begin + AT_ONCE, n))
            left = self._left([(at, columns[at][rows]) for at in apart], rows.stop - begin)
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


@dataclass(frozen=True, eq=False)
class BoostedModel:
    """A fitted model and the features it reads, in order."""

    names: tuple[str, ...]
    trees: Trees

    def __post_init__(self) -> None:
        if self.trees.feature[~self.trees.is_leaf].max(initial=-1) >= len(self.names):
            raise BadInput("A tree reads a feature that has no name; learn the model anew.")

    @property
    def importance(self) -> Floats:
        """The share of all gain that the splits on each feature have."""
        trees, n = self.trees, len(self.names)
        inner = ~trees.is_leaf
        gain = np.bincount(trees.feature[inner], trees.gain[inner], minlength=n)
        return gain / max(float(gain.sum()), 1e-12)

    def margin(self, found: Mapping[str, Singles], alike: Alike = NOTHING_ALIKE) -> Floats:
        """Return the log-odds of each row; ``alike`` makes it faster and changes nothing."""
        if not self.names:
            return np.full(len(next(iter(found.values()))), self.trees.baseline)
        columns = [found[name] for name in self.names]
        groups = [alike.get(name.partition("_")[0]) for name in self.names]
        return self.trees.baseline + self._leaves.total(columns, groups)

    @cached_property
    def _leaves(self) -> LeafMasks:
        return leaves_of(self.trees, len(self.names))


def fit_model(
    found: Mapping[str, Singles], bought: Bools, weight: Floats, boosting: BoostingSettings
) -> BoostedModel:
    """Return a model of ``bought`` (histogram gradient boosting, log loss; Friedman 2001).

    Where all or none was bought, or nothing tells one row from another, it says the same of each.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    names = tuple(name for name in sorted(found) if _varies(found[name]))
    if not names or bought.all() or not bought.any():
        return constant_model(bought, weight)
    cuts = [_cuts(found[name]) for name in names]
    boosted = HistGradientBoostingClassifier(
        max_iter=boosting.n_trees,
        learning_rate=boosting.learning_rate,
        max_leaf_nodes=boosting.n_leaves,
        min_samples_leaf=boosting.least,
        l2_regularization=boosting.ridge,
        max_features=boosting.features,
        early_stopping=False,
        random_state=0,
    )
    block = np.column_stack(
        [_coded(found[name], cut) for name, cut in zip(names, cuts, strict=True)]
    )
    with one_openmp_thread():
        trees = trees_of(boosted.fit(block, bought, sample_weight=weight))
    return BoostedModel(names, _decoded(trees, cuts))


def constant_model(bought: Bools, weight: Floats) -> BoostedModel:
    """Return a model that says of each row how many were bought, one more of each kind added."""
    some = float(weight @ bought) / max(float(weight.max(initial=0.0)), 1e-12)
    none = float(weight @ ~bought) / max(float(weight.max(initial=0.0)), 1e-12)
    zero, nowhere = np.zeros(1), np.zeros(1, dtype=np.int64)
    yes = np.ones(1, dtype=bool)
    leaf = (yes, nowhere, zero, yes, nowhere, nowhere, zero, zero)
    return BoostedModel((), Trees(float(np.log((some + 1) / (none + 1))), np.array([0, 1]), *leaf))


def trees_of(boosted: Any) -> Trees:
    """Return the trees of scikit-learn's fitted boosting of two classes without categories."""
    parts = [tree.nodes for (tree,) in boosted._predictors]
    nodes: npt.NDArray[Any] = np.concatenate(parts)
    is_leaf = nodes["is_leaf"].astype(bool)
    return Trees(
        baseline=float(boosted._baseline_prediction.item()),
        bounds=np.append(0, np.cumsum([len(part) for part in parts])).astype(np.int64),
        is_leaf=is_leaf,
        feature=nodes["feature_idx"].astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        nan_left=nodes["missing_go_to_left"].astype(bool),
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        value=nodes["value"].astype(np.float64),
        gain=np.where(is_leaf, 0.0, nodes["gain"]).astype(np.float64),
    )


def _cuts(values: Singles) -> Floats:
    """Return up to ``BINS`` - 1 values that part a feature into bins of about equal number."""
    known = values[np.isfinite(values)]
    known = known[:: max(len(known) // 100_000, 1)]
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    return np.unique(np.quantile(known, shares, method="inverted_cdf")).astype(np.float64)


def _coded(values: Singles, cuts: Floats) -> Singles:
    """Return the bin of each value; so few that the library need not look for any itself."""
    bins = np.searchsorted(cuts, values).astype(np.float32)
    return np.where(np.isnan(values), np.float32(np.nan), bins)


def _decoded(trees: Trees, cuts: Sequence[Floats]) -> Trees:
    """Return trees grown on bins as trees that read the values themselves.

    A bin is at most i where its values are at most the i-th cut.
    """
    threshold = trees.threshold.copy()
    for feature, cut in enumerate(cuts):
        nodes = np.flatnonzero(~trees.is_leaf & (trees.feature == feature))
        bins = np.clip(np.floor(threshold[nodes]), 0, len(cut))  # infinite: all but NaN go left
        threshold[nodes] = np.append(cut, np.inf)[bins.astype(np.int64)]
    return replace(trees, threshold=threshold)


def _varies(values: Singles) -> bool:
    known = values[np.isfinite(values)]
    return len(known) > 0 and bool((known != known[0]).any())


def sigmoid(odds: Floats) -> Floats:
    """Return the probability of log-odds, kept away from 0 and 1."""
    p: Floats = 1 / (1 + np.exp(-np.clip(odds, -LOGIT, LOGIT)))
    return p


def leaves_of(trees: Trees, n_features: int) -> LeafMasks:
    """Return the trees as masks; raises BadInput where one of them has too many leaves."""
    size = np.diff(trees.bounds)
    tree = np.repeat(np.arange(len(size)), size)
    root = trees.bounds[:-1][tree]
    n_below, number = _numbered(trees, root)
    most = int(n_below.max(initial=0))
    width = next((bits for bits in MASKS if most < bits), 0)
    if not width:
        raise BadInput(f"A tree has {most} leaves; learn the model anew with 63 at the most.")
    kind = MASKS[width]
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
