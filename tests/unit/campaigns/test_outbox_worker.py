from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.campaigns.outbox import (
    NOON,
    Recorder,
    consent,
    decision,
    fill,
    worker,
)
from xenorec.channels import FileChannel
from xenorec.errors import NotSupported
from xenorec.ledger import Ledger

LATER = NOON + timedelta(minutes=10)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made.create()
    return made


def standing(ledger: Ledger) -> dict[tuple[str, str | None], int]:
    return dict(ledger.states("spring", "1"))


def test_what_is_due_is_sent_once(ledger: Ledger) -> None:
    fill(ledger, decision("a"), decision("b"))
    channel = Recorder()
    assert worker(ledger, channel).deliver(NOON).n_sent == 2
    assert worker(ledger, channel).deliver(LATER).n_sent == 0
    assert sorted(channel.sent) == ["spring/1/a", "spring/1/b"]


def test_what_is_not_due_waits_for_its_hour(ledger: Ledger) -> None:
    fill(ledger, decision("a", planned_at=NOON + timedelta(hours=3)))
    channel = Recorder()
    report = worker(ledger, channel).deliver(NOON)
    assert (report.n_sent, report.n_waiting) == (0, 1)
    assert worker(ledger, channel).deliver(NOON + timedelta(hours=3)).n_sent == 1


def test_recording_the_same_plan_again_adds_nothing(ledger: Ledger) -> None:
    fill(ledger, decision("a"))
    worker(ledger, Recorder()).deliver(NOON)
    fill(ledger, decision("a", body_hash="other"), plan="q")
    channel = Recorder()
    assert worker(ledger, channel).deliver(LATER).n_sent == 0


@pytest.mark.parametrize(
    ("changes", "prepare", "reason"),
    [
        ({}, lambda ledger: None, "no_consent"),
        (
            {},
            lambda ledger: ledger.append(
                "consents", [consent("a"), consent("a", "withdrawn", NOON)]
            ),
            "no_consent",
        ),
        (
            {},
            lambda ledger: ledger.append(
                "consents", [{**consent("a"), "expires_at": NOON - timedelta(seconds=1)}]
            ),
            "no_consent",
        ),
        (
            {},
            lambda ledger: (
                ledger.append("consents", [consent("a")]),
                ledger.erase("someone", [("email", "hash of a")], now=NOON),
            ),
            "suppressed_address",
        ),
        (
            {},
            lambda ledger: (
                ledger.append("consents", [consent("a")]),
                ledger.erase("a", [], now=NOON),
            ),
            "erased",
        ),
        (
            {"not_after": NOON - timedelta(minutes=1), "planned_at": NOON - timedelta(hours=1)},
            lambda ledger: ledger.append("consents", [consent("a")]),
            "expired",
        ),
    ],
)
def test_the_gates_at_the_instant_of_intent(ledger, changes, prepare, reason) -> None:  # type: ignore[no-untyped-def]
    fill(ledger, decision("a", **changes), consents=False)
    prepare(ledger)
    channel = Recorder()
    worker(ledger, channel).deliver(NOON)
    assert channel.sent == []
    assert standing(ledger) == {("suppressed", reason): 1}


def test_the_latest_word_on_consent_counts(ledger: Ledger) -> None:
    fill(ledger, decision("a"), consents=False)
    back = NOON - timedelta(days=1)
    gone = NOON - timedelta(days=2)
    ledger.append("consents", [consent("a"), consent("a", "withdrawn", gone)])
    ledger.append("consents", [consent("a", "granted", back)])
    assert worker(ledger, Recorder()).deliver(NOON).n_sent == 1


def test_nobody_is_written_to_at_night_where_they_are(ledger: Ledger) -> None:
    fill(ledger, decision("a", time_zone="Asia/Tokyo"), decision("b"))
    channel = Recorder()
    worker(ledger, channel).deliver(NOON)  # 21:00 in Tokyo
    assert channel.sent == ["spring/1/b"]
    assert standing(ledger)[("held", "quiet_hours")] == 1
    worker(ledger, channel).deliver(datetime(2024, 5, 14, 23, 59, tzinfo=UTC))
    assert len(channel.sent) == 1
    worker(ledger, channel).deliver(datetime(2024, 5, 15, 0, 0, tzinfo=UTC))  # 09:00 in Tokyo
    assert channel.sent == ["spring/1/b", "spring/1/a"]


def test_the_cap_holds_across_campaigns(ledger: Ledger) -> None:
    for name in ("one", "two", "three"):
        fill(
            ledger,
            decision("a", key=f"{name}/1/a", campaign_id=name, cap_n=2, cap_days=7.0),
            plan=name,
        )
    channel = Recorder()
    for name in ("one", "two", "three"):
        worker(ledger, channel, name).deliver(NOON)
    assert channel.sent == ["one/1/a", "two/1/a"]
    assert dict(ledger.states("three", "1")) == {("suppressed", "capped"): 1}


def test_a_worker_killed_before_the_call_sends_later(ledger: Ledger) -> None:
    fill(ledger, decision("a"))
    channel = Recorder(dies_before={"spring/1/a"})
    with pytest.raises(KeyboardInterrupt):
        worker(ledger, channel).deliver(NOON)
    assert worker(ledger, channel).deliver(LATER).n_sent == 1
    assert channel.sent == ["spring/1/a"]


def test_a_worker_killed_after_the_call_does_not_send_again(ledger: Ledger) -> None:
    fill(ledger, decision("a"))
    channel = Recorder(dies_after={"spring/1/a"})
    with pytest.raises(KeyboardInterrupt):
        worker(ledger, channel).deliver(NOON)
    assert standing(ledger) == {("claimed", None): 1}
    worker(ledger, channel).deliver(LATER)
    assert channel.sent == ["spring/1/a"]
    assert standing(ledger) == {("sent", None): 1}


def test_a_channel_that_cannot_tell_leaves_the_message_in_doubt(ledger: Ledger) -> None:
    class Blind(Recorder):
        def lookup(self, key: str) -> None:
            raise NotSupported("this channel cannot look up a key")

    fill(ledger, decision("a"))
    channel = Blind(dies_after={"spring/1/a"})
    with pytest.raises(KeyboardInterrupt):
        worker(ledger, channel).deliver(NOON)
    assert worker(ledger, channel).deliver(LATER).n_in_doubt == 1
    worker(ledger, channel).deliver(LATER + timedelta(hours=1))
    assert channel.sent == ["spring/1/a"]


def test_a_claim_younger_than_the_lease_is_left_to_its_worker(ledger: Ledger) -> None:
    fill(ledger, decision("a"))
    channel = Recorder(dies_before={"spring/1/a"})
    with pytest.raises(KeyboardInterrupt):
        worker(ledger, channel).deliver(NOON)
    worker(ledger, channel).deliver(NOON + timedelta(minutes=1))
    assert channel.sent == []


def test_who_is_put_off_is_tried_until_the_last_moment(ledger: Ledger) -> None:
    fill(ledger, decision("a"), decision("b"))
    channel = Recorder(unreachable={"spring/1/a": 1, "spring/1/b": 99})
    for hours in range(8):
        worker(ledger, channel).deliver(NOON + timedelta(hours=hours))
    assert channel.sent == ["spring/1/a"]
    assert channel.unreachable["spring/1/b"] == 99 - 8, "an hourly job tries it every time"
    assert standing(ledger) == {("sent", None): 1, ("held", "provider_unreachable"): 1}
    report = worker(ledger, channel).deliver(NOON + timedelta(days=2, minutes=1))
    assert standing(ledger) == {("sent", None): 1, ("suppressed", "expired"): 1}
    assert "1 expired" in str(report)


def test_a_message_that_renders_otherwise_than_planned_is_not_sent(ledger: Ledger) -> None:
    fill(ledger, decision("a", body_hash="something else"))
    channel = Recorder()
    assert worker(ledger, channel).deliver(NOON).n_failed == 1
    assert channel.sent == []


def test_the_file_channel_keeps_one_file_per_key(ledger: Ledger, tmp_path: Path) -> None:
    fill(ledger, decision("a"), decision("../b"))
    worker(ledger, FileChannel(tmp_path / "out")).deliver(NOON)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len([name for name in names if name.endswith(".eml")]) == 2
    assert (tmp_path / "out" / "messages.jsonl").read_text().count("\n") == 2
    assert not (tmp_path / "b").exists()
