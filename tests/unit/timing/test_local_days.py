"""A day is that of the store, else of the customer, else of the shop, in every model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import xenorec as xr
from xenorec.timing import Lapse, LifetimeValue, NextPurchase, Replenishment
from xenorec.timing.event_log import read_orders
from xenorec.timing.lifetime_value.spend_log import read_spending, visits_of
from xenorec.timing.local_clock import on_local_clock
from xenorec.timing.replenishment.item_purchases import read_bought

LA = "America/Los_Angeles"
EVENING, MORNING, NIGHT = (
    pd.Timestamp("2024-03-02T04:00Z"),  # 1 March, 20:00 in Los Angeles
    pd.Timestamp("2024-03-02T17:00Z"),  # 2 March, 09:00
    pd.Timestamp("2024-03-03T07:00Z"),  # 2 March, 23:00
)
AS_OF = "2024-04-01T05:00:00Z"  # 31 March, 22:00 in Los Angeles


def lines(*at: pd.Timestamp, zone: str | None = None) -> pd.DataFrame:
    n = len(at)
    frame = pd.DataFrame({"ordered_at": list(at), "order_id": [f"o{i}" for i in range(n)]})
    frame = frame.assign(customer_id="c", product_id="p", net_amount=5.0, quantity=1.0)
    return frame.assign(currency="USD", **({} if zone is None else {"time_zone": zone}))


def n_days(source: Any) -> tuple[int, int, int]:
    """Return the days with an order as the models of orders, of value and of lines count them."""
    model = NextPurchase(use_learner=False).fit(source, as_of=AS_OF)
    value = visits_of(on_local_clock(read_spending(source, as_of=AS_OF)))
    bought = read_bought(source, by="product", as_of=AS_OF)
    return len(model.visits_.at), len(value.day), int(bought.pairs.n[0])


@pytest.mark.parametrize(
    ("at", "zone", "n"),
    [
        ((EVENING, MORNING), None, 1),
        ((EVENING, MORNING), LA, 2),
        ((MORNING, NIGHT), None, 2),
        ((MORNING, NIGHT), LA, 1),
        ((EVENING, MORNING), "Asia/Tokyo", 2),
        ((MORNING, NIGHT), "Asia/Tokyo", 1),
    ],
)
def test_every_model_of_a_frame_counts_local_days(
    at: tuple[pd.Timestamp, ...], zone: str | None, n: int
) -> None:
    assert n_days(lines(*at, zone=zone)) == (n, n, n)


@pytest.mark.parametrize("whose", ["store", "customer", "shop"])
def test_every_model_of_a_history_counts_local_days(crm: xr.Workspace, whose: str) -> None:
    rows = lines(EVENING, MORNING).assign(store_id="s", line_no=1)
    zone = {name: LA if name == whose else None for name in ("store", "customer", "shop")}
    frames = {
        "stores": pd.DataFrame({"store_id": ["s"], "time_zone": [zone["store"]]}),
        "customers": pd.DataFrame({"customer_id": ["c"], "time_zone": [zone["customer"]]}),
        "orders": rows.drop(columns=["product_id", "quantity", "line_no"]),
        "order_lines": rows[["order_id", "line_no", "product_id", "quantity", "net_amount"]],
    }
    crm.load(frames, time_zone=zone["shop"])
    assert n_days(crm.history(AS_OF)) == (2, 2, 2)
    (row,) = crm.profiles(AS_OF).to_arrow(["n_order_days"]).to_pylist()
    assert row["n_order_days"] == 2


def test_two_zones_have_their_own_days() -> None:
    both = pd.concat([lines(EVENING, MORNING, zone=LA), lines(EVENING, MORNING, zone="UTC")])
    both["customer_id"] = ["la", "la", "utc", "utc"]
    model = NextPurchase(use_learner=False).fit(both, as_of=AS_OF)
    assert np.diff(model.visits_.bounds).tolist() == [2, 1]
    assert model.now_ >= model.visits_.at.max()


def test_the_clock_of_the_instant_is_the_most_usual_and_nothing_is_later() -> None:
    stamps = read_orders(lines(MORNING, MORNING, NIGHT, zone=LA), as_of=NIGHT)
    local = on_local_clock(stamps)
    assert local.as_of == pd.Timestamp("2024-03-02T23:00Z")
    assert local.at.max() == local.as_of.timestamp() * 1e6


def test_what_is_told_of_days_is_local_and_of_instants_utc() -> None:
    at = [EVENING + pd.Timedelta(days=7 * n) for n in range(4)]
    frame = lines(*at, zone=LA)
    due = Replenishment().fit(frame, as_of=AS_OF).predict()
    assert due["due_on"].item() == pd.Timestamp("2024-03-29")
    assert due["last_bought_at"].item() == at[-1]
    told = Lapse(use_learner=False).fit(frame, as_of=AS_OF).predict()
    assert told["win_back_from"].item() <= told["win_back_to"].item()
    assert told["win_back_from"].item() == told["win_back_from"].item().normalize()
    value = LifetimeValue().fit(frame, as_of=AS_OF)
    assert value.as_of_ == pd.Timestamp(AS_OF)
    assert NextPurchase(use_learner=False).fit(frame, as_of=AS_OF).as_of_ == pd.Timestamp(AS_OF)


def test_today_is_the_local_one_for_what_is_due() -> None:
    at = [EVENING + pd.Timedelta(days=10 * n) for n in range(3)]  # due on 31 March, local
    model = Replenishment().fit(lines(*at, zone=LA), as_of=AS_OF)
    told = model.predict()
    assert (told["due_on"].item(), told["is_overdue"].item()) == (pd.Timestamp("2024-03-31"), False)
    assert len(model.due(within="1d")) == 1
    assert model.profile_columns(["c"]).column("days_until_due").to_pylist() == [0.0]
