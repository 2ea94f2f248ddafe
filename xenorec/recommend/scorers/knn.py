"""Knn: the customers whose purchases are most alike, sought among reference customers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xenorec.array_types import Floats, Ints, Texts
from xenorec.recommend.grouped_arrays import starts
from xenorec.recommend.scorers.sparse_table import SparseTable, likely_top, stack

EXACT_UP_TO = 20_000
"""Customers up to which a shop is compared as a whole; a larger one with a sample."""
HEAD = 256
"""Products that most customers have: compared in a dense product, the others in a sparse one."""


class NearestCustomers(NamedTuple):
    """Reference customers, with what is needed to compare anybody with them.

    How alike is the product of the vectors x asked about and y of a reference, times ``factor``
    or, where there is none, minus half the squared length of y: the nearer, the higher. The
    vectors hold whole numbers small enough for every sum to be exact, so that the answer is the
    same in whatever order and blocks it is worked out. ``dense`` has a column per product of
    ``head`` and one for what is added. ``place`` is where each customer stands among the
    references, or -1.
    """

    customer: Ints
    place: Ints
    head: Ints
    dense: npt.NDArray[Any]
    tail: SparseTable
    factor: npt.NDArray[Any]

    def find(self, vectors: SparseTable, customer: Ints, k: int) -> tuple[Ints, Ints, Floats]:
        """Return (row, reference, alike) of the ``k`` nearest others of each customer.

        ``vectors``: one row per customer of the shop. ``row`` counts the customers asked about.
        Of equals the first by id is nearer. Sorted by row and reference.
        """
        alike = self._compare(vectors.take(customer))
        own = self.place[customer]
        alike[np.flatnonzero(own >= 0), own[own >= 0]] = -np.inf
        found = [_nearest(row, min(k, len(row))) for row in alike]
        row = np.repeat(np.arange(len(customer)), [len(at) for at in found])
        reference = np.concatenate([*found, np.empty(0, dtype=np.int64)])
        near = alike[row, reference].astype(np.float64)
        real = np.isfinite(near)
        return row[real], reference[real], near[real]

    def _compare(self, asked: SparseTable) -> npt.NDArray[Any]:
        """Return how alike each asked customer and each reference are."""
        place = np.full(asked.n_columns, -1, dtype=np.int64)
        place[self.head] = np.arange(len(self.head))
        row = np.repeat(np.arange(asked.n_rows), np.diff(asked.bounds))
        column = place[asked.column]
        inside = column >= 0
        left = np.zeros((asked.n_rows, len(self.head) + 1), dtype=self.dense.dtype)
        left[row[inside], column[inside]] = asked.value[inside]
        left[:, -1] = 1.0
        alike: npt.NDArray[Any] = left @ self.dense.T
        others = asked._replace(value=asked.value.astype(alike.dtype))
        rare = others.csr() @ self.tail.csr()
        row = np.repeat(np.arange(asked.n_rows) * alike.shape[1], np.diff(rare.indptr))
        alike.reshape(-1)[row + rare.indices] += rare.data
        if len(self.factor):
            alike *= self.factor
        return alike


def nearest_among(
    vectors: SparseTable,
    customers: Texts,
    *,
    squared: bool,
    power: float = 0.0,
    most: int,
    kind: type[np.floating[Any]] = np.float32,
) -> NearestCustomers:
    """Return the references of a shop: all of a small one, else a hashed sample of ``most``.

    ``vectors``: whole numbers, one row per customer. ``squared``: alike is minus the squared
    distance (but for what is the same for all references), else the product divided by the
    reference's number of entries to the ``power``. ``kind``: of the numbers compared, wide enough
    for every sum of products.
    """
    customer = sample(customers, most if len(customers) > EXACT_UP_TO else len(customers))
    chosen = vectors.take(customer)
    place = np.full(vectors.n_rows, -1, dtype=np.int64)
    place[customer] = np.arange(len(customer))
    chosen = chosen._replace(value=chosen.value.astype(kind))
    head, dense, tail = _split(chosen)
    if squared:
        half = -0.5 * np.bincount(_row(chosen), chosen.value**2, minlength=chosen.n_rows)
        factor = np.empty(0, dtype=kind)
    else:
        half = np.zeros(len(customer))
        factor = (np.maximum(np.diff(chosen.bounds), 1) ** -power).astype(kind)
    dense = np.column_stack([dense, half]).astype(kind)
    return NearestCustomers(customer, place, head, dense, tail, factor)


def combine(
    row: Ints, reference: Ints, weight: Floats, others: SparseTable, own: SparseTable
) -> Any:
    """Return each row of ``own`` plus the weighted sum of its references' rows of ``others``."""
    last = starts(row, own.n_rows)[1:]
    column = np.insert(reference, last, others.n_rows + np.arange(own.n_rows)).astype(np.int32)
    bounds = np.append(0, last + np.arange(1, own.n_rows + 1))
    both = stack(others, own)
    weights = SparseTable(np.insert(weight, last, 1.0), column, bounds, both.n_rows)
    return weights.csr() @ both.csr()


def sample(ids: Texts, most: int) -> Ints:
    """Return the positions of at most ``most`` ids, ascending: those with the lowest hash.

    The hash is SipHash of the text (``pandas.util.hash_array``): the same on every machine.
    """
    if len(ids) <= most:
        return np.arange(len(ids))
    hashed = pd.util.hash_array(ids, hash_key="xenorec scorers.")
    return np.sort(np.lexsort((np.arange(len(ids)), hashed))[:most]).astype(np.int64)


def _row(table: SparseTable) -> Ints:
    return np.repeat(np.arange(table.n_rows), np.diff(table.bounds))


def _split(chosen: SparseTable) -> tuple[Ints, npt.NDArray[Any], SparseTable]:
    """Return the products most references have, their values, and the other products' values."""
    n_having = np.bincount(chosen.column, minlength=chosen.n_columns)
    ranked = np.lexsort((np.arange(len(n_having)), -n_having))[:HEAD]
    head = np.sort(ranked).astype(np.int64)
    csr = chosen.csr()
    dense = np.ascontiguousarray(csr[:, head].toarray())
    is_head = np.isin(np.arange(chosen.n_columns), head)
    rare = csr.copy()
    rare.data[is_head[rare.indices]] = 0.0
    rare.eliminate_zeros()
    tail = rare.T.tocsr()
    column, bounds = tail.indices.astype(np.int32), tail.indptr.astype(np.int64)
    return head, dense, SparseTable(tail.data, column, bounds, chosen.n_rows)


def _nearest(alike: npt.NDArray[Any], k: int) -> Ints:
    """Return where the ``k`` highest stand, ascending; of equals the first ones."""
    if k >= len(alike):
        return np.arange(len(alike))
    at = likely_top(alike, k)
    value = alike[at]
    least = np.partition(value, len(value) - k)[len(value) - k]
    above, level = np.flatnonzero(value > least), np.flatnonzero(value == least)
    return at[np.sort(np.append(above, level[: k - len(above)]))]
