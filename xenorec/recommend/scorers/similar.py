"""Similar: what a customer has bought, times how similar other products are to that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from xenorec.numbers import Floats, Ints
from xenorec.recommend.arrays import starts, total
from xenorec.recommend.scorers.table import Table, stack, strongest
from xenorec.recommend.shop import Shop

MOST_PRODUCTS = 400
"""Products of a customer that count, the most recent: nobody makes the work quadratic."""
ENTRIES_AT_ONCE = 10_000_000


def taste(shop: Shop, half_life: timedelta) -> Table:
    """Return log(1 + faded number of orders) of each customer's 400 most recent products."""
    purchases, bought = shop.purchases, shop.purchases.bought
    faded = total(bought.of_line, purchases.weight(half_life), len(bought.product))
    bounds = starts(bought.customer, len(purchases.customers))
    column = bought.product.astype(np.int32)
    everything = Table(np.log1p(faded), column, bounds, shop.n_products)
    if np.diff(bounds).max(initial=0) <= MOST_PRODUCTS:
        return everything
    ranked = np.lexsort((bought.product, -bought.last_at, bought.customer))
    rank = np.empty(len(ranked), dtype=np.int64)
    rank[ranked] = np.arange(len(ranked)) - bounds[bought.customer[ranked]]
    kept = rank < MOST_PRODUCTS
    bounds = starts(bought.customer[kept], len(purchases.customers))
    return Table(everything.value[kept], column[kept], bounds, shop.n_products)


def capped_say(rows: Table, owner: Ints) -> Table:
    """Return ``rows`` so that no owner counts more in pairs of products than 9 in 10 owners do.

    Nobody moves what is learned much more than others do, however much they buy.
    """
    row = np.repeat(np.arange(rows.n_rows), np.diff(rows.bounds))
    in_pairs = np.bincount(row, rows.value, minlength=rows.n_rows) ** 2
    mass = np.bincount(owner, in_pairs)
    most = float(np.quantile(mass[mass > 0], 0.9, method="higher")) if mass.any() else 1.0
    scale = np.sqrt(most / np.maximum(mass, most))
    return rows._replace(value=rows.value * scale[owner[row]])


def cosines(rows: Table, place: Ints, *, k: int, shrink: float) -> Table:
    """Return products x products: the ``k`` highest cosines of the columns of ``rows``.

    A cosine counts c / (c + ``shrink``), where c is the effective number of owners in common: the
    product of the two columns in units of what one entry adds on average.
    """
    product = rows.column
    length = np.sqrt(np.bincount(product, rows.value**2, minlength=rows.n_columns))
    unit = max(float(np.mean(rows.value**2)) if len(product) else 1.0, 1e-12)
    single = rows.csr().astype(np.float32)

    def finish(block: Any, taken: slice) -> None:
        at = np.repeat(np.arange(taken.start, taken.stop), np.diff(block.indptr))
        common = block.data / unit
        both = np.maximum(length[at] * length[block.indices], 1e-12)
        block.data = block.data / both * (common / (common + shrink))

    return similar_products(single.T.tocsr(), single, place, k, finish)


def similar_products(
    left: Any, right: Any, place: Ints, k: int, finish: Callable[[Any, slice], None]
) -> Table:
    """Return for each row of ``left`` the ``k`` most similar products by ``left @ right``.

    Rows are taken in blocks that fit in memory. ``finish`` changes the values of a block in place;
    a product is never similar to itself.
    """
    blocks = []
    for rows in _blocks(left, right):
        block = (left[rows] @ right).tocsr()
        row = np.repeat(np.arange(rows.start, rows.stop), np.diff(block.indptr))
        finish(block, rows)
        block.data[row == block.indices] = 0.0
        blocks.append(strongest(block, k, place))
    found = blocks[0]
    for block in blocks[1:]:
        found = stack(found, block)
    return found


def _blocks(left: Any, right: Any) -> Iterator[slice]:
    met = left.astype(bool).astype(np.float64) @ np.diff(right.indptr).astype(np.float64)
    room = np.minimum(met, right.shape[1])
    block = (np.cumsum(room) // ENTRIES_AT_ONCE).astype(np.int64)
    ends = np.append(np.flatnonzero(np.diff(block)) + 1, len(met))
    begin = 0
    for end in ends.tolist():
        yield slice(begin, end)
        begin = end


@dataclass(frozen=True)
class Similar:
    """Tastes (customers x products) and similarities (bought x other products), put together."""

    tastes: Table
    alike: Table

    def rows(self, customer: Ints) -> Any:
        """Return the score of every product that is similar to one the customer bought."""
        return self.tastes.take(customer).csr() @ self.alike.csr()

    def because(self, customer: Ints, product: Ints) -> Ints:
        """Return the customer's product that adds most to each score; of equals the first by id."""
        n = self.alike.n_columns
        people, person = np.unique(customer, return_inverse=True)
        which, at = self.tastes.entries(people)
        source = self.tastes.column[at].astype(np.int64)
        step, part = self.alike.entries(source)
        key = which[step] * n + self.alike.column[part]
        asked = np.zeros(len(people) * n, dtype=bool)
        asked[person * n + product] = True
        kept = np.flatnonzero(asked[key])
        value = self.tastes.value[at][step[kept]] * self.alike.value[part[kept]]
        return first_of(key[kept], value, source[step[kept]], person * n + product)


def first_of(key: Ints, value: Floats, source: Ints, asked: Ints) -> Ints:
    """Return for each ``asked`` key the source of its highest value, or -1 without any."""
    ranked = np.lexsort((source, -value, key))
    known, first = np.unique(key[ranked], return_index=True)
    if not len(known):
        return np.full(len(asked), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[at] == asked, source[ranked[first[at]]], -1).astype(np.int64)
