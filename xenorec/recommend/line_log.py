"""Lines of orders in coded form: what was read, before anything is cut or counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from xenorec.array_types import Bools, Codes, Floats, Ints, Singles, Texts
from xenorec.dataset.coded_table import CodedTable
from xenorec.dataset.dataset import Dataset
from xenorec.errors import BadInput
from xenorec.recommend.grouped_arrays import unknown
from xenorec.schema.order_rules import OF_LINES
from xenorec.timestamps import microseconds

NEED = ("customer_id", "order_id", "ordered_at", "product_id")
MAY = (*OF_LINES, "store_id", "category", "unit_price_amount")
PER_LINE = ("customer", "order", "product", "store", "category", "at", "price", "discount")
CODED = ("customer_id", "order_id", "product_id", "store_id", "category")


@dataclass(frozen=True)
class LineLog:
    """One entry per line; names are sorted texts and codes are positions in them (-1 for none).

    Lines without a customer or a product, and goods given back (``xenorec.schema.order_rules``),
    are left out. ``price`` is what one unit cost, ``discount`` the share taken off its price (0 to
    1); NaN where the amounts do not say.
    """

    customers: Texts
    orders: Texts
    products: Texts
    stores: Texts
    categories: Texts
    customer: Codes
    order: Codes
    product: Codes
    store: Codes
    category: Codes
    at: Ints
    price: Singles
    discount: Singles

    def __len__(self) -> int:
        return len(self.at)

    def until(self, instant: datetime) -> LineLog:
        """Return the lines at or before ``instant``; the names stay."""
        return self.where(self.at <= microseconds(instant))

    def after(self, instant: datetime) -> LineLog:
        """Return the lines later than ``instant``; the names stay."""
        return self.where(self.at > microseconds(instant))

    def where(self, keep: Bools) -> LineLog:
        """Return some of the lines; the names stay."""
        if keep.all():
            return self
        return replace(self, **{name: getattr(self, name)[keep] for name in PER_LINE})


def read_lines(source: Any) -> LineLog:
    """Return the lines of a frame or of a history.

    Raises BadInput when a column is missing, a time is empty or text that is no time, or no line
    names a customer and a product.
    """
    dataset = Dataset.of(source, "lines")
    lines = dataset.table("lines").require(*NEED, may=MAY)
    rows = bought(dataset)
    if not len(rows):
        raise BadInput(
            f"There is no purchase to learn from: of {len(lines)} lines none has a customer_id, a "
            f"product_id and a quantity that is not negative. Load orders first."
        )
    if rows["order_id"].null_count:
        raise BadInput(
            f"order_id is empty in {rows['order_id'].null_count} of {len(rows)} lines; "
            f"give each visit an id."
        )
    customers, orders, products, stores, categories = map(rows.codes, CODED)
    price, discount = _prices(rows)
    return LineLog(
        customers=customers[0],
        orders=orders[0],
        products=products[0],
        stores=stores[0],
        categories=categories[0],
        customer=customers[1],
        order=orders[1],
        product=products[1],
        store=stores[1],
        category=categories[1],
        at=rows.instants("ordered_at"),
        price=price,
        discount=discount,
    )


def bought(dataset: Dataset) -> CodedTable:
    """Return the purchases of a known customer."""
    rows = dataset.purchases
    return rows.where(rows.is_there("customer_id") & rows.is_there("product_id"))


def _prices(rows: CodedTable) -> tuple[Singles, Singles]:
    """Return what a unit cost and the share that was taken off, NaN where it is not known."""
    if "net_amount" not in rows.column_names:
        return unknown(len(rows)), unknown(len(rows))
    quantity, net, unit = map(rows.numbers, ("quantity", "net_amount", "unit_price_amount"))
    with np.errstate(divide="ignore", invalid="ignore"):
        price = net / quantity
        discount = 1 - price / unit
    return _finite_or_nan(price, price >= 0), _finite_or_nan(np.clip(discount, 0, 1), unit > 0)


def _finite_or_nan(values: Floats, is_sound: Bools) -> Singles:
    return np.where(is_sound & np.isfinite(values), values, np.nan).astype(np.float32)
