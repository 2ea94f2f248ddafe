"""What a scorer is: it learns from a shop and gives each customer's products a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, significant
from xenorec.modeling.parallel import in_threads
from xenorec.recommend.grouped_arrays import best_each, distinct
from xenorec.recommend.scorers.sparse_table import SparseTable, near_top
from xenorec.recommend.shop_data import ShopData

AT_ONCE = 256
"""Customers that are worked out together."""


@dataclass(frozen=True)
class Scores:
    """One entry per asked customer and product, each pair once, sorted by both.

    ``asked`` is a position among the customers asked about, ``product`` one in the purchases'
    products. ``score`` is finite and above 0, higher is better. ``because`` is the product of the
    shop that is the reason, or -1.
    """

    asked: Ints
    product: Ints
    score: Floats
    because: Ints

    def __len__(self) -> int:
        return len(self.asked)

    def take(self, rows: Ints | Bools) -> Scores:
        """Return some of the entries."""
        return Scores(*(getattr(self, f.name)[rows] for f in fields(self)))


class Scorer(Protocol):
    """One way to rank the products of a shop for a customer."""

    name: str

    def fit(self, shop: ShopData) -> Self:
        """Learn from the shop, forgetting what was learned before; learned names end in ``_``."""
        ...

    def score(
        self, customer: Ints, *, depth: int, is_open: Bools, pairs: Ints | None = None
    ) -> Scores:
        """Return the ``depth`` best open products of each customer, and the ``pairs`` asked for.

        ``customer``: positions in the purchases' customers, -1 when unknown. ``is_open``: one per
        product. Of equal scores the more popular product is first. ``pairs``: sorted numbers
        asked * number of products + product; those with a score above 0 are returned too, closed
        ones as well. Nothing is changed, and no customer's answer depends on who else is asked.
        """
        ...


@dataclass(frozen=True)
class ScoreRequest:
    """What is asked of a scorer, with the popularity ``place`` that decides between equals.

    ``owned``, where given, holds the products of each customer; these are not among the best.
    """

    depth: int
    is_open: Bools
    pairs: Ints | None
    place: Ints
    owned: SparseTable | None = None

    @property
    def n_products(self) -> int:
        """How many products the shop has."""
        return len(self.place)

    @cached_property
    def all_open(self) -> bool:
        """Whether nothing is closed."""
        return bool(self.is_open.all())


def nothing() -> Scores:
    """Return no scores."""
    none = np.empty(0, dtype=np.int64)
    return Scores(none, none, np.empty(0), none)


def join(parts: Sequence[Scores]) -> Scores:
    """Return the scores of several blocks, in order, as one."""
    if not parts:
        return nothing()
    return Scores(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Scores)))


def in_blocks(
    customer: Ints,
    rows_of: Callable[[Ints], Any],
    ask: ScoreRequest,
    *,
    because: Callable[[Ints, Ints], Ints] | None = None,
    unknown: bool = False,
) -> Scores:
    """Return what ``ask`` wants of the scores that ``rows_of`` gives for a block of customers.

    ``rows_of`` returns a SciPy array, one row per known customer, one column per product.
    ``because`` gets the customer and the product of each entry that is returned. ``unknown``: a
    customer -1 is worked out too. Blocks are worked out side by side in threads.
    """

    def block(asked: Ints) -> Scores:
        part = pick(rows_of(customer[asked]), asked, customer[asked], ask)
        if because is None or not len(part):
            return part
        return replace(part, because=because(customer[part.asked], part.product))

    known = np.flatnonzero(customer >= (-1 if unknown else 0))
    pieces = [known[begin : begin + AT_ONCE] for begin in range(0, len(known), AT_ONCE)]
    return join(list(in_threads(block, pieces)))


def pick(scores: Any, asked: Ints, customer: Ints, ask: ScoreRequest) -> Scores:
    """Return the best and the wanted entries of ``scores``, one row per asked customer."""
    at = _best(scores, customer, ask)
    if ask.pairs is not None:
        at = distinct(np.concatenate([at, _positions_of_pairs(scores, asked, ask)]))
    row = np.searchsorted(scores.indptr, at, side="right") - 1
    product = scores.indices[at].astype(np.int64)
    order = np.lexsort((product, row))
    score = significant(scores.data[at[order]].astype(np.float64))
    because = np.full(len(at), -1, dtype=np.int64)
    return Scores(asked[row[order]], product[order], score, because)


def _best(scores: Any, customer: Ints, ask: ScoreRequest) -> Ints:
    """Return where the ``depth`` best open entries of each row stand.

    Equal means equal to six digits, so that the last bit of a sum decides nothing.
    """
    found = []
    for row, person in enumerate(customer.tolist()):
        begin, end = int(scores.indptr[row]), int(scores.indptr[row + 1])
        value = _showable(scores.indices[begin:end], scores.data[begin:end], person, ask)
        found.append(begin + near_top(value, ask.depth))
    near = np.concatenate([*found, np.empty(0, dtype=np.int64)])
    group = np.repeat(np.arange(len(found)), [len(at) for at in found])
    value = significant(scores.data[near].astype(np.float64))
    best, _ = best_each(group, value, ask.place[scores.indices[near]], ask.depth)
    return near[best]


def _positions_of_pairs(scores: Any, asked: Ints, ask: ScoreRequest) -> Ints:
    """Return where the entries of ``ask.pairs`` stand."""
    assert ask.pairs is not None
    found = [np.empty(0, dtype=np.int64)]
    for row, key in enumerate((asked * ask.n_products).tolist()):
        begin, end = int(scores.indptr[row]), int(scores.indptr[row + 1])
        first, last = np.searchsorted(ask.pairs, [key, key + ask.n_products])
        product, value = scores.indices[begin:end], scores.data[begin:end]
        inside = _among(product, ask.pairs[first:last] - key, ask.n_products)
        found.append(begin + np.flatnonzero(inside & (value > 0)))
    return np.concatenate(found)


def _showable(product: Any, value: Floats, customer: int, ask: ScoreRequest) -> Floats:
    """Return the values with 0 for what is closed, or owned where that is left out."""
    if not ask.all_open:
        value = np.where(ask.is_open[product], value, 0.0)
    if ask.owned is not None:
        own = ask.owned.column[ask.owned.bounds[customer] : ask.owned.bounds[customer + 1]]
        value = np.where(_among(product, own, ask.n_products), 0.0, value)
    return value


def _among(product: Any, some: Any, n_products: int) -> Bools:
    """Return which products are among ``some``."""
    mark = np.zeros(n_products, dtype=bool)
    mark[some] = True
    found: Bools = mark[product]
    return found
