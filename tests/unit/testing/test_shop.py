from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import xenorec as xr
from xenorec.errors import BadInput
from xenorec.schema import TABLES
from xenorec.testing import InventedShop, invented_shop

NEW_YORK = ZoneInfo("America/New_York")
NAMES = {
    "consents",
    "customers",
    "events",
    "identifiers",
    "offers",
    "order_lines",
    "orders",
    "products",
    "stores",
}


@pytest.fixture(scope="module")
def shop() -> InventedShop:
    return invented_shop()


def orders_of(shop: InventedShop, name: str) -> pd.DataFrame:
    orders = shop.frames["orders"]
    return orders[orders["customer_id"] == shop.known[name]]


def products_of(shop: InventedShop, name: str) -> pd.DataFrame:
    """Order, local day and title of everything a household bought."""
    lines = orders_of(shop, name).merge(shop.frames["order_lines"], on="order_id")
    lines = lines.merge(shop.frames["products"][["product_id", "title"]], on="product_id")
    return lines.assign(day=lines["ordered_at"].dt.tz_convert(NEW_YORK).dt.date)


def days_of(shop: InventedShop, name: str, title: str) -> list[date]:
    lines = products_of(shop, name)
    return lines.loc[lines["title"].str.startswith(title), "day"].tolist()


def test_the_frames_are_canonical_tables(shop: InventedShop) -> None:
    assert set(shop.frames) == NAMES
    for name, frame in shop.frames.items():
        known = {column.name for column in TABLES[name].columns}
        assert set(frame.columns) <= known, name


def test_everything_is_accepted_by_a_workspace(shop: InventedShop, crm: xr.Workspace) -> None:
    report = crm.load(shop.frames)
    assert len(crm.quarantine()) == 0
    assert report.n_in == sum(len(frame) for frame in shop.frames.values())
    assert crm.count("orders") == len(shop.visits)
    assert crm.load(shop.frames).n_written == 0


def test_the_same_seed_gives_the_same_shop_and_another_another(shop: InventedShop) -> None:
    again, other = invented_shop(), invented_shop(seed="other")
    for name, frame in shop.frames.items():
        pd.testing.assert_frame_equal(frame, again.frames[name])
    assert not shop.frames["orders"].equals(other.frames["orders"])


def test_more_households_leave_the_others_as_they_were(shop: InventedShop) -> None:
    larger = invented_shop(60).frames["orders"]
    keys = ["customer_id", "ordered_at", "net_amount"]
    before, after = (
        frame.loc[frame["customer_id"].isin(shop.known.values()), keys].reset_index(drop=True)
        for frame in (shop.frames["orders"], larger)
    )
    pd.testing.assert_frame_equal(before, after)


def test_the_tuesday_household_comes_every_tuesday_at_six(shop: InventedShop) -> None:
    local = orders_of(shop, "tuesday")["ordered_at"].dt.tz_convert(NEW_YORK)
    assert len(local) == 52
    assert set(local.dt.day_of_week) == {1}
    assert set(local.dt.hour) == {18}


def test_the_milk_household_buys_milk_every_seven_days(shop: InventedShop) -> None:
    days = days_of(shop, "milk", "Whole Milk")
    gaps = {later - earlier for earlier, later in pairwise(days)}
    assert (len(days), gaps) == (52, {timedelta(days=7)})


def test_tea_and_biscuits_are_bought_together_every_two_weeks(shop: InventedShop) -> None:
    tea = days_of(shop, "tea_and_biscuits", "Black Tea")
    assert tea == days_of(shop, "tea_and_biscuits", "Tea Biscuits")
    gaps = {later - earlier for earlier, later in pairwise(tea)}
    assert (len(tea), gaps) == (26, {timedelta(days=14)})


def test_the_lapsed_household_stops_at_the_end_of_june(shop: InventedShop) -> None:
    days = products_of(shop, "lapsed")["day"]
    assert (days.min(), days.max()) == (date(2017, 1, 2), date(2017, 6, 26))
    assert days.nunique() == 26


def test_the_household_without_history_is_known_and_never_bought(shop: InventedShop) -> None:
    assert len(orders_of(shop, "no_history")) == 0
    assert shop.known["no_history"] in set(shop.frames["customers"]["customer_id"])


def test_the_new_product_is_sold_from_its_first_day_only(shop: InventedShop) -> None:
    days = days_of(shop, "new_product", "Oat Drink")
    assert (days[0], len(days)) == (date(2017, 9, 8), 17)
    lines = shop.frames["order_lines"].merge(shop.frames["orders"], on="order_id")
    new = lines[lines["product_id"] == "p68"]
    assert new["ordered_at"].min().date() >= date(2017, 9, 4)
    assert new["customer_id"].nunique() > 5


def test_the_lines_of_an_order_add_up(shop: InventedShop) -> None:
    lines = shop.frames["order_lines"]
    sums = lines.groupby("order_id")["net_amount"].sum()
    orders = shop.frames["orders"].set_index("order_id")
    assert sums.sort_index().tolist() == orders["net_amount"].sort_index().tolist()
    gross = lines["unit_price_amount"] * lines["quantity"]
    assert (gross - lines["discount_amount"] == lines["net_amount"]).all()


def test_some_orders_have_no_customer(shop: InventedShop) -> None:
    share = shop.frames["orders"]["customer_id"].isna().mean()
    assert 0.02 < share < 0.2


def test_every_store_sells(shop: InventedShop) -> None:
    counts = Counter(shop.frames["orders"]["store_id"])
    assert set(counts) == set(shop.frames["stores"]["store_id"]) == {"s1", "s2", "s3"}
    assert min(counts.values()) > 300


def test_each_coupon_is_redeemed_once_by_who_received_it(shop: InventedShop) -> None:
    events = shop.frames["events"].assign(offer=lambda e: e["event_id"].str.split("/").str[1])
    received = events[events["name"] == "offer_received"]
    redeemed = events[events["name"] == "coupon_redeemed"]
    keys = ["offer", "customer_id"]
    assert len(redeemed) > 5
    assert not redeemed.duplicated(keys).any()
    assert len(redeemed.merge(received, on=keys)) == len(redeemed)


def test_no_address_or_telephone_can_exist(shop: InventedShop) -> None:
    found = shop.frames["identifiers"].groupby("kind")["value"].agg(list)
    assert all(value.endswith("@shop.example") for value in found["email"])
    assert all(value[5:10] == "55501" and len(value) == 12 for value in found["phone"])
    assert len(set(found["phone"])) == 40


@pytest.mark.parametrize(
    "arguments", [{"n_households": 5}, {"n_days": 0}, {"time_zone": "Mars/Olympus"}]
)
def test_a_shop_that_cannot_be_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        invented_shop(**arguments)  # type: ignore[arg-type]
