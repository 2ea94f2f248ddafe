"""When the messages of a campaign go out, how likely each hour was, and what is said of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import xenorec as xr
from xenorec.campaigns.plan import Plan
from xenorec.campaigns.send_times import SendTimeChoice, SendTimeSummary
from xenorec.errors import BadInput
from xenorec.timing import QuietHours

AS_OF = "2024-03-31"
START = datetime(2024, 3, 31, tzinfo=UTC)
N, STRANGERS = 80, 10
LATER = "2024-04-30"


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> xr.Workspace:
    """Seventy people who buy tea or rice at noon, every five days; ten more never bought."""
    crm = xr.open(tmp_path_factory.mktemp("hours") / "shop.duckdb")
    people = [f"c{n:02}" for n in range(N)]
    rows = [
        (f"{who}-{time}", who, START - timedelta(days=5 * time, hours=12), 9, "EUR")
        for who in people[: N - STRANGERS]
        for time in range(14)
    ]
    columns = ["order_id", "customer_id", "ordered_at", "net_amount", "currency"]
    orders = pd.DataFrame(rows, columns=columns)
    lines = orders[["order_id"]].assign(line_no=1, quantity=1, net_amount=9)
    lines["product_id"] = ["tea" if n % 2 else "rice" for n in range(len(lines))]
    products = {"product_id": ["tea", "rice"], "title": ["Tea", "Rice"]}
    products |= {"category_path": ["drinks|hot", "pantry|grain"]}
    consents = {"customer_id": people, "channel": "email", "purpose": "marketing"}
    consents |= {"status": "granted", "at": "2024-01-01T00:00:00Z"}
    emails = [f"{who}@shop.example" for who in people]
    crm.load(
        {
            "orders": orders,
            "order_lines": lines,
            "products": pd.DataFrame(products),
            "customers": pd.DataFrame({"customer_id": people, "time_zone": "UTC"}),
            "identifiers": pd.DataFrame({"customer_id": people, "kind": "email", "value": emails}),
            "consents": pd.DataFrame(consents),
        }
    )
    return crm


def planned(crm: xr.Workspace, name: str = "spring", **settings: object) -> Plan:
    people = crm.profiles(AS_OF)
    options = {"holdout": 0.2, "salt": "s", **settings}
    return crm.campaign(name, audience=people, **options).plan()  # type: ignore[arg-type]


def hours(plan: Plan) -> list[int]:
    return [d.planned_at.hour for d in plan.decisions if d.state == "planned"]


def test_without_exploring_everybody_is_written_to_at_their_hour(crm: xr.Workspace) -> None:
    plan = planned(crm, explore_hours=0)
    assert set(hours(plan)) == {12}
    assert {d.send_propensity for d in plan.decisions} == {1.0}
    assert not any(d.is_hour_explored for d in plan.decisions)
    assert "another hour" not in str(plan)


def test_an_explored_hour_is_stored_with_its_chance(crm: xr.Workspace) -> None:
    plan = planned(crm, explore_hours=0.5)
    drawn = [d for d in plan.decisions if d.is_hour_explored and d.planned_at.hour != 12]
    usual = [d for d in plan.decisions if not d.is_hour_explored]
    assert drawn
    assert usual
    assert all(0 < d.send_propensity < 0.5 < u.send_propensity for d in drawn for u in usual)
    assert planned(crm, explore_hours=0.5).hash == plan.hash
    assert "try another hour" in str(plan)


def test_two_campaigns_of_one_day_explore_different_people(crm: xr.Workspace) -> None:
    first, second = (
        {
            d.customer_id
            for d in planned(crm, salt=salt, explore_hours=0.5).decisions
            if d.is_hour_explored
        }
        for salt in ("s", "t")
    )
    assert first != second


def test_the_plan_says_what_the_hours_rest_on(crm: xr.Workspace) -> None:
    plan = planned(crm, explore_hours=0, holdout=0)
    text = "Hours: 70 of 80 people on their own habits, 10 of 80 on the shop's usual hours\n"
    assert text in f"{plan}\n"
    assert plan.hours is not None
    assert plan.hours.to_mapping() == {
        "levels": {"personal": 70, "shop": 10},
        "n_explored": 0,
        "n_moved": 0,
    }
    preview = crm.campaign("p", audience=crm.profiles(AS_OF), explore_hours=0).preview(2)
    assert str(preview).splitlines()[-1].startswith("Hours: ")
    assert "<p>Hours: " in preview._repr_html_()


def test_no_minute_is_planned_for_more_than_the_rate_takes(crm: xr.Workspace) -> None:
    plan = planned(crm, explore_hours=0, per_minute=1, expires="30h")
    written_to = [d for d in plan.decisions if d.state == "planned"]
    minutes = Counter(d.planned_at.replace(second=0, microsecond=0) for d in written_to)
    assert set(minutes.values()) == {1}
    free = planned(crm, explore_hours=0, expires="30h")
    kept = [d for d in free.decisions if d.state != "planned"]
    assert kept
    assert kept == [d for d in plan.decisions if d.state != "planned"], "who gets none has no place"


def test_who_is_sent_on_has_no_propensity_and_the_plan_says_how_many(crm: xr.Workspace) -> None:
    plan = planned(crm, explore_hours=0, per_minute=1, holdout=0, expires="30h")
    stayed = {d.send_propensity for d in plan.decisions if d.planned_at.hour == 12}
    moved = {d.send_propensity for d in plan.decisions if d.planned_at.hour != 12}
    assert (stayed, moved) == ({1.0}, {None})
    assert "; 20 sent on to another hour by per_minute" in str(plan), "60 minutes, 80 people"


def test_a_campaign_whose_rate_is_too_low_is_told_so(crm: xr.Workspace) -> None:
    with pytest.warns(xr.XenorecWarning, match=r"^rate-too-low: 20 of 80 .* per_minute=2;"):
        planned(crm, explore_hours=0, per_minute=1, holdout=0, expires="11h")


def test_python_and_yaml_plan_the_same_hours(crm: xr.Workspace, tmp_path: object) -> None:
    called = crm.campaign("y", audience=crm.profiles(AS_OF), explore_hours=0.2, per_minute=30)
    path = tmp_path / "c.yaml"  # type: ignore[operator]
    path.write_text(called.to_yaml())
    record = crm.read_campaign(path)
    assert record == called.record
    assert (record.timing.explore, record.timing.per_minute) == (0.2, 30)
    assert crm.campaign_from(record, as_of=AS_OF).plan().hash == called.plan().hash


def test_a_send_time_that_is_given_keeps_its_own_settings(crm: xr.Workspace) -> None:
    quiet = QuietHours.parse("22:00-08:00")
    when = xr.SendTime(explore=0.3, quiet=quiet).fit(crm.history(AS_OF))
    called = crm.campaign("own", audience=crm.profiles(AS_OF), timing=when)
    assert (called.record.timing.explore, called.record.timing.quiet) == (0.3, "22:00-08:00")
    with pytest.raises(BadInput, match=r"explore_hours is 0.1, yet the SendTime .* 0.3"):
        crm.campaign("own", audience=crm.profiles(AS_OF), timing=when, explore_hours=0.1)


def test_a_send_time_that_has_seen_later_rows_is_refused(crm: xr.Workspace) -> None:
    late = xr.SendTime().fit(crm.history(LATER))
    with pytest.raises(BadInput, match=r"SendTime has seen data up to .* later than the audience"):
        planned(crm, timing=late)


def test_clicks_of_the_channel_lead(tmp_path: object, crm: xr.Workspace) -> None:
    at = pd.Timestamp("2024-03-01T18:00:00Z")
    rows = [
        {
            "event_id": f"{who}-{n}",
            "customer_id": f"c{who:02}",
            "name": "message_clicked",
            "at": at + pd.Timedelta(days=n),
            "props": '{"channel": "%s"}' % ("email" if who < 5 else "sms"),
        }
        for who in range(10)
        for n in range(20)
    ]
    other = xr.open(tmp_path / "clicks.duckdb")  # type: ignore[operator]
    with crm.engine.reading() as session:
        for name in ("orders", "order_lines", "products", "customers", "identifiers"):
            table = session.arrow(f"select * exclude (ingested_at) from warehouse.{name}")
            other.load({name: table})
    consents = crm.ledger.snapshot("consents").to_pandas()
    other.load({"consents": consents.drop(columns="ingested_at"), "events": pd.DataFrame(rows)})
    plan = planned(other, holdout=0, explore_hours=0)
    found = {d.customer_id: d.planned_at.hour for d in plan.decisions}
    assert {found[f"c{who:02}"] for who in range(5)} == {18}
    assert {found[f"c{who:02}"] for who in range(5, 10)} == {12}, "clicks of another channel"


def test_a_language_that_the_template_does_not_speak_is_warned_of_once(crm: xr.Workspace) -> None:
    with pytest.warns(xr.XenorecWarning, match="^locale-unknown: .*'winback'.* 'xx-YY'") as told:
        planned(crm, "tongue", locale="xx-YY")
    assert len(told) == 1
    planned(crm, "tongue", locale="en-GB")


def hour(level: str, **changes: object) -> SendTimeChoice:
    return replace(SendTimeChoice(START, level, 0.95, False), **changes)  # type: ignore[arg-type]


def told(hours: list[SendTimeChoice]) -> SendTimeSummary:
    return SendTimeSummary({f"c{n}": one for n, one in enumerate(hours)})


def test_only_the_messages_that_are_left_are_counted() -> None:
    some = told([hour("personal"), hour("shop", is_explored=True), hour("shop")])
    assert str(some.among(["c0"])) == "Hours: 1 of 1 people on their own habits"
    assert str(some.among([])) == ""


def test_what_is_not_all_is_never_called_so() -> None:
    most = [hour("personal")] * 999
    assert str(told([*most, hour("shop", is_explored=True)])) == (
        "Hours: over 99 % of people on their own habits, under 1 % on the shop's usual hours; "
        "under 1 % try another hour"
    )
    assert str(told([hour("default", propensity=None)])) == (
        "Hours: 1 of 1 people on no data at all; 1 sent on to another hour by per_minute"
    )
    assert str(told([])) == ""


def test_of_few_people_their_number_is_told() -> None:
    few = [hour("personal")] * 4 + [hour("shop"), hour("shop", is_explored=True)]
    assert str(told(few)) == (
        "Hours: 4 of 6 people on their own habits, 2 of 6 on the shop's usual hours; "
        "1 of 6 tries another hour"
    )
    assert "2 of 7 try another hour" in str(told([*few, few[-1]]))
