"""Page grid: the cells of many pages as arrays, with what was bought of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.dataset.data_frames import arrow, encode, floats, ids
from xenorec.dataset.vocabulary import Vocabulary
from xenorec.errors import BadInput
from xenorec.recommend.grouped_arrays import distinct, names_at

PLACE = ("customer_id", "shelf", "shelf_rank", "product_id", "item_rank")


@dataclass(frozen=True, eq=False)
class PageGrid:
    """One entry per cell of the pages: whose, where (row and column from 1), what, bought or not.

    ``customer`` is a position among the customers asked about, ``key`` the pair customer and
    product as one number. ``n_relevant`` has one entry per customer: the distinct products bought.
    ``predicted`` is NaN where nothing was predicted.
    """

    customer: Ints
    row: Ints
    column: Ints
    key: Ints
    shelf: Texts
    is_hit: Bools
    predicted: Floats
    n_relevant: Ints

    def take(self, cells: Bools) -> PageGrid:
        """Return some of the cells, of the same customers."""
        some = {f.name: getattr(self, f.name)[cells] for f in fields(self)[:-1]}
        return PageGrid(**some, n_relevant=self.n_relevant)


def read_grid(page: Any, truth: Any, customers: Any, *, predicted: str | None = None) -> PageGrid:
    """Return the cells of the named customers' pages.

    ``page``: customer_id, shelf, shelf_rank, product_id, item_rank, and the column ``predicted``
    where one is named. ``truth``: customer_id, product_id, once or more per pair. Raises BadInput
    for a missing column, a customer named twice, or ranks that do not begin at 1.
    """
    who = each_once(customers)
    need = PLACE if predicted is None else (*PLACE, predicted)
    cells, bought = arrow(page, need=need), arrow(truth, need=("customer_id", "product_id"))
    names, product = encode(pa.concat_arrays([_plain(cells), _plain(bought)]))
    customer = np.concatenate([Vocabulary(who).codes(t["customer_id"]) for t in (cells, bought)])
    key = np.where(product >= 0, customer * max(len(names), 1) + product, -1)
    asked, n = (customer >= 0) & (key >= 0), cells.num_rows
    relevant = distinct(key[n:][asked[n:]])
    grid = PageGrid(
        customer=customer[:n],
        row=_ranks(cells, "shelf_rank"),
        column=_ranks(cells, "item_rank"),
        key=key[:n],
        shelf=np.array(cells["shelf"].to_pylist(), dtype=object),
        is_hit=np.isin(key[:n], relevant),
        predicted=np.full(n, np.nan) if predicted is None else floats(cells[predicted], predicted),
        n_relevant=np.bincount(relevant // max(len(names), 1), minlength=len(who)),
    )
    return grid.take(asked[:n])


def each_once(customers: Any) -> Texts:
    """Return the customers as text, in the order given; raises BadInput when one comes twice."""
    listed = [customers] if isinstance(customers, str) else list(customers)
    who = ids(listed, "customers")
    if len(who) < len(listed):
        raise BadInput(
            f"customers names {len(listed)} customers, yet only {len(who)} different ones; "
            f"name each of them once."
        )
    return who


def _plain(table: Any) -> Any:
    names, code = encode(table["product_id"])
    return pa.array(names_at(names, code), pa.string())


def _ranks(table: Any, name: str) -> Ints:
    found = floats(table[name], name)
    if not (found >= 1).all() or (found != np.floor(found)).any():
        raise BadInput(f"{name} holds other values than whole numbers from 1 on; number from 1.")
    return found.astype(np.int64)
