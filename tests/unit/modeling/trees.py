"""Boosted trees read the slow and plain way."""

from __future__ import annotations

import numpy as np

from xenorec.modeling.boosting import Trees


def walked(trees: Trees, block: np.ndarray) -> np.ndarray:
    """Return the log-odds of each row, node by node, as the trees are written."""
    margins = np.full(len(block), trees.baseline)
    for begin in trees.bounds[:-1]:
        at = np.full(len(block), begin)
        while (inner := ~trees.is_leaf[at]).any():
            node = at[inner]
            value = block[inner, trees.feature[node]]
            nan_left = np.isnan(value) & trees.nan_left[node]
            is_left = nan_left | (value <= trees.threshold[node])
            at[inner] = begin + np.where(is_left, trees.left[node], trees.right[node])
        margins += trees.value[at]
    return margins
