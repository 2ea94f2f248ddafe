"""The first audience of a new project: neither near empty nor everybody, whatever the shop."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

import xenorec as xr
from tests.conftest import orders
from tests.unit.profile.shops import orders_of
from xenorec.config.new_project import LAPSING, NEW_CAMPAIGN
from xenorec.testing import invented_shop

AS_OF = "2017-11-01"


def test_a_new_project_asks_for_them() -> None:
    assert yaml.safe_load(NEW_CAMPAIGN)["audience"]["where"] == LAPSING


@pytest.mark.parametrize(("shop", "usual"), [("coffee", 2.0), ("clothes", 30.0), ("gifts", 90.0)])
def test_in_a_shop_of_400_it_is_some_but_not_all(
    crm: xr.Workspace, shop: str, usual: float
) -> None:
    crm.load({"orders": orders_of(shop, 400, usual=usual)})
    people = crm.profiles(AS_OF)
    meant = people.where(LAPSING)
    assert 0.03 < meant.count() / people.count() < 0.40
    once = f"({LAPSING}) and n_orders = 1"
    assert 0 < people.where(once).count() < people.where("n_orders = 1").count()


def test_at_a_grocer_where_everybody_comes_weekly_it_is_some_too(crm: xr.Workspace) -> None:
    crm.load({"orders": invented_shop(400).frames["orders"]})
    people = crm.profiles(AS_OF)
    assert 0.03 < people.where(LAPSING).count() / people.count() < 0.40


def visits(who: str, *days: int) -> pd.DataFrame:
    start = pd.Timestamp("2017-01-01T12:00:00Z")
    return orders(
        *((f"{who}/{day}", who, (start + pd.Timedelta(days=day)).isoformat(), "9") for day in days)
    )


def test_the_same_silence_is_long_for_one_and_usual_for_another(crm: xr.Workspace) -> None:
    """300 days on: who came every week is late after 20 days, who comes every 60 is not."""
    weekly = visits("weekly", *range(0, 280, 7))
    quarterly = visits("quarterly", *range(40, 281, 60))
    gone = visits("gone", *range(0, 120, 7))
    here = visits("here", *range(5, 300, 7))
    crm.load({"orders": pd.concat([weekly, quarterly, gone, here])})
    found = crm.profiles("2017-10-28").where(LAPSING).to_pandas(["customer_id"])
    assert set(found["customer_id"]) == {"weekly"}


def test_where_nobody_came_twice_no_gap_is_usual(crm: xr.Workspace) -> None:
    crm.load({"orders": pd.concat([visits("a", 3), visits("b", 90)])})
    rows = crm.profiles("2017-10-28").to_pandas(["usual_gap_days"])
    assert rows["usual_gap_days"].isna().all()
