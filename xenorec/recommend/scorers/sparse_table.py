"""A sparse table as plain arrays, so that what a scorer learned can be saved as it is."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from xenorec.array_types import Floats, Ints, significant
from xenorec.recommend.grouped_arrays import best_each, spread

SLACK = 1e-5
"""What rounding to six digits may move a score by, and a little more."""


class SparseTable(NamedTuple):
    """Rows of (column, value): row i is at ``bounds[i]`` to ``bounds[i + 1]`` of both arrays."""

    value: Floats
    column: npt.NDArray[np.int32]
    bounds: Ints
    n_columns: int

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.bounds) - 1

    def csr(self) -> Any:
        """Return the same as a SciPy array; nothing is copied."""
        from scipy.sparse import csr_array

        shape = (self.n_rows, self.n_columns)
        return csr_array((self.value, self.column, self.bounds), shape=shape)

    def take(self, rows: Ints) -> SparseTable:
        """Return some of the rows, in the order given."""
        size = np.diff(self.bounds)[rows]
        _, at = spread(self.bounds[rows], size)
        return SparseTable(
            self.value[at], self.column[at], np.append(0, np.cumsum(size)), self.n_columns
        )

    def entries(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return (which, at): the entries of each of ``rows``, and where they stand."""
        return spread(self.bounds[rows], np.diff(self.bounds)[rows])


def table_of(row: Ints, column: Ints, value: Floats, *, shape: tuple[int, int]) -> SparseTable:
    """Return a table of entries that are sorted by row."""
    bounds = np.searchsorted(row, np.arange(shape[0] + 1)).astype(np.int64)
    return SparseTable(
        np.asarray(value, dtype=np.float64), column.astype(np.int32), bounds, shape[1]
    )


def as_table(matrix: Any) -> SparseTable:
    """Return a SciPy array as a table with the columns of each row in ascending order."""
    csr = matrix.tocsr()
    csr.sort_indices()
    column, bounds = csr.indices.astype(np.int32), csr.indptr.astype(np.int64)
    return SparseTable(np.asarray(csr.data, dtype=np.float64), column, bounds, csr.shape[1])


def stack(*tables: SparseTable) -> SparseTable:
    """Return the rows of all tables, one below the other."""
    value = np.concatenate([table.value for table in tables])
    column = np.concatenate([table.column for table in tables])
    size = np.concatenate([np.diff(table.bounds) for table in tables])
    return SparseTable(value, column, np.append(0, np.cumsum(size)), tables[0].n_columns)


def likely_top(value: npt.NDArray[Any], k: int, *, slack: float = 0.0) -> Ints:
    """Return positions that hold the ``k`` highest values and little else, ascending.

    A look at every 16th value tells how high to aim; where that is too high, all are returned.
    ``slack``: what is lower than the k-th by that share of it at most is there too.
    """
    few = value[::16]
    rank = k // 8 + 8
    if rank < len(few) // 4:
        aim = np.partition(few, len(few) - rank)[len(few) - rank]
        hope = np.flatnonzero(value >= aim * (1 - slack))
        if len(hope) >= k:
            return hope
    return np.arange(len(value))


def near_top(value: Floats, depth: int) -> Ints:
    """Return where the ``depth`` highest values above 0 stand, and what may equal the last."""
    if depth < 1:
        return np.empty(0, dtype=np.int64)
    at = likely_top(value, depth, slack=SLACK)
    least = 0.0
    if depth < len(at):
        least = float(np.partition(value[at], len(at) - depth)[-depth]) * (1 - SLACK)
    near: Ints = at[value[at] >= least] if least > 0 else np.flatnonzero(value > 0)
    return near


def strongest(matrix: Any, k: int, place: Ints) -> SparseTable:
    """Return the ``k`` highest values above 0 of each row; of equals the lower ``place``."""
    found = [np.empty(0, dtype=np.int64)]
    for begin, end in pairwise(matrix.indptr.tolist()):
        found.append(begin + near_top(matrix.data[begin:end], k))
    near = np.concatenate(found)
    size = np.array([len(at) for at in found[1:]], dtype=np.int64)
    row = np.repeat(np.arange(len(size)), size)
    value, column = significant(matrix.data[near].astype(np.float64)), matrix.indices[near]
    kept = size[row] <= k
    level = np.flatnonzero(~kept)
    best, _ = best_each(row[level], value[level], place[column[level]], k)
    kept[level[best]] = True
    return as_table(table_of(row[kept], column[kept], value[kept], shape=matrix.shape).csr())
