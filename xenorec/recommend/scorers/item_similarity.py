"""Item similarity: what a customer has bought, times how similar other products are to that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.modeling.parallel import in_threads
from xenorec.recommend.grouped_arrays import starts, total
from xenorec.recommend.scorers.sparse_table import SparseTable, stack, strongest
from xenorec.recommend.shop_data import ShopData

MOST_PRODUCTS = 400
"""Products of a customer that count, the most recent: nobody makes the work quadratic."""
PEOPLE_AT_ONCE = 16
"""Customers whose reasons are sought together: so few that a table stays in the cache."""
ENTRIES_AT_ONCE = 2_000_000
"""Similarities that are worked out together by one thread."""


def taste(shop: ShopData, half_life: timedelta) -> SparseTable:
    """Return log(1 + faded number of orders) of each customer's 400 most recent products."""
    purchases, bought = shop.purchases, shop.purchases.bought
    faded = total(bought.of_line, purchases.weight(half_life), len(bought.product))
    bounds = starts(bought.customer, len(purchases.customers))
    column = bought.product.astype(np.int32)
    everything = SparseTable(np.log1p(faded), column, bounds, shop.n_products)
    if np.diff(bounds).max(initial=0) <= MOST_PRODUCTS:
        return everything
    ranked = np.lexsort((bought.product, -bought.last_at, bought.customer))
    rank = np.empty(len(ranked), dtype=np.int64)
    rank[ranked] = np.arange(len(ranked)) - bounds[bought.customer[ranked]]
    kept = rank < MOST_PRODUCTS
    bounds = starts(bought.customer[kept], len(purchases.customers))
    return SparseTable(everything.value[kept], column[kept], bounds, shop.n_products)


def capped_say(rows: SparseTable, owner: Ints) -> SparseTable:
    """Return ``rows`` so that no owner counts more in pairs of products than 9 in 10 owners do.

    Nobody moves what is learned much more than others do, however much they buy.
    """
    row = np.repeat(np.arange(rows.n_rows), np.diff(rows.bounds))
    in_pairs = np.bincount(row, rows.value, minlength=rows.n_rows) ** 2
    mass = np.bincount(owner, in_pairs)
    most = float(np.quantile(mass[mass > 0], 0.9, method="higher")) if mass.any() else 1.0
    scale = np.sqrt(most / np.maximum(mass, most))
    return rows._replace(value=rows.value * scale[owner[row]])


def cosines(rows: SparseTable, place: Ints, *, k: int, shrink: float) -> SparseTable:
    """Return products x products: the ``k`` highest cosines of the columns of ``rows``.

    A cosine counts c / (c + ``shrink``), where c is the effective number of owners in common: the
    product of the two columns in units of what one entry adds on average. That is the same as
    cosine^2 / (cosine + ``shrink`` * unit / (product of the columns' lengths)).
    """
    product = rows.column
    length = np.sqrt(np.bincount(product, rows.value**2, minlength=rows.n_columns))
    length = np.maximum(length, 1e-12)
    unit = max(float(np.mean(rows.value**2)) if len(product) else 1.0, 1e-12)
    single = rows._replace(value=rows.value / length[product]).csr().astype(np.float32)
    doubt = (np.sqrt(shrink * unit) / length).astype(np.float32)

    def finish(block: Any, taken: slice) -> None:
        whole = np.repeat(doubt[taken], np.diff(block.indptr))
        whole *= doubt[block.indices]
        whole += block.data
        block.data *= block.data
        np.divide(block.data, whole, out=block.data, where=whole > 0)

    return similar_products(single.T.tocsr(), single, place, k, finish)


def similar_products(
    left: Any, right: Any, place: Ints, k: int, finish: Callable[[Any, slice], None]
) -> SparseTable:
    """Return for each row of ``left`` the ``k`` most similar products by ``left @ right``.

    Rows are taken in blocks that fit in memory. ``finish`` changes the values of a block in place;
    a product is never similar to itself. Blocks are worked out side by side in threads.
    """

    def nearest(rows: slice) -> SparseTable:
        block = (left[rows] @ right).tocsr()
        finish(block, rows)
        row = np.repeat(np.arange(rows.start, rows.stop, dtype=np.int32), np.diff(block.indptr))
        block.data[row == block.indices] = 0.0
        return strongest(block, k, place)

    return stack(*in_threads(nearest, _blocks(left, right)))


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
class SimilarItems:
    """Tastes (customers x products) and similarities (bought x other products), put together."""

    tastes: SparseTable
    alike: SparseTable

    def rows(self, customer: Ints) -> Any:
        """Return the score of every product that is similar to one the customer bought."""
        return self.tastes.take(customer).csr() @ self.alike.csr()

    def because(self, customer: Ints, product: Ints) -> Ints:
        """Return the customer's product that adds most to each score; of equals the first by id."""
        ranked = np.argsort(customer, kind="stable")
        new = np.flatnonzero(np.diff(customer[ranked], prepend=-1))
        found = np.empty(len(customer), dtype=np.int64)
        for rows in np.split(ranked, new[PEOPLE_AT_ONCE::PEOPLE_AT_ONCE]):
            found[rows] = self._because(customer[rows], product[rows])
        return found

    def _because(self, customer: Ints, product: Ints) -> Ints:
        n = self.alike.n_columns
        people, person = np.unique(customer, return_inverse=True)
        which, at = self.tastes.entries(people)
        source = self.tastes.column[at].astype(np.int64)
        step, part = self.alike.entries(source)
        key = which[step] * n + self.alike.column[part]
        pair = person * n + product
        place = np.full(len(people) * n, -1, dtype=np.int32)
        place[pair] = np.arange(len(pair))
        entry = place[key]
        kept = np.flatnonzero(entry >= 0)
        value = self.tastes.value[at][step[kept]] * self.alike.value[part[kept]]
        best = first_of(entry[kept], value, source[step[kept]], len(pair))
        reasons: Ints = best[place[pair]]
        return reasons


def first_of(entry: Any, value: Floats, source: Ints, n: int) -> Ints:
    """Return for each of ``n`` entries the source of its highest value above 0, or -1 without any.

    The sources of an entry come in ascending order; of equals the first counts.
    """
    highest = np.zeros(n)
    np.maximum.at(highest, entry, value)
    top = np.flatnonzero((value == highest[entry]) & (value > 0))[::-1]
    found = np.full(n, -1, dtype=np.int64)
    found[entry[top]] = source[top]
    return found
