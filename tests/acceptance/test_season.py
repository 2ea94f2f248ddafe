"""A campaign bound to Eid al-Fitr on the invented sample: planned in its days, and only then."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import xenorec as xr
from xenorec.cli import main
from xenorec.errors import OutOfSeason

SCHEDULE = {"occasion": "eid_al_fitr", "from": "+2d", "until": "+21d"}

pytestmark = pytest.mark.usefixtures("fitted_once")


def project(folder: Path, confirmed: str = "2017-06-25") -> xr.Workspace:
    folder.mkdir(exist_ok=True)
    (folder / "xenorec.toml").write_text(
        '[workspace]\npath = "shop.duckdb"\ncountry = "SA"\ntime_zone = "Asia/Riyadh"\n'
        '[brand]\nname = "Souq"\nurl = "https://souq.example"\naddress = "1 Market Street"\n'
        f"[occasions]\nconfirmed = {{eid_al_fitr = {confirmed}}}\n"
    )
    return xr.open(folder)


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> xr.Workspace:
    crm = project(tmp_path_factory.mktemp("season"))
    crm.load("complete_journey", sample=True)
    return crm


def campaign(crm: xr.Workspace, as_of: str, name: str = "after-eid", **settings: object):  # type: ignore[no-untyped-def]
    people = crm.profiles(as_of).where("n_orders >= 2")
    settings = {"template": "after-eid", "schedule": SCHEDULE, "approval": "none", **settings}
    return crm.campaign(name, audience=people, **settings)  # type: ignore[arg-type]


def test_python_and_yaml_make_the_same_record_and_plan(crm: xr.Workspace, tmp_path: Path) -> None:
    called = campaign(crm, "2017-07-01")
    (tmp_path / "c.yaml").write_text(called.to_yaml())
    record = crm.read_campaign(tmp_path / "c.yaml")
    assert record == called.record
    assert crm.campaign_from(record, as_of="2017-07-01").plan().hash == called.plan().hash


def test_the_plan_tells_its_window(crm: xr.Workspace) -> None:
    plan = campaign(crm, "2017-07-01").plan()
    assert "from 2017-06-27 to 2017-07-16 (Asia/Riyadh)" in str(plan)
    assert plan.funnel.n_planned > 0


def test_the_plan_says_what_past_seasons_did_to_sales(crm: xr.Workspace) -> None:
    plan = campaign(crm, "2017-07-01").plan()
    uplift = xr.OccasionUplift(only=["eid_al_fitr"], time_zone="Asia/Riyadh")
    occasions = xr.Occasions("SA", confirmed={"eid_al_fitr": "2017-06-25"})
    told = uplift.fit(crm.history("2017-07-01"), occasions=occasions).says("eid_al_fitr", n=3)
    assert plan.past_seasons == told
    assert all(f"\n  {sentence}" in str(plan) for sentence in told)
    assert told
    free = campaign(crm, "2017-07-01", "no-feast", schedule=None, template="winback").plan()
    assert free.past_seasons == ()


def test_no_message_is_planned_after_the_last_day(crm: xr.Workspace) -> None:
    plan = campaign(crm, "2017-07-16T06:00:00Z").plan()
    end = datetime(2017, 7, 16, 21, tzinfo=UTC)
    planned = [d for d in plan.decisions if d.state == "planned"]
    assert planned
    assert all(d.planned_at < end and d.not_after == end for d in planned)


def test_minutes_before_the_end_nobody_is_planned_at_night(crm: xr.Workspace) -> None:
    plan = campaign(crm, "2017-07-16T20:59:59Z").plan()
    end = datetime(2017, 7, 16, 21, tzinfo=UTC)
    assert all(d.planned_at <= end for d in plan.decisions if d.state == "planned")


def test_a_changed_day_shifts_it_on_the_next_run(crm: xr.Workspace) -> None:
    folder = crm.project.folder
    with pytest.raises(OutOfSeason, match="2017-06-27"):
        campaign(crm, "2017-06-26T12:00:00Z").plan()
    earlier = project(folder, "2017-06-24")
    assert campaign(earlier, "2017-06-26T12:00:00Z").plan().funnel.n_planned > 0
    project(folder)


def test_out_of_season_a_job_has_nothing_to_do_and_settles_what_was_left(tmp_path: Path) -> None:
    crm = project(tmp_path / "shop")
    crm.load("complete_journey", sample=True)
    early = campaign(crm, "2017-06-20", "eid")
    report = early.run(now="2017-06-20")
    assert "nothing to do until 2017-06-27" in str(report)
    assert report.to_mapping()["nothing_to_do_until"] == "2017-06-27"
    assert report.n_sent == 0
    assert campaign(crm, "2017-07-16T06:00:00Z", "eid").run(now="2017-07-16T06:00:00Z").standing
    after = campaign(crm, "2017-08-01", "eid").run(now="2017-08-01")
    assert "nothing to do until 2018-06-17" in str(after)
    assert not after.n_waiting, "what was not sent in time has expired"
    assert int(crm.audit()["n_rows"].sum()) == 0


def test_what_was_planned_before_the_feast_moved_waits_for_the_window(tmp_path: Path) -> None:
    crm = project(tmp_path / "shop", "2017-06-24")
    crm.load("complete_journey", sample=True)
    begun = campaign(crm, "2017-06-26T00:00:00Z", "moved").run(now="2017-06-26T00:00:00Z")
    assert begun.n_waiting > 0
    moved = project(tmp_path / "shop", "2017-06-25")
    noon, next_day = "2017-06-26T15:00:00Z", "2017-06-27T20:00:00Z"
    held = campaign(moved, noon, "moved").run(now=noon)
    assert "nothing to do until 2017-06-27" in str(held)
    assert held.n_sent == 0
    assert held.n_waiting == begun.n_waiting
    assert campaign(moved, next_day, "moved").run(now=next_day).n_sent > 0


def test_the_command_exits_with_0_out_of_season(crm: xr.Workspace, tmp_path: Path) -> None:
    path = crm.project.folder / "c.yaml"
    path.write_text(campaign(crm, "2017-07-01", "cli").to_yaml())
    asked = ["--as-of", "2017-06-01", "--now", "2017-06-01"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(crm.project.folder)
        done = CliRunner().invoke(main, ["run", str(path), *asked])
        told = CliRunner().invoke(main, ["run", str(path), *asked, "--json"])
        planned = CliRunner().invoke(main, ["plan", str(path), "--as-of", "2017-06-01"])
    assert done.exit_code == 0
    assert "nothing to do until 2017-06-27" in done.output
    assert json.loads(told.output)["nothing_to_do_until"] == "2017-06-27"
    assert planned.exit_code == 1
    assert "out of season" in planned.output


def test_occasions_are_evaluated_on_a_workspace(crm: xr.Workspace) -> None:
    from xenorec.backtests import evaluate

    found = json.loads(evaluate("occasions", crm, as_of="2017-12-31").to_json())
    assert {row["model"] for row in found["table"]} == {"uplift", "same_weekday", "last_year"}
