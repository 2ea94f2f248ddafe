"""The box that says how good the models of time are: its numbers are the evaluations' numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

import xenorec as xr
from xenorec.errors import BadInput
from xenorec.report import HowGood, how_good
from xenorec.report.campaign_report import CampaignReport
from xenorec.report.quality_summary import QualityLine, quick_look
from xenorec.report.report_page import report_page
from xenorec.testing import invented_shop
from xenorec.timing import (
    ReplenishmentEvaluation,
    SendTimeEvaluation,
    TimingEvaluation,
    ValueEvaluation,
)

ORIGIN = datetime(2017, 10, 18, tzinfo=UTC)
NAN = float("nan")
BRAND = {"name": "Corner Shop", "url": "https://corner.example", "address": "1 High Street"}


def tenths(key: str, ours: str, rows: list[tuple[float, float, int]]) -> pd.DataFrame:
    """Return a calibration: of ``ours`` the rows, of another one that must not be quoted."""
    frame = pd.DataFrame(rows, columns=["predicted", "observed", "n"])
    other = pd.DataFrame({"predicted": [0.5], "observed": [0.1], "n": [9999]})
    return pd.concat([frame.assign(**{key: ours}), other.assign(**{key: "other"})])


def timing(rows: list[tuple[float, float, int]] | None = None, **changes: Any) -> TimingEvaluation:
    models = ["next_purchase", "bg_nbd", "base_rate", "recency"]
    told = rows or [(0.04, 0.05, 900), (0.35, 0.31, 20), (0.7, 0.69, 250), (0.95, 0.96, 800)]
    settings: dict[str, Any] = {
        "within": timedelta(days=14),
        "origins": (ORIGIN,),
        "table": pd.DataFrame({"model": models, "log_loss": [0.4104, 0.4396, 0.6112, 0.5]}),
        "by_origin": pd.DataFrame(),
        "calibration": tenths("model", "next_purchase", told),
        "dates": pd.DataFrame(),
        "notes": (),
    }
    return TimingEvaluation(**(settings | changes))


def hours() -> SendTimeEvaluation:
    shares = {"send_time": 0.0812, "counts": 0.07, "shop": 0.0404, "uniform": 0.0003}
    table = pd.DataFrame({"model": list(shares), "window_share": list(shares.values())})
    return SendTimeEvaluation("2017-10-18T00:00:00+00:00", table, 5.0, 90.0, 6_543, 0.98, ())


def value(bias: float = 0.12) -> ValueEvaluation:
    rows = [
        ("EUR", "spend", "lifetime_value", 10, bias, 1_234.0, 0.81),
        ("EUR", "spend", "last_window", 10, 0.5, 2_000.0, NAN),
        ("EUR", "orders", "lifetime_value", 10, 0.9, 7.0, 0.9),
        ("AED", "spend", "lifetime_value", 3, 0.7, 5.0, 0.7),
        ("AED", "spend", "last_window", 3, 0.7, 6.0, NAN),
    ]
    names = ["currency", "target", "method", "n", "bias", "mae", "coverage"]
    table = pd.DataFrame(rows, columns=names)
    empty = pd.DataFrame()
    return ValueEvaluation(timedelta(days=125), (ORIGIN,), table, empty, empty, ())


def replenishment(due: float = 6.4) -> ReplenishmentEvaluation:
    methods = ["replenishment", "poisson_gamma", "modified_poisson_gamma", "own_frequency"]
    table = pd.DataFrame({"method": methods, "log_loss": [0.38, 0.42, 0.43, 0.45]})
    return ReplenishmentEvaluation(
        by="category",
        within=timedelta(days=14),
        origins=(ORIGIN,),
        table=table,
        by_origin=pd.DataFrame(),
        calibration=tenths("method", "replenishment", [(0.3, 0.28, 50), (0.1, 0.1, 500)]),
        due_error_days=due,
        notes=(),
    )


def only(box: HowGood) -> str:
    (line,) = map(str, box.verdicts)
    return line


def test_the_next_order_in_one_line() -> None:
    assert only(how_good(timing())) == (
        "Order within 14 days: log-loss 0.410 against 0.440 (BG/NBD) and 0.611 (base rate); "
        "when we say 70 %, it happens in 69 % (of 250)."
    )


def test_without_a_middling_chance_the_largest_tenth_is_quoted() -> None:
    found = only(how_good(timing([(0.04, 0.05, 900), (0.95, 0.9, 100)])))
    assert "when we say 4 %, it happens in 5 % (of 900)" in found


def test_of_fewer_than_twenty_cases_it_is_not_said_how_often_it_happened() -> None:
    found = only(how_good(timing([(0.76, 0.5, 19), (0.95, 0.9, 100)])))
    assert found.endswith("when we say 95 %, it happens in 90 % (of 100).")
    found = only(how_good(timing([(0.76, 0.5, 2), (0.95, 0.9, 19)])))
    assert found.endswith("0.611 (base rate).")


def test_who_is_lost_is_named_as_such() -> None:
    lost = timing(title="No order within", within=timedelta(days=90))
    assert only(how_good(lost)).startswith("No order within 90 days: log-loss 0.410")


def test_the_hours_in_one_line() -> None:
    assert only(how_good(hours())) == (
        "Hour of the week: 8.1 % of 6,543 acts fell into the customer's best 3 hours, against "
        "4.0 % with one answer for the whole shop and 1.8 % by luck."
    )


def test_the_value_of_the_largest_currency_in_one_line() -> None:
    assert only(how_good(value())) == (
        "Spend within 125 days: the total told was 12 % too high; one customer is 1,234 off on "
        "average, against 2,000 (the same again as before); 81 % spent within their range (80 % "
        "promised)."
    )


def test_too_low_and_nothing_spent_are_said() -> None:
    assert "7 % too low" in only(how_good(value(-0.07)))
    assert "nobody spent anything" in only(how_good(value(NAN)))


def test_what_runs_out_in_one_line() -> None:
    assert only(how_good(replenishment())) == (
        "The same category again within 14 days: log-loss 0.380 against 0.420 (gap model) and "
        "0.450 (own frequency); when we say 30 %, it happens in 28 % (of 50); half of the due "
        "dates are at most 6 days off."
    )


def test_a_due_date_that_could_not_be_checked_is_left_out() -> None:
    found = only(how_good(replenishment(NAN)))
    assert found.endswith("(of 50).")


def test_several_evaluations_keep_their_order_and_name_their_days() -> None:
    later = timing(origins=(ORIGIN, ORIGIN + timedelta(days=7)))
    box = how_good(hours(), later)
    assert [line.what for line in box.verdicts] == ["Hour of the week", "Order within 14 days"]
    assert "Learned up to 2017-10-18 and 2017-10-25, compared" in box.when
    many = timing(origins=tuple(ORIGIN + timedelta(days=7 * k) for k in range(4)))
    assert "4 days from 2017-10-18 to 2017-11-08" in how_good(many).when


def test_the_same_lines_as_text_markdown_and_box() -> None:
    box = how_good(timing(), hours())
    for told in (str(box), box.to_markdown(), box._repr_html_()):
        assert "2017-10-18" in told
        assert "0.410 against 0.440" in told
        assert "8.1 %" in told


def test_text_is_escaped() -> None:
    box = HowGood("<when>", (QualityLine("a<b", "c&d"),), ("<note>",))
    page = box.to_html()
    for text in ("a&lt;b", "c&amp;d", "&lt;note&gt;", "&lt;when&gt;"):
        assert text in page


def test_what_the_models_say_of_themselves_is_said_once() -> None:
    noted = timing(notes=("BG/NBD alone.",))
    box = how_good(noted, noted)
    assert box.notes == ("BG/NBD alone.",)
    assert str(box).count("BG/NBD alone.") == 1


def test_what_is_no_evaluation_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"a str; expected TimingEvaluation"):
        how_good("0.41")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="no evaluation"):
        how_good()


def report(box: HowGood | None) -> CampaignReport:
    return CampaignReport(
        campaign_id="spring",
        as_of=ORIGIN,
        plan_hash="0" * 64,
        approved_by=None,
        within=timedelta(days=14),
        metric="repeat_order",
        n_audience=0,
        states={},
        holdout_ids=(),
        coverage=(),
        earned=(),
        send_hours=dict.fromkeys(range(24), 0),
        creatives=(),
        lift=None,
        is_window_complete=True,
        was_simulated=True,
        how_good=box,
    )


def test_the_report_has_the_box_when_it_was_asked_for() -> None:
    box = how_good(timing())
    page = report_page(report(box))
    assert "How good are the times" in page
    assert "0.410 against 0.440" in page
    assert "How good are the times" not in report_page(report(None))
    assert "0.410 against 0.440" in str(report(box))
    assert "How good" not in str(report(None))


@pytest.fixture(scope="module")
def crm() -> xr.Workspace:
    crm = xr.open(":memory:", brand=BRAND)
    crm.load(invented_shop(40).frames)
    return crm


def test_a_quick_look_tells_what_the_evaluations_tell(crm: xr.Workspace) -> None:
    history = crm.history("2017-10-01")
    box = quick_look(history)
    same = how_good(
        xr.evaluate_timing(history, as_of="2017-09-17"),
        xr.evaluate_send_time(history, as_of="2017-09-17"),
    )
    assert box == same
    assert box.when.startswith("Learned up to 2017-09-17")


def test_a_quick_look_reads_nothing_later_than_the_history(crm: xr.Workspace) -> None:
    early = xr.open(":memory:")
    frames = dict(invented_shop(40).frames)
    orders = frames["orders"]
    orders = orders[pd.to_datetime(orders["ordered_at"], utc=True) <= "2017-10-01"]
    lines = frames["order_lines"]
    lines = lines[lines["order_id"].isin(orders["order_id"])]
    events = frames["events"]
    events = events[pd.to_datetime(events["at"], utc=True) <= "2017-10-01"]
    early.load({**frames, "orders": orders, "order_lines": lines, "events": events})
    assert quick_look(early.history("2017-10-01")) == quick_look(crm.history("2017-10-01"))


def test_a_shop_too_new_to_look_back_says_so(crm: xr.Workspace) -> None:
    box = quick_look(crm.history("2017-01-05"))
    assert box.verdicts == ()
    assert any("Nobody had ordered by 2016-12-22" in note for note in box.notes)
    assert "Nobody had ordered" in box.to_html()


def test_a_quick_look_says_what_it_tests_before_it_does(crm: xr.Workspace) -> None:
    told: list[str] = []
    quick_look(crm.history("2017-01-05"), told=told.append)
    assert [what.split(",")[0] for what in told] == [
        "testing who orders within 14 days",
        "testing at which hour of the week they act",
    ]


def test_a_model_with_too_little_to_compare_with_is_left_out(crm: xr.Workspace) -> None:
    box = quick_look(crm.history("2017-01-05"))
    assert any("cases to compare with" in note for note in box.notes)


def test_a_sent_campaign_is_reported_with_the_box_only_when_asked(crm: xr.Workspace) -> None:
    people = crm.profiles(as_of="2017-10-01").where("n_orders >= 2")
    campaign = crm.campaign("spring", audience=people, recommend=crm.recommender("2017-10-01"))
    campaign.plan().approve(by="ann")
    assert crm.report("spring").how_good is None
    assert crm.report("spring", how_good=True).how_good == quick_look(crm.history("2017-10-01"))
