"""A campaign for who runs out of something shows those very products."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from xenorec.campaigns.plan import Plan
from xenorec.testing import invented_shop

BRAND = {"name": "Corner Shop", "url": "https://corner.example", "address": "1 High Street"}
AS_OF, TODAY = "2017-05-30T12:00:00Z", pd.Timestamp("2017-05-30")
SOON = "days_until_due between 0 and 3"
RESTOCK = "time_to_restock"
ITEMS = 6

pytestmark = pytest.mark.usefixtures("fitted_once")


def opened(folder: Path) -> xr.Workspace:
    crm = xr.open(folder / "shop.duckdb", brand=BRAND)
    crm.load(invented_shop(30, first_day=date(2017, 1, 1), n_days=150).frames)
    return crm


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> xr.Workspace:
    return opened(tmp_path_factory.mktemp("restock"))


def plan_of(crm: xr.Workspace, where: str, name: str = "restock") -> Plan:
    people = crm.profiles(AS_OF).where(where)
    return crm.campaign(name, audience=people, template="replenish", holdout=0.0).plan()


def restocked(plan: Plan) -> dict[str, list[str]]:
    """The products of each planned message's shelf of what is due."""
    found = {}
    for decision in plan.decisions:
        if decision.state == "planned":
            shelves = {shelf["shelf"]: shelf["items"] for shelf in json.loads(decision.shelves)}
            items = [item["product_id"] for item in shelves.get(RESTOCK, [])]
            found[decision.customer_id] = items
    return found


def check(crm: xr.Workspace, plan: Plan, due: pd.DataFrame) -> None:
    """See that each message shows what is due to its customer, as far as nothing closes it."""
    shelves, shown = crm.recommender(AS_OF), restocked(plan)
    assert len(shown) >= 10
    assert any(len(items) in (1, 2) for items in shown.values()), "few are enough"
    for customer, items in shown.items():
        mine = due[due["customer_id"] == customer]["product_id"]
        needed = {one for one in mine if shelves.explain(customer, one).rule is None}
        assert set(items) <= needed, customer
        assert len(items) == min(len(needed), ITEMS), customer


def test_the_shelf_shows_what_the_model_says_is_due(crm: xr.Workspace) -> None:
    model = xr.Replenishment().fit(crm.history(AS_OF))
    check(crm, plan_of(crm, SOON), model.due(within="8d", overdue=True))


def test_the_likeliest_come_first(crm: xr.Workspace) -> None:
    scores = crm.recommender(AS_OF).recommend(None, 200).set_index(["customer_id", "product_id"])
    for customer, items in restocked(plan_of(crm, SOON)).items():
        told = [scores.loc[(customer, item), "score"] for item in items]
        assert told == sorted(told, reverse=True), customer


def test_who_is_meant_has_what_the_columns_count(crm: xr.Workspace) -> None:
    people = crm.profiles(AS_OF).to_pandas(["customer_id", "n_due_7d", "n_overdue"])
    counts = people.set_index("customer_id").astype(int)
    due = xr.Replenishment().fit(crm.history(AS_OF)).due(within="8d", overdue=True)
    is_late = due["due_on"] < TODAY
    for column, rows in (("n_due_7d", due[~is_late]), ("n_overdue", due[is_late])):
        some = counts.loc[counts[column] > 0, column]
        assert rows["customer_id"].value_counts().to_dict() == some.to_dict()
        meant = set(restocked(plan_of(crm, f"{column} >= 3")))
        assert meant
        assert meant <= set(some[some >= 3].index)


def test_days_before_the_due_day_choose_who_has_something_due_on_them(crm: xr.Workspace) -> None:
    due = xr.Replenishment().fit(crm.history(AS_OF)).due(within="4d")
    meant = crm.profiles(AS_OF).where(SOON).to_pandas(["customer_id"])["customer_id"]
    everybody = crm.profiles(AS_OF).to_pandas(["customer_id", "n_overdue"])
    assert set(meant) == set(due["customer_id"])
    assert len(meant) < len(everybody) / 2 < (everybody["n_overdue"] > 0).sum()


@pytest.mark.parametrize("where", ["n_due_7d >= 1", "n_overdue >= 1"])
def test_each_column_fills_the_shelf_with_what_is_due_and_overdue(
    crm: xr.Workspace, where: str
) -> None:
    model = xr.Replenishment().fit(crm.history(AS_OF))
    check(crm, plan_of(crm, where), model.due(within="8d", overdue=True))


def test_another_campaign_of_the_day_keeps_its_shelves(crm: xr.Workspace, tmp_path: Path) -> None:
    after = plan_of(crm, "n_orders >= 3")
    assert plan_of(crm, SOON).hash == plan_of(crm, SOON).hash
    shutil.copy(crm.project.path.with_suffix(".key"), tmp_path)  # the links are signed with it
    alone = plan_of(opened(tmp_path), "n_orders >= 3")
    assert after.hash == alone.hash
    assert restocked(after) != restocked(plan_of(crm, f"n_orders >= 3 and {SOON}"))


def test_the_file_makes_the_same_plan(crm: xr.Workspace, tmp_path: Path) -> None:
    file = tmp_path / "restock.yaml"
    file.write_text(
        "campaign: restock\n"
        f'audience: {{where: "{SOON}"}}\n'
        "message: {template: replenish}\n"
        "holdout: {share: 0.0, salt: restock}\n"
    )
    planned = crm.campaign_from(crm.read_campaign(file), as_of=AS_OF).plan()
    python = crm.campaign(
        "restock",
        audience=crm.profiles(AS_OF).where(SOON),
        template="replenish",
        holdout=0.0,
        salt="restock",
    )
    assert planned.hash == python.plan().hash
    assert restocked(planned)


def test_shelves_of_one_s_own_follow_what_they_are_given(crm: xr.Workspace) -> None:
    told = xr.Replenishment().fit(crm.history(AS_OF)).predict()
    own = xr.ShelfRecommender(due=told).fit(crm.history(AS_OF))
    people = crm.profiles(AS_OF).where(SOON)
    settings = {"recommend": own, "template": "replenish", "holdout": 0.0}
    campaign = crm.campaign("own", audience=people, **settings)
    days = (told["due_on"] - TODAY).dt.days
    check(crm, campaign.plan(), told[days.between(-28, 7)])
