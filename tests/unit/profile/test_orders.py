"""One definition of an order: profile, lift and outcomes ask the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import xenorec as xr
from xenorec.report.outcome_metrics import measured

NOW = "2024-04-01"


def shop(
    crm: xr.Workspace, orders: list[tuple[Any, ...]], lines: list[tuple[Any, ...]] | None = None
) -> xr.Workspace:
    """Load orders (id, day of March, amount, status) and lines (order, quantity, net, refunds)."""
    frame = pd.DataFrame(orders, columns=["order_id", "day", "net_amount", "status"])
    at = [f"2024-03-{day:02d}T10:00:00Z" for day in frame.pop("day")]
    frames = {"orders": frame.assign(customer_id="c", currency="EUR", ordered_at=at)}
    if lines:
        names = ["order_id", "quantity", "net_amount", "refunded_quantity", "refunded_amount"]
        rows = pd.DataFrame(lines, columns=names)
        rows["line_no"] = range(1, len(rows) + 1)
        rows["product_id"] = "p" + rows["line_no"].astype(str)
        frames["order_lines"] = rows
    crm.load(frames)
    return crm


def profile(crm: xr.Workspace, as_of: str = NOW) -> dict[str, Any]:
    row: dict[str, Any] = crm.profiles(as_of).to_arrow().to_pylist()[0]
    return row


ONE = ("sale", 1, "100", "completed")


@pytest.mark.parametrize(
    ("later", "lines", "left"),
    [
        (("C1", 20, "-30", None), [], 70),
        (("C1", 20, "-30", "returned"), [], 70),
        (("C1", 20, None, None), [("C1", -3, "-30", None, None)], 70),
        (("C1", 20, "-30", None), [("C1", -3, "30", None, None)], 70),
        (("C1", 20, "30", None), [("C1", -3, "30", None, None)], 70),
        (("C1", 20, "30", "returned"), [], 100),
        (("C1", 20, "30", "cancelled"), [], 100),
        (("C1", 20, "30", "pending"), [], 100),
        (("C1", 20, "30", None), [("C1", 3, "30", 3, None)], 100),
        (("C1", 20, "30", None), [("C1", 3, "30", None, "30")], 100),
        (("C1", 20, "30", None), [("C1", 2, "20", 2, "20"), ("C1", 1, "10", 1, "10")], 100),
    ],
)
def test_what_was_sent_back_is_no_order_and_no_visit(
    crm: xr.Workspace, later: tuple[Any, ...], lines: list[tuple[Any, ...]], left: int
) -> None:
    row = profile(shop(crm, [ONE, later], lines))
    assert row["n_orders"] == row["n_order_days"] == 1
    assert row["days_since_order"] == 30
    assert row["lifetime_total_net_amount"] == left
    assert row["hour_of_week_counts"] == [1]


@pytest.mark.parametrize(
    ("lines", "spend"),
    [
        ([("sale", 4, "100", None, None)], 100),
        ([("sale", 4, "100", 1, None)], 75),
        ([("sale", 4, "100", 1, "20")], 80),
        ([("sale", 4, "100", None, "20")], 80),
        ([("sale", 1, "60", 1, "60"), ("sale", 1, "40", None, None)], 40),
        ([("sale", 1, "60", None, "60"), ("sale", 1, "40", None, None)], 40),
        ([("sale", 1, "60", 1, None), ("sale", 1, "40", None, None)], 40),
    ],
)
def test_refunds_leave_the_spend_and_not_the_order(
    crm: xr.Workspace, lines: list[tuple[Any, ...]], spend: int
) -> None:
    row = profile(shop(crm, [ONE], lines))
    assert row["n_orders"] == 1
    assert row["lifetime_total_net_amount"] == row["avg_order_value_amount"] == spend


def test_goods_taken_and_given_back_on_one_receipt_are_an_order(crm: xr.Workspace) -> None:
    lines = [("sale", 2, "130", None, None), ("sale", -1, "-30", None, None)]
    row = profile(shop(crm, [ONE], lines))
    assert (row["n_orders"], row["lifetime_total_net_amount"]) == (1, 100)


def test_an_order_whose_money_did_not_come_takes_its_lines(crm: xr.Workspace) -> None:
    lines = [("sale", 1, "60", None, None), ("sale", 1, "45.5", None, "5.5")]
    row = profile(shop(crm, [("sale", 1, None, None), ("bare", 2, None, None)], lines))
    assert row["n_orders"] == 2
    assert row["lifetime_total_net_amount"] == row["avg_order_value_amount"] == 100


def test_a_return_counts_from_its_own_instant(crm: xr.Workspace) -> None:
    shop(crm, [ONE, ("C1", 20, "-30", None)])
    assert profile(crm, "2024-03-15")["lifetime_total_net_amount"] == 100
    assert profile(crm, "2024-03-21")["lifetime_total_net_amount"] == 70


def test_who_only_sent_goods_back_has_no_order(crm: xr.Workspace) -> None:
    row = profile(shop(crm, [("C1", 20, "-30", None)]))
    assert row["n_orders"] is None
    assert row["days_since_order"] is None


def test_a_history_tells_orders_net_and_returns_below_zero(crm: xr.Workspace) -> None:
    lines = [("sale", 4, "100", 1, None), ("C1", -3, "-30", None, None), ("gone", 1, "9", 1, None)]
    shop(crm, [ONE, ("C1", 20, "-30", None), ("gone", 5, "9", None)], lines)
    history = crm.history(NOW)
    told = history.orders().select(["order_id", "net_amount"]).to_pylist()
    assert [(row["order_id"], int(row["net_amount"])) for row in told] == [
        ("sale", 75),
        ("C1", -30),
    ]
    sold = history.lines().to_pylist()
    assert [(row["order_id"], int(row["quantity"]), row["refunded_quantity"]) for row in sold] == [
        ("sale", 3, None),
        ("gone", 1, 1),
        ("C1", -3, None),
    ]
    assert [row["name"] for row in history.events().to_pylist()] == ["order_completed"]


def test_a_return_is_no_conversion_and_leaves_the_spend(crm: xr.Workspace) -> None:
    shop(crm, [ONE, ("C1", 20, "-30", None), ("gone", 21, "9", "returned")])
    who = pa.table({"customer_id": ["c"], "arm": ["treatment"]})
    at = datetime(2024, 3, 15, tzinfo=UTC)
    (row,) = measured(crm.engine, who, as_of=at, within=timedelta(days=14)).to_dict("records")
    assert (row["has_ordered"], row["n_orders"], row["spend"]) == (False, 0, -30)
    assert (row["had_ordered"], row["n_orders_before"], row["spend_before"]) == (True, 1, 100)
