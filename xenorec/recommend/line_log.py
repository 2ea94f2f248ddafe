"""Lines of orders in coded form: what was read, before anything is cut or counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xenorec.array_types import Bools, Codes, Floats, Ints, Singles, Texts
from xenorec.dataset.data_frames import arrow, encode, instants
from xenorec.errors import BadInput
from xenorec.recommend.grouped_arrays import unknown
from xenorec.schema.order_rules import OF_LINES, is_purchase
from xenorec.timestamps import microseconds

NEED = ("customer_id", "order_id", "ordered_at", "product_id")
MAY = (*OF_LINES, "store_id", "category", "unit_price_amount")


@runtime_checkable
class LineSource(Protocol):
    """What the recommender needs of a history: tables that are already cut at ``as_of``."""

    as_of: datetime

    def lines(self) -> Any:
        """One row per order line of a known customer."""

    def products(self) -> Any:
        """One row per product: product_id, title, category, is_promotable, and what guards read."""

    def customers(self) -> Any:
        """One row per customer: customer_id, home_store_id, time_zone, is_minor."""


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
        return replace(
            self,
            customer=self.customer[keep],
            order=self.order[keep],
            product=self.product[keep],
            store=self.store[keep],
            category=self.category[keep],
            at=self.at[keep],
            price=self.price[keep],
            discount=self.discount[keep],
        )


def read_lines(source: Any) -> LineLog:
    """Return the lines of a frame or of a history.

    Raises BadInput when a column is missing, a time is empty or text that is no time, or no line
    names a customer and a product.
    """
    frame = source.lines() if isinstance(source, LineSource) else source
    table = arrow(frame, need=NEED, may=MAY)
    n = table.num_rows
    kept = bought(table)
    table = table if pc.all(kept).as_py() else table.filter(kept)
    if not table.num_rows:
        raise BadInput(
            f"There is no purchase to learn from: of {n} lines none has a customer_id, a "
            f"product_id and a quantity that is not negative. Load orders first."
        )
    if table["order_id"].null_count:
        raise BadInput(
            f"order_id is empty in {table['order_id'].null_count} of {table.num_rows} lines; "
            f"give each visit an id."
        )
    return _coded(table)


def bought(table: Any) -> Any:
    """Return which rows of an Arrow table are purchases of a known customer."""
    kept = pc.and_(pc.is_valid(table["customer_id"]), pc.is_valid(table["product_id"]))
    return pc.and_(kept, is_purchase(table))


def _coded(table: Any) -> LineLog:
    customers, customer = _coded_column(table, "customer_id")
    orders, order = _coded_column(table, "order_id")
    products, product = _coded_column(table, "product_id")
    stores, store = _optional(table, "store_id")
    categories, category = _optional(table, "category")
    return LineLog(
        customers=customers,
        orders=orders,
        products=products,
        stores=stores,
        categories=categories,
        customer=customer,
        order=order,
        product=product,
        store=store,
        category=category,
        at=instants(table["ordered_at"], "ordered_at"),
        **_prices(table),
    )


def _prices(table: Any) -> dict[str, Singles]:
    """Return what a unit cost and the share that was taken off, NaN where it is not known."""
    if "net_amount" not in table.column_names:
        return {"price": unknown(table.num_rows), "discount": unknown(table.num_rows)}
    quantity, net, unit = (
        _numbers(table, name) for name in ("quantity", "net_amount", "unit_price_amount")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        price = net / quantity
        discount = 1 - price / unit
    return {
        "price": _known(price, price >= 0),
        "discount": _known(np.clip(discount, 0, 1), unit > 0),
    }


def _numbers(table: Any, name: str) -> Floats:
    if name not in table.column_names or pa.types.is_null(table[name].type):
        return np.full(table.num_rows, np.nan)
    return np.asarray(_floats(table[name], name).to_numpy(), dtype=np.float64)


def _floats(column: Any, name: str) -> Any:
    try:
        return column.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadInput(
            f"{name} is of type {column.type} and holds what is no number ({error}); expected "
            f"numbers, or leave the column out."
        ) from None


def _known(values: Floats, is_sound: Bools) -> Singles:
    return np.where(is_sound & np.isfinite(values), values, np.nan).astype(np.float32)


def _optional(table: Any, name: str) -> tuple[Texts, Codes]:
    if name in table.column_names and not pa.types.is_null(table[name].type):
        return _coded_column(table, name)
    return np.empty(0, dtype=object), np.full(table.num_rows, -1, dtype=np.int32)


def _coded_column(table: Any, name: str) -> tuple[Texts, Codes]:
    names, code = encode(table[name])
    return names, code.astype(np.int32)
