from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.campaigns.outbox import NOON, Recorder, decision, fill, worker
from xenorec.campaigns.retries import retry
from xenorec.engine import query_frames
from xenorec.errors import BadInput, UnknownName
from xenorec.ledger import Decision, Ledger
from xenorec.ledger.audit import checks
from xenorec.report.audit_report import FRAMES

LATER = NOON + timedelta(hours=1)


def again(one: Decision, retry: int) -> Decision:
    from dataclasses import replace

    return replace(one, key=f"spring/1.{retry}/{one.customer_id}", retry=retry, body_hash="body")


def broken(ledger: Ledger) -> set[str]:
    frames = {name: ledger.snapshot(name) for name in FRAMES}
    return {check.name for check in checks() if query_frames(check.sql, frames).num_rows}


def test_what_failed_is_planned_again_and_sent_once(both: Ledger) -> None:
    bad = decision("a", body_hash="of a template with a typo")
    fill(both, bad, decision("b"))
    channel = Recorder()
    worker(both, channel).deliver(NOON)
    assert both.reopen("spring", "1", "template_error", at=LATER) == 1
    assert both.reopen("spring", "1", "template_error", at=LATER) == 0, "once is enough"
    assert both.retries("spring", "1") == {"a": 1}
    assert both.decided("spring", "1", before=LATER) == {"b"}
    fill(both, again(bad, 1), plan="q")
    assert worker(both, channel).deliver(LATER).n_sent == 1
    assert worker(both, channel).deliver(LATER).n_sent == 0
    assert channel.sent == ["spring/1/b", "spring/1.1/a"]
    assert dict(both.states("spring", "1")) == {("sent", None): 2}
    assert broken(both) == set()


def test_an_opened_decision_never_goes_whatever_the_clock_says(both: Ledger) -> None:
    fill(both, decision("a", not_after=NOON + timedelta(hours=5)))
    channel = Recorder()
    worker(both, channel).deliver(NOON + timedelta(hours=8))  # a clock ahead of time
    assert both.reopen("spring", "1", "expired", at=LATER) == 1
    assert worker(both, channel).deliver(NOON).n_sent == 0
    fill(both, again(decision("a"), 1), plan="q")
    assert worker(both, channel).deliver(LATER).n_sent == 1
    assert channel.sent == ["spring/1.1/a"]


def test_nobody_who_got_it_or_may_not_have_it_is_opened(both: Ledger) -> None:
    fill(
        both,
        decision("sent"),
        decision("held", arm="control", state="suppressed", reason="template_error"),
        decision("gone", state="suppressed", reason="template_error"),
    )
    both.erase("gone", [], now=NOON)
    worker(both, Recorder()).deliver(NOON)
    assert both.reopen("spring", "1", "template_error", at=LATER) == 0


@pytest.mark.parametrize(
    "reason", ["no_consent", "control", "erased", "suppressed_address", "duplicate", "sent", "x"]
)
def test_a_reason_that_nobody_mends_is_refused_with_those_that_are(
    both: Ledger, reason: str
) -> None:
    with pytest.raises(BadInput, match=r"expired.*template_error"):
        both.reopen("spring", "1", reason, at=LATER)


def test_a_campaign_that_is_not_there_is_named(both: Ledger) -> None:
    fill(both, decision("a"))
    with pytest.raises(UnknownName, match="Did you mean 'spring'"):
        retry(both, "sprang", "expired", at=NOON)


def test_the_files_of_a_template_are_kept_once(both: Ledger) -> None:
    both.keep_template("winback", "v", {"email.html.j2": b"first", "images/a.png": b"\x00\xff"})
    both.keep_template("winback", "v", {"email.html.j2": b"second"})
    kept = both.template_files("winback", "v")
    assert kept == {"email.html.j2": b"first", "images/a.png": b"\x00\xff"}
    assert both.template_files("winback", "w") == {}
