"""Pairs of products that are bought in the same order more than their sales explain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats, Ints, significant
from xenorec.recommend.grouped_arrays import best_each, starts
from xenorec.recommend.shop_data import ShopData

LARGEST_ORDER = 200
PAIRS_AT_ONCE = 10_000_000


@dataclass(frozen=True)
class CoPurchases:
    """One entry per product and neighbour, sorted by product, best neighbour first.

    ``score`` is the cosine n_ab / sqrt(n_a n_b) times n_ab / (n_ab + shrink), where n counts
    orders: two products met once or twice say little (Linden et al. 2003; the shrinkage is
    Bell and Koren 2007). ``bounds`` tells where the neighbours of a product begin.
    """

    product: Ints
    other: Ints
    n_orders: Ints
    score: Floats
    bounds: Ints


def count_pairs(shop: ShopData, *, shrink: float, min_count: int, n_neighbours: int) -> CoPurchases:
    """Return the best neighbours of every product, from orders of up to 200 products.

    A pair needs ``min_count`` orders together. Memory stays bounded: products are taken in
    blocks, and no table of all products by all products is ever made.
    """
    orders = _order_table(shop, min_count)
    n_orders = np.asarray(orders.sum(axis=0), dtype=np.int64).ravel()
    found = [
        _block(orders, rows, n_orders, shop.popularity.place, shrink, min_count, n_neighbours)
        for rows in _blocks(orders)
    ]
    product, other, n, score = (np.concatenate(part) for part in zip(*found, strict=True))
    return CoPurchases(product, other, n, score, starts(product, shop.n_products))


def pairs_frame(pairs: CoPurchases, shop: ShopData, n: int, min_count: int) -> pd.DataFrame:
    """Return the ``n`` best neighbours of each product that may be shown beside it, as ids."""
    allowed, names = shop.is_allowed, shop.purchases.products
    kept = allowed[pairs.product] & allowed[pairs.other] & (pairs.n_orders >= min_count)
    product, other, score = pairs.product[kept], pairs.other[kept], pairs.score[kept]
    rows, rank = best_each(product, score, shop.popularity.place[other], n)
    frame = pd.DataFrame(
        {
            "product_id": names[product[rows]],
            "other_product_id": names[other[rows]],
            "rank": rank,
            "score": score[rows],
            "n_orders": pairs.n_orders[kept][rows],
        }
    )
    return frame.astype({"product_id": str, "other_product_id": str})


def _order_table(shop: ShopData, min_count: int) -> Any:
    """Return orders x products, of products sold ``min_count`` times and orders of usual size."""
    from scipy.sparse import csr_array

    purchases = shop.purchases
    often = np.bincount(purchases.product, minlength=shop.n_products) >= min_count
    size = np.bincount(purchases.order, minlength=len(purchases.orders))
    kept: Bools = often[purchases.product] & (size[purchases.order] <= LARGEST_ORDER)
    ones = np.ones(int(kept.sum()), dtype=np.int32)
    shape = (len(purchases.orders), shop.n_products)
    return csr_array((ones, (purchases.order[kept], purchases.product[kept])), shape=shape)


def _blocks(orders: Any) -> Iterator[slice]:
    """Return slices of products whose pairs fit in memory at once."""
    from scipy.sparse import csr_array

    size = np.diff(orders.indptr)
    met = csr_array(orders.T) @ size  # at most so many neighbours has a product
    block = np.cumsum(met) // PAIRS_AT_ONCE
    ends = np.append(np.flatnonzero(np.diff(block)) + 1, len(met))
    begin = 0
    for end in ends.tolist():
        yield slice(begin, end)
        begin = end


def _block(
    orders: Any,
    rows: slice,
    n_orders: Ints,
    place: Ints,
    shrink: float,
    min_count: int,
    n_neighbours: int,
) -> tuple[Ints, Ints, Ints, Floats]:
    together = (orders[:, rows].T.tocsr() @ orders).tocoo()
    kept = (together.data >= min_count) & (together.row + rows.start != together.col)
    product = together.row[kept].astype(np.int64) + rows.start
    other, n = together.col[kept].astype(np.int64), together.data[kept].astype(np.int64)
    score = significant(n / np.sqrt(n_orders[product] * n_orders[other]) * (n / (n + shrink)))
    hope = _near_best(product - rows.start, score, n_neighbours)
    product, other, n, score = product[hope], other[hope], n[hope], score[hope]
    best, _ = best_each(product, score, place[other], n_neighbours)
    return product[best], other[best], n[best], score[best]


def _near_best(group: Ints, score: Floats, k: int) -> Bools:
    """Return a mask that holds the ``k`` best of each group and little else; scores from 0.

    Group and score (rounded to 32 bits, which keeps their order) make one number, so a plain sort
    finds the k-th best of every group: much faster than sorting the rows themselves.
    """
    if not len(group):
        return np.empty(0, dtype=bool)
    key = (group << 32) | score.astype(np.float32).view(np.int32).astype(np.int64)
    ranked = np.sort(key)
    ends = np.cumsum(np.bincount(group))
    least = ranked[np.maximum(ends - k, np.append(0, ends[:-1])).clip(max=len(key) - 1)]
    near: Bools = key >= least[group]
    return near
