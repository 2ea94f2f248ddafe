"""A campaign as an hourly job over days, with what goes wrong in between; the invented sample."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import xenorec as xr
from xenorec.campaigns.message_context import MessageComposer
from xenorec.campaigns.sending import send_due
from xenorec.cli import main
from xenorec.config.content import shipped

BRAND = '[brand]\nname = "Corner Shop"\nurl = "https://corner.example"\naddress = "1 High Street"\n'
FILE = """\
campaign: spring
audience: {where: "n_orders >= 2"}
message: {template: ours, channels: [email]}
holdout: {share: 0.2, salt: s}
timing: {expires: 72h}
"""
STANDING = "approval: {standing: true, by: crm@corner.example, until: 2017-12-31, at_most: 500}\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with a template of its own."""
    (tmp_path / "xenorec.toml").write_text(f'[workspace]\npath = "shop.duckdb"\n{BRAND}')
    (tmp_path / "spring.yaml").write_text(FILE)
    shutil.copytree(shipped("templates") / "winback", tmp_path / "templates" / "ours")
    xr.open(tmp_path).load("complete_journey", sample=True)
    return tmp_path


def called(shop: Path, command: str, *options: str) -> Result:
    words = ["-w", str(shop), command, *options]
    return CliRunner().invoke(main, words)


def run(shop: Path, day: str, hour: int, *options: str) -> Result:
    now = f"{day}T{hour:02}:00:00Z"
    return called(shop, "run", str(shop / "spring.yaml"), "--as-of", day, "--now", now, *options)


def standing(shop: Path) -> dict[tuple[str, str | None], int]:
    return dict(xr.open(shop).ledger.states("spring", "1"))


def written(shop: Path) -> int:
    return len(list((shop / "outbox").glob("*.eml")))


def test_an_hourly_job_goes_on_on_the_second_day(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(shop, "2017-11-01", 10)
    assert first.exit_code == 0, first.output
    assert "is not approved and waits" in first.output
    assert standing(shop) == {}
    file, day = str(shop / "spring.yaml"), "2017-11-01"
    approved = called(shop, "plan", file, "--as-of", day, "--approve-by", "me@corner.example")
    assert approved.exit_code == 0, approved.output
    n_planned = standing(shop)[("planned", None)]

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("nothing has changed, so nothing is planned")

    with monkeypatch.context() as still:
        still.setattr(MessageComposer, "fitted", refused)
        for hour in (12, 18):
            assert run(shop, day, hour).exit_code == 0
    n_first = written(shop)
    assert 0 < n_first < n_planned

    second = run(shop, "2017-11-02", 20)
    assert second.exit_code == 0, second.output
    assert n_first < written(shop), "what was approved goes out, whatever the day of the run"
    assert run(shop, "2017-11-03", 20).exit_code == 0
    assert written(shop) == n_planned - standing(shop).get(("planned", None), 0)
    assert set(standing(shop)) <= {("sent", None), ("planned", None), ("suppressed", "control")}
    assert "is not approved" not in second.output, "everybody has a decision already"
    assert xr.open(shop).audit()["n_rows"].sum() == 0


def test_a_standing_approval_covers_new_customers_within_its_bounds(shop: Path) -> None:
    (shop / "spring.yaml").write_text(FILE.replace(">= 2", ">= 30") + STANDING)
    assert run(shop, "2017-11-01", 18).exit_code == 0
    n = sum(standing(shop).values())
    assert n > 0
    narrow = STANDING.replace("500", "1")
    (shop / "spring.yaml").write_text(FILE + narrow)
    told = run(shop, "2017-11-02", 12)
    assert told.exit_code == 0, told.output
    assert "the standing approval is for at most 1 messages a day" in told.output
    assert sum(standing(shop).values()) == n
    (shop / "spring.yaml").write_text(FILE + STANDING)
    assert run(shop, "2017-11-02", 18).exit_code == 0
    assert sum(standing(shop).values()) > n
    assert xr.open(shop).audit()["n_rows"].sum() == 0


def test_mistakes_in_a_template_and_a_new_address_lose_nobody(shop: Path) -> None:
    source = shop / "templates" / "ours" / "email.html.j2"
    good = source.read_text()
    source.write_text(good.replace("<body", "{{ customer.frist_name }}<body", 1))
    file, day = str(shop / "spring.yaml"), "2017-11-01"
    for command in ("preview", "plan"):
        told = called(shop, command, file, "--as-of", day)
        assert told.exit_code == 1
        for words in (
            "messages of the template 'ours'",
            "ours/email.html.j2, line ",
            "Did you mean 'customer.first_name'?",
        ):
            assert words in told.output
    assert standing(shop) == {}

    source.write_text(good)
    called(shop, "plan", file, "--as-of", day, "--approve-by", "me@corner.example")
    n_planned = standing(shop)[("planned", None)]
    source.write_text(good.replace("<body", "{% if %}<body", 1))
    crm = xr.open(shop)
    decided = crm.ledger.snapshot("decisions").to_pandas()
    moved = decided.loc[decided["state"] == "planned", "customer_id"].iloc[0]
    address = {"customer_id": [moved], "kind": ["email"], "value": ["new.home@corner.example"]}
    moving = pd.DataFrame(address).assign(first_seen_at="2017-11-01T08:00:00Z")
    crm.load({"identifiers": moving}, name="complete_journey")
    record = crm.read_campaign(shop / "spring.yaml")
    for hours in (18, 42, 66):
        now = pd.Timestamp(day, tz="UTC") + pd.Timedelta(hours=hours)
        report = send_due(  # the template of the next plan is broken
            crm.campaign_from(record, as_of=day).room, record, now=now.to_pydatetime()
        )
        assert report.n_failed == 0
    n_waiting = standing(shop).get(("planned", None), 0)
    assert standing(shop)[("sent", None)] == n_planned - n_waiting == written(shop)
    mails = [path.read_bytes() for path in (shop / "outbox").glob("*.eml")]
    assert sum(b"new.home@corner.example" in mail for mail in mails) == 1


def test_what_failed_is_opened_by_retry_and_planned_again(shop: Path) -> None:
    (shop / "spring.yaml").write_text(FILE + "approval: none\n")
    crm = xr.open(shop)
    campaign = crm.campaign_from(crm.read_campaign(shop / "spring.yaml"), as_of="2017-11-01")
    campaign.plan().approve(by="ann", at="2017-11-01")
    with crm.ledger._database.writing() as connection:
        connection.exec_driver_sql("update decisions set body_hash = 'of another release'")
    assert run(shop, "2017-11-01", 18).exit_code == 5
    n_failed = standing(shop)[("failed", "template_error")]
    refused = called(shop, "retry", "spring", "--reason", "no_consent")
    assert refused.exit_code == 1
    assert "template_error" in refused.output
    opened = called(shop, "retry", "spring", "--reason", "template_error")
    assert opened.exit_code == 0, opened.output
    assert f"{n_failed} customers of 'spring' can be planned again" in opened.output
    assert run(shop, "2017-11-02", 18).exit_code in (0, 5)
    assert standing(shop).get(("failed", "template_error"), 0) < n_failed
    assert crm.audit()["n_rows"].sum() == 0
    assert crm.report("spring").n_audience == sum(standing(shop).values())
