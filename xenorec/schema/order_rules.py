"""What an order is: the one definition, as SQL over warehouse tables and as masks of plain frames.

A **line** was given back where its quantity or its amount is below 0 (goods or a correction that
came back on this receipt), or where ``refunded_quantity`` covers its quantity; ``refunded_amount``
decides where no refunded quantity came.

A **return** is a row of orders whose amount is below 0, or whose lines were all given back on it.
It is no order and no visit; what it paid back leaves the customer's spend at its own
``ordered_at``. A receipt of goods taken and goods given back is an order as long as its amount is
not below 0.

An **order** is any other row that is neither cancelled nor pending, is not of the status returned,
and of which some line was kept. Its amount is ``net_amount``, or the sum of its lines where that
did not come, less what was refunded on its lines. An order that was given back wholly is none, and
its amount is nothing.

``refunded_quantity``, ``refunded_amount`` and the status ``returned`` carry no instant: they are a
line's or an order's last word, and hold at every ``as_of`` after the order. Only returns with rows
of their own are cut at ``as_of``.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

NO_ORDER = ("cancelled", "pending", "returned")
"""The states of a row that is no order; without a state it is one."""
SIGNED = ("net_amount", "quantity")
"""Columns that are below 0 in rows of returns."""
OF_ORDERS = (*SIGNED, "status")
"""The columns, where a frame of orders has them, that say which of its rows are orders."""
OF_LINES = (*SIGNED, "refunded_quantity", "refunded_amount")
"""The columns, where a frame of lines has them, that say which of its rows are purchases."""

MARKED_LINES = """
  select li.order_id, li.product_id, li.unit_price_amount,
    coalesce(li.quantity < 0, false) or coalesce(li.net_amount < 0, false) as is_given_back,
    coalesce(case when li.refunded_quantity is null then li.refunded_amount >= li.net_amount
      and li.net_amount > 0 else li.refunded_quantity >= li.quantity and li.quantity > 0 end,
      false) as is_refunded,
    case when is_given_back then -abs(li.quantity) else li.quantity end as quantity,
    case when is_given_back then null else li.refunded_quantity end as refunded_quantity,
    case when is_given_back then -abs(li.net_amount) else li.net_amount end as net_amount,
    li.discount_amount,
    cast(case when is_given_back then 0 else greatest(least(li.net_amount, coalesce(
      li.refunded_amount,
      case when li.quantity > 0 then cast(li.net_amount as DOUBLE)
        * cast(li.refunded_quantity as DOUBLE) / cast(li.quantity as DOUBLE) end, 0)), 0)
      end as DECIMAL(18,4)) as refund_amount
  from warehouse.order_lines as li
"""
"""One row per line: whether it was given back or refunded, and what was paid back on it."""

SUMMED_LINES = """
  select order_id, count(*) as n_lines,
    count(*) filter (where not is_given_back and not is_refunded) as n_kept,
    count(*) filter (where is_given_back) as n_given_back,
    sum(net_amount) as net_amount, sum(refund_amount) as refund_amount
  from marked_lines
  where order_id in (
    select order_id from warehouse.orders where net_amount is null
    union all
    select order_id from marked_lines where is_given_back or is_refunded or refund_amount > 0
  )
  group by order_id
"""
"""One row per order whose lines say more than its own row does: it has no amount, or some line was
given back or refunded. How many were kept, their amount and what was paid back."""


def amount(order: str, lines: str) -> str:
    """Return the SQL of what a row of orders came to, before refunds; empty when nobody said."""
    turned = f"{lines}.n_given_back = {lines}.n_lines and {order}.net_amount > 0"
    return (
        f"case when {order}.net_amount is null or ({turned}) then {lines}.net_amount "
        f"else {order}.net_amount end"
    )


def kind(order: str, lines: str, value: str) -> str:
    """Return the SQL of what a row of orders is: order, return or none; ``value``: its amount."""
    states = ", ".join(f"'{state}'" for state in NO_ORDER)
    return (
        f"case when coalesce({order}.status, 'completed') in ('cancelled', 'pending') then 'none' "
        f"when {value} < 0 or {lines}.n_given_back = {lines}.n_lines then 'return' "
        f"when coalesce({order}.status, 'completed') in ({states}) or {lines}.n_kept = 0 "
        f"then 'none' else 'order' end"
    )


def is_order(table: Any) -> Any:
    """Return which rows of an Arrow table of orders are orders, as true and false."""
    return pc.and_not(_not_below_zero(table), _has_state(table, NO_ORDER))


def is_money(table: Any) -> Any:
    """Return which rows of an Arrow table of orders moved money: orders, and returns below 0."""
    below = pc.invert(_not_below_zero(table))
    return pc.and_not(pc.or_(is_order(table), below), _has_state(table, ("cancelled", "pending")))


def _has_state(table: Any, states: tuple[str, ...]) -> Any:
    if "status" not in table.column_names or pa.types.is_null(table["status"].type):
        return _all(table, False)
    state = pc.cast(table["status"], pa.string())
    return pc.fill_null(pc.is_in(state, pa.array(states)), False)


def is_purchase(table: Any) -> Any:
    """Return which rows of an Arrow table of order lines were bought and kept."""
    keep = _not_below_zero(table)
    whole = _covers(table, "refunded_quantity", "quantity")
    if whole is None:
        whole = _covers(table, "refunded_amount", "net_amount")
    elif (paid := _covers(table, "refunded_amount", "net_amount")) is not None:
        whole = pc.if_else(pc.is_null(table["refunded_quantity"]), paid, whole)
    return keep if whole is None else pc.and_not(keep, whole)


def _not_below_zero(table: Any) -> Any:
    keep = _all(table, True)
    for name in SIGNED:
        if (value := _numbers(table, name)) is not None:
            keep = pc.and_not(keep, pc.fill_null(pc.less(value, 0.0), False))
    return keep


def _all(table: Any, value: bool) -> Any:
    return pa.repeat(pa.scalar(value), table.num_rows)


def _covers(table: Any, part: str, whole: str) -> Any:
    """Return where a column is as much as another, above 0; None where one is not there."""
    some, all_ = _numbers(table, part), _numbers(table, whole)
    if some is None or all_ is None:
        return None
    return pc.fill_null(pc.and_(pc.greater_equal(some, all_), pc.greater(all_, 0.0)), False)


def _numbers(table: Any, name: str) -> Any:
    """Return a column as floats, empty where a text is no number; None where it is not there."""
    if name not in table.column_names or pa.types.is_null(table[name].type):
        return None
    column = table[name]
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return pc.cast(column, pa.float64(), safe=False)
    import pandas as pd

    return pa.array(pd.to_numeric(column.to_pandas(), errors="coerce"), from_pandas=True)
