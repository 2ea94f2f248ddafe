"""Bought before or never: two tasks of different difficulty, scored apart.

A pair of customer and product is one number: customer * width + product, where width is more than
any product's position; -1 is an empty place in a list.
"""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Bools, Floats, Ints

PARTS = ("repeat", "discovery")


def split(keys: Ints, before: Ints) -> tuple[Bools, Bools]:
    """Return which keys are repeats and which discoveries, each of the shape of ``keys``.

    ``before``: the keys of everything bought in the past. An empty place (-1) is neither.
    """
    there = keys >= 0
    known = np.isin(keys, before)
    return there & known, there & ~known


def only(keys: Ints, mask: Bools, k: int) -> Ints:
    """Return customers x k: the first ``k`` keys of each row where the mask holds, then -1.

    >>> only(np.array([[4, 7, 2]]), np.array([[False, True, True]]), 3).tolist()
    [[7, 2, -1]]
    """
    order = np.argsort(~mask, axis=1, kind="stable")[:, :k]
    kept = np.take_along_axis(mask, order, axis=1)
    found = np.full((len(keys), k), -1, dtype=np.int64)
    found[:, : order.shape[1]] = np.where(kept, np.take_along_axis(keys, order, axis=1), -1)
    return found


def split_recall(lists: Ints, truth: Ints, before: Ints, *, width: int, k: int) -> Floats:
    """Return customers x ``PARTS``: recall@k of repeats and of discoveries, 0 to 1.

    For each part the list is the first ``k`` of its products of that kind, and what is to be
    found are the customer's purchases of that kind; so give lists deeper than ``k``. NaN for a
    customer who bought nothing of the kind.

    Args: ``lists``: customers x depth of keys, best first, customer 0 in row 0. ``truth``: the
    keys of what was bought in the span; ``before``: those of what had been bought earlier.
    Source: Li et al. 2023, "A next basket recommendation reality check".
    """
    truth = np.unique(truth)
    masks, sought = split(lists, before), split(truth, before)
    parts = [
        _recall(only(lists, mask, k), truth[wanted], width)
        for mask, wanted in zip(masks, sought, strict=True)
    ]
    return np.column_stack(parts)


def _recall(lists: Ints, truth: Ints, width: int) -> Floats:
    n = np.bincount(truth // width, minlength=len(lists))
    found = np.full(len(lists), np.nan)
    np.divide(np.isin(lists, truth).sum(axis=1), n, out=found, where=n > 0)
    return found
