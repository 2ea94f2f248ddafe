"""Returned products: what a customer gave back wholly and has not bought again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.dataset.coded_table import CodedTable
from xenorec.dataset.vocabulary import Vocabulary
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.timestamps import microseconds

NEED = ("customer_id", "product_id", "ordered_at")
MAY = ("quantity", "refunded_quantity")


@dataclass(frozen=True, eq=False)
class Returns:
    """One entry per customer and product that was given back, sorted by ``key``.

    ``key`` is customer * number of products + product; ``at`` is when it came back, or when it was
    bought where that is all that is known.
    """

    key: Ints
    at: Ints


def read_returns(source: Any | None, purchases: PurchaseMatrix) -> Returns:
    """Return what was given back by ``as_of``, from a frame of lines.

    Two ways are understood: ``refunded_quantity`` on the line (without an instant of its own: a
    refund later than ``as_of`` cannot be told from an earlier one), and a later line of a negative
    quantity. The last purchase of the product counts.
    """
    nothing = Returns(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    if source is None:
        return nothing
    table = CodedTable.of(source).require(*NEED, may=MAY)
    quantity, back = _quantities(table)
    if not ((back > 0) | (quantity < 0)).any():
        return nothing
    customer = Vocabulary(purchases.customers).recode(*table.codes("customer_id"))
    product = Vocabulary(purchases.products).recode(*table.codes("product_id"))
    known = (customer >= 0) & (product >= 0)
    kept, at = np.flatnonzero(known), table.where(known).instants("ordered_at")
    past = at <= microseconds(purchases.as_of)
    kept, at = kept[past], at[past]
    key = customer[kept] * len(purchases.products) + product[kept]
    return _wholly(key, at, quantity[kept], back[kept])


def _wholly(key: Ints, at: Ints, quantity: Floats, back: Floats) -> Returns:
    pairs, line = np.unique(key, return_inverse=True)
    is_sale = quantity > 0
    last = np.full(len(pairs), np.iinfo(np.int64).min)
    np.maximum.at(last, line[is_sale], at[is_sale])
    is_last = is_sale & (at == last[line])
    is_return = (quantity < 0) & (at >= last[line])
    bought = np.bincount(line, np.where(is_last, quantity, 0.0), minlength=len(pairs))
    given = np.where(is_last, back, 0.0) + np.where(is_return, -quantity, 0.0)
    gone = np.bincount(line, given, minlength=len(pairs))
    when = last.copy()
    np.maximum.at(when, line[is_return], at[is_return])
    is_back = (bought > 0) & (gone >= bought)
    return Returns(pairs[is_back], when[is_back])


def _quantities(table: CodedTable) -> tuple[Floats, Floats]:
    """Return how many were bought (1 where the line does not say) and how many refunded."""
    quantity, back = table.numbers("quantity"), table.numbers("refunded_quantity")
    return np.where(np.isnan(quantity), 1.0, quantity), np.nan_to_num(back)
