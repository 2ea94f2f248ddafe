"""Several campaigns as one job: planned, approved and run together, one message each."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import xenorec as xr
from xenorec.cli import main
from xenorec.testing import invented_shop

AS_OF, NOW = "2017-01-30", "2017-01-31T18:00:00Z"
FILE = """
campaign: {name}
audience: {{where: "n_orders >= {least}", purpose: marketing}}
recommend: {{shelves: 2, items: 3}}
timing: {{use: send_time, quiet: "21:00-09:00", cap: "9 per 7d", expires: 48h}}
message: {{template: {template}, channels: [email]}}
holdout: {{share: 0.2, salt: {name}}}
outcome: {{metric: repeat_order, within: 14d}}
approval: required
{more}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "xenorec.toml").write_text(
        '[workspace]\npath = "shop.duckdb"\ncountry = "SA"\ntime_zone = "Asia/Riyadh"\n'
        '[brand]\nname = "Souq"\nurl = "https://souq.example"\naddress = "1 Market Street"\n'
    )
    xr.open(tmp_path).load(invented_shop(24, first_day=date(2017, 1, 1), n_days=29).frames)
    written(tmp_path, "all", 1)
    written(tmp_path, "often", 4)
    eid = "schedule: {occasion: eid_al_fitr, from: +2d, until: +21d}"
    written(tmp_path, "eid", 1, template="after-eid", more=eid)
    return tmp_path


pytestmark = pytest.mark.usefixtures("fitted_once")


def written(folder: Path, name: str, least: int, template: str = "winback", more: str = "") -> None:
    text = FILE.format(name=name, least=least, template=template, more=more)
    (folder / f"{name}.yaml").write_text(text)


def called(shop: Path, command: str, *names: str, options: tuple[str, ...] = ()) -> Result:
    files = [str(shop / f"{name}.yaml") for name in names]
    return CliRunner().invoke(
        main, ["-w", str(shop), command, *files, "--as-of", AS_OF, "--cap", "1 per 7d", *options]
    )


def messages(shop: Path) -> Counter[str]:
    decisions = xr.open(shop).ledger.snapshot("decisions").to_pandas()
    sent = decisions[decisions["state"].isin(["planned", "sent", "queued", "delivered"])]
    return Counter(sent["customer_id"])


def test_plans_of_several_files_share_the_cap(shop: Path) -> None:
    told = json.loads(called(shop, "plan", "all", "often", options=("--json",)).stdout)
    alone = json.loads(called(shop, "plan", "often", options=("--json",)).stdout)
    assert [each["campaign"] for each in told] == ["all", "often"]
    assert sum(each["funnel"].get("capped", 0) for each in told) > 0
    assert told[1]["funnel"]["audience"] == alone["funnel"]["audience"]


def test_nothing_goes_out_before_all_are_approved(shop: Path) -> None:
    refused = called(shop, "run", "all", "often", options=("--now", NOW))
    assert refused.exit_code == 0
    assert refused.output.count("is not approved and waits") == 2
    assert "same files and cap" in refused.output
    assert not messages(shop)


def test_a_job_approved_before_runs_as_often_as_you_like(shop: Path) -> None:
    approved = called(shop, "plan", "all", "often", options=("--approve-by", "me@souq.example"))
    assert approved.exit_code == 0, approved.output
    first = called(shop, "run", "all", "often", options=("--now", NOW))
    assert first.exit_code == 0, first.output
    once = messages(shop)
    assert set(once.values()) == {1}
    again = called(shop, "run", "all", "often", options=("--now", NOW))
    assert again.exit_code == 0, again.output
    assert messages(shop) == once
    assert xr.open(shop).audit()["n_rows"].sum() == 0


def test_another_cap_is_another_plan_and_what_was_approved_goes_out_as_it_was(shop: Path) -> None:
    called(shop, "plan", "all", "often", options=("--approve-by", "me@souq.example"))
    approved = messages(shop)
    crm = xr.open(shop)
    made = [
        crm.campaign_from(crm.read_campaign(shop / f"{name}.yaml"), as_of=AS_OF)
        for name in ("all", "often")
    ]
    from xenorec.campaigns import run_together

    reports = run_together(made, cap="2 per 7d", now=NOW)
    assert sum(report.n_sent for report in reports) > 0
    assert all(report.notes == () for report in reports), "everybody has a decision already"
    assert messages(shop) == approved


def test_one_out_of_season_waits_and_the_others_run(shop: Path) -> None:
    options = ("--approve-by", "me@souq.example", "--now", NOW)
    done = called(shop, "run", "eid", "often", options=options)
    assert done.exit_code == 0, done.output
    assert "eid: nothing to do until 2017-06-2" in done.output
    planned = called(shop, "plan", "eid", "often")
    assert "eid: out of season" in planned.stderr
    assert "Plan of 'often'" in planned.stdout
