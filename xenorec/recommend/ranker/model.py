"""The boosted model: from the features of a pair to how much it speaks for a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.numbers import Bools, Floats, Singles

AT_ONCE = 8192
"""Rows that are scored together: they stay in the processor's cache through all trees."""


@dataclass(frozen=True)
class Boosting:
    """How the trees are grown."""

    n_trees: int = 150
    learning_rate: float = 0.08
    n_leaves: int = 31
    least: int = 60
    ridge: float = 5.0


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model and the features it reads, in order."""

    names: tuple[str, ...]
    trees: Any

    def margin(self, found: Mapping[str, Singles]) -> Floats:
        """Return the log-odds of each row."""
        n = len(found[self.names[0]])
        margins = np.empty(n)
        for begin in range(0, n, AT_ONCE):
            rows = slice(begin, begin + AT_ONCE)
            block = np.column_stack([found[name][rows] for name in self.names])
            margins[rows] = self.trees.decision_function(block)
        return margins


def fit_model(
    found: Mapping[str, Singles], bought: Bools, weight: Floats, boosting: Boosting
) -> Model:
    """Return a model of ``bought`` (histogram gradient boosting, log loss; Friedman 2001)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    names = tuple(name for name in sorted(found) if _varies(found[name]))
    trees = HistGradientBoostingClassifier(
        max_iter=boosting.n_trees,
        learning_rate=boosting.learning_rate,
        max_leaf_nodes=boosting.n_leaves,
        min_samples_leaf=boosting.least,
        l2_regularization=boosting.ridge,
        early_stopping=False,
        random_state=0,
    )
    block = np.column_stack([found[name] for name in names])
    return Model(names, trees.fit(block, bought, sample_weight=weight))


def _varies(values: Singles) -> bool:
    known = values[np.isfinite(values)]
    return len(known) > 0 and bool((known != known[0]).any())
