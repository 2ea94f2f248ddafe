"""The hours follow what people do, and what came of every message stands in the ledger, once."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import xenorec as xr
from xenorec.campaigns import Plan
from xenorec.errors import BadInput
from xenorec.hash_uniform import uniform
from xenorec.report.outcomes import CollectedOutcomes
from xenorec.testing import invented_shop

BRAND = {"name": "Corner Shop", "url": "https://corner.example", "address": "1 High Street"}
ZONE = ZoneInfo("America/New_York")
START = datetime(2017, 1, 30, tzinfo=ZONE)
N_WEEKS, MOVES = 12, 5
EARLY, LATE = 11, 18

pytestmark = pytest.mark.usefixtures("fitted_once")


class Year(NamedTuple):
    """A shop after twelve weekly campaigns."""

    crm: xr.Workspace
    shelves: xr.ShelfRecommender
    plans: list[Plan]
    clicks: pd.DataFrame
    orders: pd.DataFrame
    collected: list[CollectedOutcomes]


def week_of(number: int) -> datetime:
    return START + timedelta(weeks=number - 1)


def planned_for(crm: xr.Workspace, number: int, shelves: xr.ShelfRecommender) -> Plan:
    people = crm.profiles(week_of(number)).where("n_orders >= 1")
    weekly = crm.campaign(
        f"week-{number:02d}", audience=people, recommend=shelves, holdout=0.0, within="7d"
    )
    return weekly.plan()


def sent(crm: xr.Workspace, plan: Plan) -> list[str]:
    """Send what is due at the end of each day and return the keys of the messages that went out."""
    approved = plan.approve(by="ann", at=plan.as_of)
    for hour in (20, 44):
        approved.send(now=plan.as_of + timedelta(hours=hour, minutes=59))
    known = crm.ledger.messages().to_pylist()
    mine = [m for m in known if m["campaign_id"] == plan.record.campaign and m["state"] == "sent"]
    return [m["key"] for m in mine]


def clicked(plan: Plan, keys: list[str], best: int) -> pd.DataFrame:
    """Clicks on about five of the seven days after: most at the best hour, else at any."""
    customers = {d.key: d.customer_id for d in plan.decisions}
    rows = []
    for key in keys:
        for day in range(2, 9):
            chance = uniform("any", key, str(day))
            hour = best if uniform("best", key, str(day)) < 0.75 else 9 + int(12 * chance)
            at = plan.as_of.astimezone(ZONE) + timedelta(days=day, hours=hour, minutes=60 * chance)
            if uniform("clicks", key, str(day)) < 0.7:
                rows.append((f"{key}/{day}", "message_clicked", at, customers[key], key))
    return pd.DataFrame(rows, columns=["event_id", "name", "at", "customer_id", "message_id"])


def bought(plan: Plan, keys: list[str]) -> pd.DataFrame:
    """One order of each fourth customer, on the sixth day, at any hour."""
    customers = {d.key: d.customer_id for d in plan.decisions}
    at = plan.as_of + timedelta(days=5)
    rows = [
        (f"order-{key}", customers[key], at + timedelta(hours=24 * uniform("buys", key)), "12.50")
        for key in keys[::4]
    ]
    frame = pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_at", "net_amount"])
    return frame.assign(currency="USD", status="completed")


def hours(plan: Plan) -> list[int]:
    """The local hours at which the messages are planned, without those drawn by chance."""
    return [
        d.planned_at.astimezone(ZONE).hour
        for d in plan.decisions
        if d.state == "planned" and not d.is_hour_explored
    ]


def share(plan: Plan, hour: int) -> float:
    planned = hours(plan)
    return sum(abs(found - hour) <= 1 for found in planned) / len(planned)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    crm = xr.open(tmp_path_factory.mktemp("right_time") / "shop.duckdb", brand=BRAND)
    crm.load(invented_shop(16, first_day=date(2017, 1, 16), n_days=14).frames)
    shelves = xr.ShelfRecommender(n_shelves=2, n_items=3).fit(crm.history(START))
    plans, clicks, orders, collected = [], [], [], []
    for number in range(1, N_WEEKS + 1):
        plan = planned_for(crm, number, shelves)
        keys = sent(crm, plan)
        plans.append(plan)
        clicks.append(clicked(plan, keys, EARLY if number < MOVES else LATE))
        orders.append(bought(plan, keys))
        week = {"events": clicks[-1], "orders": orders[-1]}
        crm.load(week, name=f"week-{number}", id_space="frames")
        collected.append(xr.collect_outcomes(crm, as_of=week_of(number + 1)))
    whole = [pd.concat(frames, ignore_index=True) for frames in (clicks, orders)]
    return Year(crm, shelves, plans, *whole, collected)


def test_the_planned_hours_follow_within_four_weeks(year: Year) -> None:
    early = [round(share(plan, EARLY), 2) for plan in year.plans]
    late = [round(share(plan, LATE), 2) for plan in year.plans]
    assert min(early[3:5]) > 0.8, early
    assert max(late[3:5]) < 0.2, late
    assert min(late[MOVES + 3 :]) > 0.8, late
    assert max(early[MOVES + 3 :]) < 0.2, early


def test_each_click_and_order_stands_in_the_ledger_with_its_message(year: Year) -> None:
    found = year.crm.ledger.snapshot("outcomes").to_pandas()
    clicks = found[found["kind"] == "clicked"]
    known = year.clicks[pd.to_datetime(year.clicks["at"], utc=True) <= week_of(N_WEEKS + 1)]
    assert len(known) < len(year.clicks), "some clicks are still to come"
    assert sorted(clicks["key"]) == sorted(known["message_id"])
    assert set(clicks["at"]) == set(pd.to_datetime(known["at"], utc=True))
    orders = found[found["kind"] == "ordered"].set_index("order_id")
    mine = orders.loc[year.orders["order_id"]]
    assert ("order-" + mine["key"]).tolist() == mine.index.tolist()
    assert mine["customer_id"].tolist() == year.orders["customer_id"].tolist()
    assert set(mine["value_amount"].astype(float)) == {12.5}
    assert len(orders) == len(year.orders), "orders of before the first message are nobody's"


def test_collecting_again_changes_nothing(year: Year) -> None:
    before = year.crm.ledger.snapshot("outcomes")
    again = xr.collect_outcomes(year.crm, as_of=week_of(N_WEEKS + 1))
    assert again.n_new == 0
    assert again.n_found == sum(one.n_new for one in year.collected) == before.num_rows
    assert year.crm.ledger.snapshot("outcomes").equals(before)


def test_every_promise_holds_and_a_plan_of_the_past_is_the_same(year: Year) -> None:
    assert year.crm.audit()["n_rows"].sum() == 0
    assert planned_for(year.crm, MOVES, year.shelves).hash == year.plans[MOVES - 1].hash


class Two(NamedTuple):
    """A shop with two drafts for one day, and the same after the choice.

    "milk" is for some of those that "eid" is for, and worth more to them.
    """

    crm: xr.Workspace
    eid: Plan
    milk: Plan
    chosen: tuple[Plan, ...]


def draft(crm: xr.Workspace, name: str, at: datetime = START, **settings: object) -> Plan:
    often = {"milk": "n_orders >= 4"}
    people = crm.profiles(at).where(often.get(name, "n_orders >= 1"))
    options = {"recommend": crm.recommender(at), "holdout": 0.3, "salt": name, **settings}
    return crm.campaign(name, audience=people, **options).plan()  # type: ignore[arg-type]


def opened(folder: Path) -> Two:
    crm = xr.open(folder / "shop.duckdb", brand=BRAND)
    crm.load(invented_shop(24, first_day=date(2017, 1, 1), n_days=29).frames)
    eid, milk = draft(crm, "eid"), draft(crm, "milk", within="28d")
    return Two(crm, eid, milk, choose(eid, milk))


def choose(*drafts: Plan) -> tuple[Plan, ...]:
    return xr.choose_plans(drafts, cap="1 per 7d", measured={"eid": 0.001})


def planned(plan: Plan) -> set[str]:
    return {d.customer_id for d in plan.decisions if d.state == "planned"}


def compared(plan: Plan) -> set[str]:
    return {d.customer_id for d in plan.decisions if d.why}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Two:
    return opened(tmp_path_factory.mktemp("two"))


def test_each_customer_is_in_one_plan_and_the_decisions_say_why(two: Two) -> None:
    eid, milk = two.chosen
    assert planned(two.eid) & planned(two.milk), "some could get both"
    assert not planned(eid) & planned(milk)
    assert planned(milk) == planned(two.milk)
    assert planned(eid) == planned(two.eid) - compared(milk) != set()
    capped = [d for d in eid.decisions if d.reason == "capped"]
    assert {d.customer_id for d in capped} == compared(milk)
    assert {(d.state, d.why) for d in capped} == {
        ("suppressed", "Left out: 1 message within 7 days already, worth more")
    }
    assert eid.funnel.reasons["capped"] == len(capped)
    chosen = [d.why for d in milk.decisions if d.state == "planned"]
    assert all(re.match(r"Chosen: worth \d\.\d\d USD, more than 'eid' \(", why) for why in chosen)


def test_those_held_out_are_compared_as_if_they_were_not(two: Two) -> None:
    eid, milk = two.chosen
    held_out = {d.customer_id: str(d.reason) for d in eid.decisions if d.arm == "control"}
    assert set(held_out.values()) == {"control", "capped"}
    for customer, reason in held_out.items():
        assert (reason == "capped") == (customer in compared(milk))
    assert {d.reason for d in milk.decisions if d.arm == "control"} == {"control"}


def test_the_hash_tells_the_choice_and_the_same_choice_has_the_same(two: Two) -> None:
    hashes = [plan.hash for plan in two.chosen]
    assert set(hashes).isdisjoint({two.eid.hash, two.milk.hash})
    assert [plan.hash for plan in choose(two.eid, two.milk)] == hashes
    assert [plan.hash for plan in choose(two.milk, two.eid)] == hashes[::-1]


def test_a_campaign_that_was_measured_to_harm_stays_at_home(two: Two) -> None:
    eid, milk = xr.choose_plans([two.eid, two.milk], cap="1 per 7d", measured={"milk": -0.02})
    assert planned(milk) == set()
    assert planned(eid) == planned(two.eid)
    assert "cost more than it brings" in str(next(d.why for d in milk.decisions if d.why))
    with pytest.raises(xr.XenorecError, match="No campaign 'lst-year'"):
        xr.choose_plans([two.eid], measured={"eid": "lst-year"})


def test_an_emptied_plan_tells_no_hours(two: Two) -> None:
    eid, milk = xr.choose_plans([two.eid, two.milk], cap="1 per 7d", measured={"milk": -0.02})
    assert milk.funnel.n_planned == 0
    assert "Hours:" in str(two.milk)
    assert "Hours:" not in str(milk)
    assert sum(eid.hours.levels.values()) == eid.funnel.n_planned  # type: ignore[union-attr]


def test_names_that_are_no_campaign_or_channel_are_told(two: Two) -> None:
    with pytest.raises(BadInput, match=r"measured has the name 'eidd'. Did you mean 'eid'\?"):
        xr.choose_plans([two.eid, two.milk], measured={"eidd": 0.2})
    with pytest.raises(BadInput, match=r"costs has the name 'emial'. Did you mean 'email'\?"):
        xr.choose_plans([two.eid, two.milk], costs={"emial": 100})


def test_messages_that_expired_unsent_take_no_place(tmp_path: Path) -> None:
    crm, eid, _, _ = opened(tmp_path)
    eid.approve(by="ann", at=START)
    later = START + timedelta(days=3)
    assert planned(eid)
    (milk,) = xr.choose_plans([draft(crm, "milk", later)], cap="1 per 7d")
    assert planned(milk) == planned(draft(crm, "milk", later))
    still = crm.ledger.messages(until=START + timedelta(days=1)).to_pandas()
    assert set(still["customer_id"]) == planned(eid), "a day after they are still to go"


def test_plans_that_cannot_be_compared_are_told(two: Two) -> None:
    with pytest.raises(BadInput, match="No plan came"):
        xr.choose_plans([])
    with pytest.raises(BadInput, match="Two plans are of one campaign"):
        xr.choose_plans([two.eid, two.chosen[0]])
    with pytest.raises(BadInput, match="same instant"):
        xr.choose_plans([two.eid, draft(two.crm, "milk", START + timedelta(days=1))])


def test_what_was_chosen_is_sent_once_and_every_promise_holds(tmp_path: Path) -> None:
    crm, eid, milk, chosen = opened(tmp_path)
    approved = [plan.approve(by="ann", at=START) for plan in chosen]
    for one in (*approved, *approved):
        for hour in (20, 44):
            one.send(now=START + timedelta(hours=hour, minutes=59))
    gone = crm.ledger.messages().to_pandas()
    assert set(gone["state"]) == {"sent"}
    assert sorted(gone["customer_id"]) == sorted(planned(chosen[0]) | planned(chosen[1]))
    kept = crm.ledger.snapshot("decisions").to_pandas()
    assert kept["why"].notna().sum() == sum(len(compared(plan)) for plan in chosen)
    assert set(kept["cap_n"].dropna()) == {1}
    assert [plan.hash for plan in choose(eid, milk)] == [plan.hash for plan in chosen]
    erased = str(gone["customer_id"].iloc[0])
    crm.erase(erased, now=START + timedelta(days=3))
    kept = crm.ledger.snapshot("decisions").to_pandas().set_index("customer_id")
    assert kept.loc[[erased], "why"].isna().all()
    assert crm.audit()["n_rows"].sum() == 0


def test_what_was_approved_before_takes_its_place(tmp_path: Path) -> None:
    crm, eid, _, _ = opened(tmp_path)
    eid.approve(by="ann", at=START).send(now=START + timedelta(hours=20, minutes=59))
    tuesday = START + timedelta(days=1)
    known = crm.ledger.messages(until=tuesday).to_pandas()
    assert set(known["state"]) == {"planned", "sent"}
    (milk,) = xr.choose_plans([draft(crm, "milk", tuesday)], cap="1 per 7d")
    taken = set(known["customer_id"]) & compared(milk)
    assert taken
    assert not planned(milk) & taken
    assert {d.why for d in milk.decisions if d.customer_id in taken} == {
        "Left out: 1 message within 7 days already, sent before or still to go"
    }
    (again,) = xr.choose_plans([draft(crm, "eid", tuesday)], cap="1 per 7d")
    assert not compared(again), "who has a decision in a campaign keeps it"
    free = draft(crm, "milk", START + timedelta(days=9))
    (chosen,) = xr.choose_plans([free], cap="1 per 7d")
    assert planned(chosen) == planned(free)


def test_the_gates_hold_the_cap_that_was_chosen_for(tmp_path: Path) -> None:
    crm, _, _, (eid, _) = opened(tmp_path)
    chosen = eid.approve(by="ann", at=START)
    by_hand = draft(crm, "by-hand", salt="x").approve(by="bob", at=START)
    for hour in (20, 44):
        by_hand.send(now=START + timedelta(hours=hour, minutes=58))
        chosen.send(now=START + timedelta(hours=hour, minutes=59))
    assert crm.ledger.states("eid", "1")["suppressed", "capped"] > eid.funnel.reasons["capped"]
    assert crm.audit()["n_rows"].sum() == 0
