"""The few operations on arrays that all parts of this folder share."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from xenorec.array_types import Bools, Floats, Hashes, Ints, Singles, Texts

Kind = TypeVar("Kind", bound=np.generic)


def total(group: Ints, weight: Floats, n_groups: int) -> Floats:
    """Return the sum of ``weight`` in each group."""
    return np.bincount(group, weight, minlength=n_groups).astype(np.float64)


def distinct(values: Ints) -> Ints:
    """Return the sorted distinct values; on many rows a sort is faster than numpy's hash table."""
    ranked = np.sort(values)
    return ranked[np.append(True, ranked[1:] != ranked[:-1])] if len(ranked) else ranked


def names_at(names: Texts, code: Ints) -> Texts:
    """Return the name of each code, None for a code of -1."""
    found: Texts = np.full(len(code), None, dtype=object)
    found[code >= 0] = names[code[code >= 0]]
    return found


def starts(group: Ints, n_groups: int) -> Ints:
    """Return where each group begins in the sorted ``group``; one entry more than groups."""
    return np.searchsorted(group, np.arange(n_groups + 1)).astype(np.int64)


def spread(begin: Ints, size: Ints) -> tuple[Ints, Ints]:
    """Return (which, at) for runs of ``size`` entries from ``begin``, one after the other.

    >>> which, at = spread(np.array([5, 0]), np.array([2, 1]))
    >>> which.tolist(), at.tolist()
    ([0, 0, 1], [5, 6, 0])
    """
    which = np.repeat(np.arange(len(size)), size)
    ahead = np.cumsum(size) - size
    return which, np.arange(len(which)) + (begin - ahead)[which]


def rows_of(bounds: Ints, code: Ints) -> tuple[Ints, Ints]:
    """Return (which, at): the entries of each group in ``code``; none for a code of -1."""
    known = np.where(code >= 0, code, 0)
    size = np.where(code >= 0, bounds[known + 1] - bounds[known], 0)
    return spread(bounds[known], size)


def best_each(group: Ints, score: Floats, place: Ints, k: int | None = None) -> tuple[Ints, Ints]:
    """Return (rows, rank) of the ``k`` best rows of each group, best first, rank from 1.

    Higher ``score`` wins, then lower ``place``. Groups come in ascending order.
    """
    order = _ranked(group, score, place)
    sorted_group = group[order]
    at = np.arange(len(order))
    is_first = np.append(True, sorted_group[1:] != sorted_group[:-1])[: len(order)]
    rank = at - np.maximum.accumulate(np.where(is_first, at, 0)) + 1
    keep = slice(None) if k is None else rank <= k
    return order[keep].astype(np.int64), rank[keep].astype(np.int64)


def _ranked(group: Ints, score: Floats, place: Ints) -> Ints:
    """Return the rows by group, then higher ``score``, then lower ``place``, then as they came.

    One sort of scores and one of whole numbers that hold all three, where they fit and differ.
    """
    n = len(group)
    by_score = np.argsort(-score)
    falling = score[by_score]
    level = np.empty(n, dtype=np.int64)
    level[by_score] = np.cumsum(np.append(False, falling[1:] != falling[:-1])[:n])
    lowest = place.min(initial=0)
    for_level, for_place = n.bit_length(), int(place.max(initial=0) - lowest).bit_length()
    bits = int(group.max(initial=0)).bit_length() + for_level + for_place
    if n and bits < 64 and group.min() >= 0 and not np.isnan(falling[-1]):
        key = (group << for_level | level) << for_place | (place - lowest)
        order = np.argsort(key)
        if (np.diff(key[order]) > 0).all():
            return order.astype(np.int64)
    return np.lexsort((place, -score, group)).astype(np.int64)


def unknown(n: int) -> Singles:
    """Return ``n`` times NaN that take no memory; read only."""
    return np.broadcast_to(np.float32(np.nan), (n,))


def find(keys: Ints, key: Ints) -> tuple[Ints, Bools]:
    """Return (at, is_known): where each ``key`` stands in the sorted ``keys``, if it does."""
    if not len(keys):
        return np.zeros(len(key), dtype=np.int64), np.zeros(len(key), dtype=bool)
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1).astype(np.int64)
    return at, np.asarray(keys[at] == key)


def values_or(
    values: npt.NDArray[Kind], at: Ints, is_known: Bools, missing: Any
) -> npt.NDArray[Kind]:
    """Return ``values[at]``, and ``missing`` where nothing is known; ``values`` is not copied."""
    if not len(values):
        return np.full(len(at), missing, dtype=values.dtype)
    found = values[np.where(is_known, at, 0)]
    found[~is_known] = missing
    return found


def uniform_hash(key: Ints | Hashes) -> Floats:
    """Return a number in [0, 1) that depends on each key alone (SplitMix64, Steele et al. 2014)."""
    z = key.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return np.asarray((z >> np.uint64(11)).astype(np.float64) / 2.0**53)
