"""Names for the arrays of the models, and the rounding of their scores."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.int32]
Hashes: TypeAlias = npt.NDArray[np.uint64]
Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Singles: TypeAlias = npt.NDArray[np.float32]
Bools: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[np.object_]

DIGITS = 6


def significant(values: Floats) -> Floats:
    """Return ``values`` rounded to 6 significant decimal digits; 0, NaN and infinity stay.

    So that a replay stores the same bytes.
    """
    plain = np.isfinite(values) & (values != 0)
    size = np.abs(np.where(plain, values, 1.0))
    shift = DIGITS - 1 - np.floor(np.log10(size)).astype(np.int64)
    up, down = 10.0 ** np.clip(shift, 0, 300), 10.0 ** np.clip(-shift, 0, 300)
    rounded: Floats = np.where(plain, np.round(values * up / down) * down / up, values)
    return rounded


def distinct(whole: Ints) -> tuple[Ints, Ints]:
    """Return the distinct whole numbers, ascending, and how often each occurs.

    What ``np.unique`` gives, by a sort: a few times faster for millions.
    """
    ranked = np.sort(whole)
    first = np.flatnonzero(np.append(len(ranked) > 0, ranked[1:] != ranked[:-1])[: len(ranked)])
    return ranked[first], np.diff(np.append(first, len(ranked)))


def most_frequent(group: Ints | Codes, value: Ints | Codes, n_groups: int, n_values: int) -> Ints:
    """Return the value that each group has most often, the lowest of several; -1 without any.

    Values of -1 do not count.
    """
    found = np.full(n_groups, -1, dtype=np.int64)
    known, width = value >= 0, max(n_values, 1)
    pair, n = distinct(group[known].astype(np.int64) * width + value[known])
    ranked = np.lexsort((-pair, n))  # the best comes last and so is what stays
    found[pair[ranked] // width] = pair[ranked] % width
    return found
