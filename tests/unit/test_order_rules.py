"""The frame doors ask the same definition of an order as the warehouse."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import xenorec as xr
from xenorec.recommend.line_log import read_lines
from xenorec.schema.order_rules import is_money, is_order, is_purchase
from xenorec.timing.event_log import read_orders
from xenorec.timing.lifetime_value.spend_log import read_spending
from xenorec.timing.replenishment.item_purchases import read_bought

ORDERS = [
    ("sale", 10.0, 1.0, "completed"),
    ("free", 0.0, 1.0, None),
    ("unpriced", None, None, None),
    ("returned", -10.0, None, None),
    ("goods back", 10.0, -1.0, None),
    ("void", 10.0, 1.0, "cancelled"),
    ("basket", 10.0, 1.0, "pending"),
    ("sent back", 10.0, 1.0, "returned"),
]
LINES = [
    ("kept", 2.0, 10.0, None, None),
    ("weighed", 0.0, 3.0, None, None),
    ("half back", 2.0, 10.0, 1.0, 5.0),
    ("paid in part", 2.0, 10.0, None, 5.0),
    ("back", -2.0, -10.0, None, None),
    ("corrected", 1.0, -10.0, None, None),
    ("all back", 2.0, 10.0, 2.0, None),
    ("all paid", 2.0, 10.0, None, 10.0),
]


def frame(rows: list[tuple[Any, ...]], names: list[str]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["id", *names])
    return made.assign(
        customer_id="c",
        order_id=made["id"],
        product_id=made["id"],
        currency="EUR",
        ordered_at=pd.date_range("2024-03-01", periods=len(made), freq="D", tz="UTC"),
    )


def orders() -> pd.DataFrame:
    return frame(ORDERS, ["net_amount", "quantity", "status"])


def lines() -> pd.DataFrame:
    names = ["quantity", "net_amount", "refunded_quantity", "refunded_amount"]
    return frame(LINES, names).assign(category="tea")


def test_masks_say_which_rows_are_orders_and_purchases() -> None:
    assert is_order(pa.table(orders())).to_pylist() == [True] * 3 + [False] * 5
    assert is_money(pa.table(orders())).to_pylist() == [True] * 5 + [False] * 3
    assert is_purchase(pa.table(lines())).to_pylist() == [True] * 4 + [False] * 4


@pytest.mark.parametrize("make", [pd.DataFrame, pl.from_pandas, pa.table])
def test_every_door_of_orders_reads_the_same_ones(make: Any) -> None:
    stamps = read_orders(make(orders()), as_of="2024-04-01")
    assert (len(stamps.at), stamps.n_returned) == (3, 5)
    spending = read_spending(make(orders()), as_of="2024-04-01")
    assert (spending.amount >= 0).sum() == 3


def test_text_amounts_are_read_like_numbers() -> None:
    texts = orders().assign(net_amount=orders()["net_amount"].astype(str), status=None)
    assert is_order(pa.table(texts)).to_pylist() == [True] * 3 + [False] * 2 + [True] * 3


def test_every_door_of_lines_reads_the_same_ones() -> None:
    kept = ["half back", "kept", "paid in part", "weighed"]
    assert read_lines(lines()).products.tolist() == kept
    assert read_bought(lines(), by="product").items.tolist() == kept


def test_a_history_gives_the_doors_what_a_frame_gives(crm: xr.Workspace) -> None:
    rows = lines().assign(line_no=1)
    whole = rows[["order_id", "customer_id", "ordered_at", "net_amount", "currency"]]
    crm.load({"orders": whole, "order_lines": rows.drop(columns=["customer_id", "ordered_at"])})
    history = crm.history("2024-04-01")
    assert read_lines(history).products.tolist() == read_lines(lines()).products.tolist()
    assert len(read_orders(history).at) == 4
