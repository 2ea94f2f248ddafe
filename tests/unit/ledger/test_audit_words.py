"""Each way to break a promise that has several is found, and what only looks like one is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.campaigns.outbox import NOON, Recorder, consent, decision, fill, worker
from xenorec.engine import query_frames
from xenorec.ledger import Ledger
from xenorec.ledger import ledger_tables as t
from xenorec.ledger.audit import checks
from xenorec.report.audit_report import FRAMES

BEFORE, AFTER = NOON - timedelta(minutes=1), NOON + timedelta(minutes=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made.create()
    fill(made, decision("a"))
    worker(made, Recorder()).deliver(NOON)
    return made


def broken(ledger: Ledger) -> set[str]:
    frames = {name: ledger.snapshot(name) for name in FRAMES}
    return {check.name for check in checks() if query_frames(check.sql, frames).num_rows}


def plant(ledger: Ledger, table: Any, **values: Any) -> None:
    with ledger._database.writing() as connection:
        connection.execute(table.insert(), values)


def test_a_message_after_an_unsubscribe_is_found(ledger: Ledger) -> None:
    ledger.append("consents", [consent("a", "withdrawn", BEFORE)])
    assert broken(ledger) == {"consent_at_intent", "nothing_after_no"}


def test_a_message_before_an_unsubscribe_breaks_nothing(ledger: Ledger) -> None:
    ledger.withdraw("a", "email", at=AFTER)
    ledger.erase("a", [("email", "hash of a")], now=AFTER)
    assert broken(ledger) == set()


def test_a_message_after_an_erasure_is_found(ledger: Ledger) -> None:
    plant(ledger, t.AUDIT_LOG, action="erase", subject="a", at=BEFORE)
    assert broken(ledger) == {"nothing_after_no"}


def test_a_consent_that_had_ended_is_found(ledger: Ledger) -> None:
    with ledger._database.writing() as connection:
        connection.execute(t.CONSENTS.update().values(expires_at=BEFORE))
    assert broken(ledger) == {"consent_at_intent"}


def test_a_second_message_over_the_cap_of_another_campaign_is_found(ledger: Ledger) -> None:
    changes = {"key": "two/1/a", "campaign_id": "two", "cap_n": 1, "cap_days": 7.0}
    fill(ledger, decision("a", **changes), plan="two", consents=False)
    for state, body in (("claimed", None), ("sent", "body")):
        plant(ledger, t.DELIVERIES, key="two/1/a", attempt=1, state=state, body_hash=body, at=AFTER)
    assert broken(ledger) == {"under_the_cap"}


def test_a_message_sent_after_its_last_moment_is_found(ledger: Ledger) -> None:
    with ledger._database.writing() as connection:
        connection.execute(t.DECISIONS.update().values(not_after=BEFORE))
    assert broken(ledger) == {"within_its_time"}


@pytest.mark.parametrize(("state", "reason"), [("gone", None), ("suppressed", "no idea")])
def test_a_word_outside_the_closed_lists_is_found(
    ledger: Ledger, state: str, reason: str | None
) -> None:
    plant(ledger, t.DELIVERIES, key="spring/1/a", attempt=9, state=state, reason=reason, at=AFTER)
    assert "one_state_with_a_reason" in broken(ledger)


def test_decisions_that_no_run_knows_are_found(ledger: Ledger) -> None:
    with ledger._database.writing() as connection:
        connection.execute(t.DECISIONS.update().values(plan_hash="another"))
    assert broken(ledger) >= {"nobody_is_lost", "approved_before_sent"}


def test_a_decision_without_any_state_is_found(ledger: Ledger) -> None:
    with ledger._database.writing() as connection:
        connection.execute(t.DELIVERIES.delete())
    assert broken(ledger) == {"nobody_is_lost", "one_state_with_a_reason"}
