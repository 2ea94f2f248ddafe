"""Each promise both ways: a clean ledger returns no row, a planted violation is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.unit.campaigns.outbox import NOON, Recorder, decision, fill, worker
from xenorec.engine import query_frames
from xenorec.ledger import Ledger
from xenorec.ledger.audit import checks
from xenorec.report.audit_report import FRAMES

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made.create()
    fill(
        ledger := made,
        decision("a"),
        decision("b", arm="control", state="suppressed", reason="control"),
    )
    worker(ledger, Recorder()).deliver(NOON)
    return made


def broken(ledger: Ledger) -> set[str]:
    frames = {name: ledger.snapshot(name) for name in FRAMES}
    return {check.name for check in checks() if query_frames(check.sql, frames).num_rows}


def behind_the_api(ledger: Ledger, sql: str, **values: Any) -> None:
    with ledger._database.engine.begin() as connection:
        connection.execute(sa.text(sql), values)


def delivery(ledger: Ledger, **values: Any) -> None:
    row = {
        "key": "spring/1/a",
        "attempt": 7,
        "state": "sent",
        "reason": None,
        "body_hash": "body",
        "at": NOON + MINUTE,
        **values,
    }
    from xenorec.ledger import ledger_tables

    with ledger._database.engine.begin() as connection:
        connection.execute(ledger_tables.DELIVERIES.insert(), row)


def test_a_clean_ledger_breaks_no_promise(ledger: Ledger) -> None:
    assert broken(ledger) == set()


def test_every_check_says_its_promise_in_words() -> None:
    assert len(checks()) >= 13
    assert all(check.promise.endswith(".") and check.sql.strip() for check in checks())


def second_delivery(ledger: Ledger) -> None:
    fill(ledger, decision("a", key="spring/1.1/a", retry=1), plan="q")
    delivery(ledger, key="spring/1.1/a")


PLANTED: dict[str, Callable[[Ledger], None]] = {
    "one_delivery_per_decision": lambda ledger: delivery(ledger),
    "one_delivery_per_customer": second_delivery,
    "nothing_after_a_retry": lambda ledger: behind_the_api(
        ledger,
        "insert into retries values ('spring', '1', 'a', 1, 'expired', "
        "'2024-05-14T11:00:00.000000Z')",
    ),
    "consent_at_intent": lambda ledger: behind_the_api(
        ledger, "update consents set at = '2030-01-01T00:00:00.000000Z'"
    ),
    "not_in_quiet_hours": lambda ledger: behind_the_api(
        ledger, "update decisions set time_zone = 'Asia/Tokyo'"
    ),
    "under_the_cap": lambda ledger: behind_the_api(
        ledger, "update decisions set cap_n = 0, cap_days = 7"
    ),
    "one_state_with_a_reason": lambda ledger: delivery(ledger, state="failed", attempt=8),
    "nobody_is_lost": lambda ledger: behind_the_api(
        ledger, "update campaign_runs set n_audience = 5, n_decisions = 5"
    ),
    "nothing_after_no": lambda ledger: behind_the_api(
        ledger,
        "insert into suppressions (source, source_id, channel, value_hash, reason, at) values "
        "('t', '1', 'email', 'hash of a', 'manual', '2024-01-01T00:00:00.000000Z')",
    ),
    "control_is_left_alone": lambda ledger: delivery(ledger, key="spring/1/b"),
    "within_its_time": lambda ledger: behind_the_api(
        ledger, "update decisions set planned_at = '2024-05-14T12:00:01.000000Z'"
    ),
    "intent_before_the_call": lambda ledger: delivery(ledger, key="spring/1/b"),
    "sent_as_planned": lambda ledger: behind_the_api(
        ledger, "update deliveries set body_hash = 'other' where state = 'sent'"
    ),
    "outcomes_have_a_decision": lambda ledger: behind_the_api(
        ledger,
        "insert into outcomes (outcome_id, key, campaign_id, customer_id, kind, at) values "
        "('clicked/1', 'spring/1/zoe', 'spring', 'zoe', 'clicked', '2030-01-01T00:00:00.000000Z')",
    ),
    "one_message_per_address": lambda ledger: (
        fill(ledger, decision("twin"), plan="twins"),
        worker(ledger, Recorder()).deliver(NOON),
        behind_the_api(ledger, "update deliveries set address_hash = 'hash of a'"),
    )[0],
    "approved_before_sent": lambda ledger: behind_the_api(
        ledger, "update campaign_runs set approved_at = null"
    ),
}


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_planted_violation_is_found(ledger: Ledger, name: str) -> None:
    PLANTED[name](ledger)
    assert name in broken(ledger)


def test_two_decisions_for_a_customer_are_found() -> None:
    import pyarrow as pa

    (check,) = [c for c in checks() if c.name == "one_decision_per_customer"]
    two = {"campaign_id": ["c", "c"], "step": ["1", "1"], "customer_id": ["a", "a"]}
    retries = pa.table({"campaign_id": ["c"], "step": ["1"], "customer_id": ["a"], "retry": [1]})
    for numbers, n in (([0, 0], 1), ([0, 1], 0), ([0, 2], 1)):
        rows = pa.table({**two, "retry": numbers})
        frames = {"decisions": rows, "retries": retries}
        assert query_frames(check.sql, frames).num_rows == n


def test_every_check_has_a_planted_violation() -> None:
    assert {check.name for check in checks()} == {*PLANTED, "one_decision_per_customer"}
