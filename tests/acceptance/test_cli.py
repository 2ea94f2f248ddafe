"""The real command line, on the invented sample, as a job would run it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from click.testing import CliRunner

from xenorec.cli import main

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = """\
campaign: spring
audience: {where: "n_orders >= 2", purpose: marketing}
recommend: {shelves: 2, items: 3}
message: {template: winback, channels: [email]}
holdout: {share: 0.2, salt: spring}
"""


def process(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a job does, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "xenorec.cli", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def xenorec(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, which has loaded all packages already."""
    with contextlib.chdir(cwd):
        done = CliRunner().invoke(main, arguments)
    output, errors = done.stdout, done.stderr
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        errors += "".join(traceback.format_exception(done.exception))
    return subprocess.CompletedProcess(arguments, done.exit_code, output, errors)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parent = tmp_path_factory.mktemp("cli")
    assert xenorec("new", "my shop", cwd=parent).returncode == 0
    folder = parent / "my shop"
    loaded = xenorec("load", "complete_journey", "--sample", "--json", cwd=folder)
    assert loaded.returncode == 0, loaded.stderr
    assert all(table["n_quarantined"] == 0 for table in json.loads(loaded.stdout))
    assert xenorec("link", cwd=folder).returncode == 0
    (folder / "campaigns" / "spring.yaml").write_text(CAMPAIGN)
    return folder


def test_a_profile_is_counted_and_masked(shop: Path) -> None:
    done = xenorec("profile", "--as-of", "2017-11-01", "--where", "n_orders > 1", cwd=shop)
    assert done.returncode == 0
    assert "customers as of 2017-11-01" in done.stdout
    assert "h•••@example.com" in done.stdout


def test_no_progress_bar_where_there_is_no_terminal(shop: Path) -> None:
    done = process("plan", "campaigns/spring.yaml", "--as-of", "2017-11-01", cwd=shop)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "hash" in done.stdout


def test_a_job_needs_an_approval_and_then_sends_once(shop: Path) -> None:
    job = ("run", "campaigns/spring.yaml", "--as-of", "2017-11-01", "--now")
    noon, later = "2017-11-01T17:00:00+00:00", "2017-11-02T23:30:00+00:00"
    waits = process(*job, noon, cwd=shop)
    assert waits.returncode == 0
    assert "is not approved and waits" in waits.stdout
    assert "--approve-by" in waits.stdout
    assert not (shop / "outbox").exists()

    planned = xenorec(
        "plan",
        "campaigns/spring.yaml",
        "--as-of",
        "2017-11-01",
        "--approve-by",
        "ann",
        "--json",
        cwd=shop,
    )
    sizes = json.loads(planned.stdout)["funnel"]
    first = json.loads(process(*job, noon, "--json", cwd=shop).stdout)
    rest = json.loads(xenorec(*job, later, "--json", cwd=shop).stdout)
    again = json.loads(xenorec(*job, later, "--json", cwd=shop).stdout)
    assert (
        first["sent"] + rest["sent"] + rest["run"].get("suppressed: expired", 0) == sizes["planned"]
    )
    assert again["sent"] == 0
    assert len(list((shop / "outbox").glob("*.eml"))) == first["sent"] + rest["sent"]

    told = xenorec(*job, later, cwd=shop)
    assert "nothing is left to send" in told.stdout

    audit = xenorec("audit", "--json", cwd=shop)
    assert audit.returncode == 0
    assert {row["n_rows"] for row in json.loads(audit.stdout)} == {0}

    report = xenorec("report", "spring", "--html", "report.html", cwd=shop)
    assert report.returncode == 0, report.stderr
    assert "No comparison" in report.stdout
    assert "<h2>Did it pay?</h2>" in (shop / "report.html").read_text("utf-8")


def test_what_came_of_the_messages_is_kept_and_the_times_are_tested(shop: Path) -> None:
    (shop / "campaigns" / "autumn.yaml").write_text(CAMPAIGN.replace("spring", "autumn"))
    asked = ("--as-of", "2017-11-01", "--approve-by", "ann", "--now", "2017-11-01T17:00:00+00:00")
    sent = xenorec("send", "campaigns/autumn.yaml", *asked, "--json", cwd=shop)
    assert json.loads(sent.stdout)["sent"] > 0
    first = json.loads(xenorec("outcomes", "--json", cwd=shop).stdout)
    assert first["n_new"] == first["n_found"] == sum(first["kinds"].values()) > 0
    assert json.loads(xenorec("outcomes", "--json", cwd=shop).stdout)["n_new"] == 0
    assert "0 new of" in xenorec("outcomes", cwd=shop).stdout

    plain = xenorec("report", "autumn", cwd=shop)
    assert "How good" not in plain.stdout + plain.stderr
    looked = xenorec("report", "autumn", "--how-good", "--html", "autumn.html", cwd=shop)
    assert looked.returncode == 0, looked.stderr
    assert "How good is this? Learned up to 2017-10-18" in looked.stdout
    assert "how good: testing who orders within 14 days, learned up to 2017-10-18 ..." in (
        looked.stderr
    )
    assert "How good are the times" in (shop / "autumn.html").read_text("utf-8")
    data = json.loads(xenorec("report", "autumn", "--how-good", "--json", cwd=shop).stdout)
    assert data["how_good"]["when"].startswith("Learned up to 2017-10-18")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("profile", "--where", "n_order > 1"), 1, "'n_orders'"),
        (("load", "complete_jorney"), 1, "'complete_journey'"),
        (("load", "files"), 1, "--path"),
        (("run", "campaigns/none.yaml"), 1, "no campaign file"),
        (("report", "sprin"), 1, "No campaign 'sprin'"),
        (("profile", "--as-of", "soon"), 1, "2017-11-01"),
        (("evaluate", "weather"), 2, "shelves"),
        (("till", "publish", "t"), 2, "--store-id"),
    ],
)
def test_errors_are_one_readable_line(
    shop: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = xenorec(*arguments, cwd=shop)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(shop: Path) -> None:
    done = process("--debug", "profile", "--where", "n_order > 1", cwd=shop)
    assert "Traceback" in done.stderr


def test_three_mistakes_in_a_campaign_are_told_at_once(shop: Path) -> None:
    (shop / "wrong.yaml").write_text(
        "campaign: x\naudience: {where: 'n_order > 1'}\nrecomend: {}\nmessage: {template: winbck}\n"
    )
    done = xenorec("plan", "wrong.yaml", cwd=shop)
    assert done.returncode == 1
    for line in ("line 2", "line 3", "line 4", "'n_orders'", "'recommend'", "'winback'"):
        assert line in done.stderr


def test_outside_a_project_the_next_step_is_named(tmp_path: Path) -> None:
    done = xenorec("profile", cwd=tmp_path)
    assert done.returncode == 1
    assert "xenorec new" in done.stderr


def test_the_till_is_published_and_collected(shop: Path) -> None:
    import xenorec as xr
    from xenorec.pos import Till

    with xr.open(shop / "shop.duckdb").engine.reading() as session:
        store = session.value("select min(store_id) from warehouse.stores")
    published = xenorec(
        "till", "publish", "till", "--store-id", store, "--as-of", "2017-11-01", cwd=shop
    )
    assert published.returncode == 0, published.stderr
    with Till.open(shop / "till", store_id=store) as till:
        assert len(till.offers(limit=3)) == 3
        till.record_order("x/1", lines=[("p", 1, "2.00")])
    first = json.loads(xenorec("till", "collect", "till", "--json", cwd=shop).stdout)
    again = json.loads(xenorec("till", "collect", "till", "--json", cwd=shop).stdout)
    assert [table["n_new"] for table in first] == [1, 1]
    assert [table["n_new"] for table in again] == [0, 0]


def test_the_schema_page_names_every_table(shop: Path) -> None:
    page = xenorec("schema", cwd=shop).stdout
    for name in ("orders", "order_lines", "consents", "loyalty_ledger"):
        assert f"## {name}" in page


def test_a_workspace_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    commands = ("audit", "link", "outcomes", "profile", "quarantine")
    for command in (*((name,) for name in commands), ("report", "x")):
        done = xenorec("--workspace", "nosuch.duckdb", *command, cwd=tmp_path)
        assert done.returncode == 1
        assert "There is no workspace" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_empty_approval_is_refused(shop: Path) -> None:
    done = xenorec(
        "plan", "campaigns/spring.yaml", "--as-of", "2017-11-01", "--approve-by", "", cwd=shop
    )
    assert done.returncode == 1
    assert "came empty" in done.stderr


def test_the_quarantine_is_shown(shop: Path, tmp_path: Path) -> None:
    assert "Nothing was put aside." in xenorec("quarantine", cwd=shop).stdout
