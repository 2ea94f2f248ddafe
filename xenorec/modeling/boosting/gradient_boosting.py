"""The boosted model: from the features of a pair to how much it speaks for a purchase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.errors import BadInput
from xenorec.modeling.boosting.leaf_masks import NOTHING_ALIKE, Alike, LeafMasks, leaves_of
from xenorec.modeling.parallel import alone

BINS = 128
"""Bins of a feature while trees are grown."""


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

    def margin(self, block: Floats) -> Floats:
        """Return the log-odds of each row of ``block``, which has a column per feature.

        Node by node, as the trees are written; ``LeafMasks`` gives the same in less time.
        """
        margins = np.full(len(block), self.baseline)
        for begin, end in pairwise(self.bounds.tolist()):
            margins += self._walk(block, slice(begin, end))
        return margins

    def _walk(self, block: Floats, nodes: slice) -> Floats:
        """Return the value of each row's leaf in one tree, in numpy alone."""
        at = np.full(len(block), nodes.start)
        rows = np.flatnonzero(~self.is_leaf[at])
        while len(rows):
            node = at[rows]
            value = block[rows, self.feature[node]]
            is_left = np.where(np.isnan(value), self.nan_left[node], value <= self.threshold[node])
            at[rows] = nodes.start + np.where(is_left, self.left[node], self.right[node])
            rows = rows[~self.is_leaf[at[rows]]]
        values: Floats = self.value[at]
        return values


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
        if self._leaves is None:
            return self.trees.margin(np.column_stack(columns).astype(np.float64))
        groups = [alike.get(name.partition("_")[0]) for name in self.names]
        return self.trees.baseline + self._leaves.total(columns, groups)

    @cached_property
    def _leaves(self) -> LeafMasks | None:
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
    with alone():
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
