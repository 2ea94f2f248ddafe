"""Nobody is lost for good: whose fault a try was decides what it costs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.campaigns.outbox import NOON, Recorder, consent, decision, fill, worker
from xenorec.campaigns.circuit_breaker import LONGEST, next_try
from xenorec.campaigns.not_due import NotYet
from xenorec.channels import Envelope, SendResult
from xenorec.errors import DiskFull, NotSupported
from xenorec.ledger import Decision, Ledger
from xenorec.schema.enums import DeliveryState, Reason

HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made.create()
    return made


@dataclass
class Server(Recorder):
    """A provider that can be down, full or closing; ``calls`` counts what it was asked."""

    is_keyed: bool = True
    down: str = ""
    closes_after: int = 99
    calls: list[str] = field(default_factory=list)

    def send(self, envelope: Envelope) -> SendResult:
        self.calls.append(envelope.key)
        if self.down == "error":
            raise ConnectionRefusedError("to ana@shop.example")
        if self.down == "full":
            raise DiskFull("The outbox folder has no room.")
        if self.down == "4xx":
            return SendResult(DeliveryState.HELD, self.name, is_worth_retrying=True, detail="451")
        if self.down == "5xx":
            return SendResult(DeliveryState.FAILED, self.name, reason=Reason.PROVIDER_REFUSED)
        if self.down or len(self.sent) >= self.closes_after:
            return SendResult(
                DeliveryState.HELD, self.name, is_channel_fault=True, detail=self.down or "421"
            )
        return super().send(envelope)


@dataclass
class Blind(Server):
    is_keyed: bool = False

    def lookup(self, key: str) -> SendResult | None:
        raise NotSupported("this channel cannot look up a key")


def standing(ledger: Ledger) -> dict[tuple[str, str | None], int]:
    return dict(ledger.states("spring", "1"))


def people(n: int, **changes: object) -> list[Decision]:
    return [decision(f"c{number:02}", **changes) for number in range(n)]


@pytest.mark.parametrize("kind", [Server, Blind])
@pytest.mark.parametrize("down", ["no log-in", "full", "error"])
def test_a_channel_that_is_down_for_nine_runs_loses_nobody(
    ledger: Ledger, kind: type, down: str
) -> None:
    if kind is Blind and down != "no log-in":
        pytest.skip("a channel that cannot tell leaves one message in doubt for every error")
    fill(ledger, *people(5))
    channel = kind(down=down)
    for run in range(9):
        report = worker(ledger, channel).deliver(NOON + run * HOUR)
        assert len(channel.calls) == run + 1, "after its fault a channel is left alone"
        assert report.stopped.keys() == {"email"}
        assert not report.is_clean
        assert "ana@shop.example" not in str(report)
        assert all(state in ("planned", "held") for state, _ in standing(ledger))
    channel.down = ""
    assert worker(ledger, channel).deliver(NOON + 20 * HOUR).n_sent == 0, "at night"
    assert worker(ledger, channel).deliver(NOON + 22 * HOUR).n_sent == 5
    assert len(set(channel.sent)) == len(channel.sent) == 5


@pytest.mark.parametrize("kind", [Server, Blind])
def test_a_server_that_closes_in_the_middle_gets_the_rest_later_and_nothing_twice(
    ledger: Ledger, kind: type
) -> None:
    fill(ledger, *people(7))
    channel = kind(closes_after=3)
    assert worker(ledger, channel).deliver(NOON).n_sent == 3
    channel.closes_after = 99
    assert worker(ledger, channel).deliver(NOON + HOUR).n_sent == 4
    assert len(set(channel.sent)) == len(channel.sent) == 7


@pytest.mark.parametrize(("down", "left"), [("4xx", "held"), ("5xx", "failed")])
def test_a_server_that_refuses_everybody_is_not_asked_for_all(
    ledger: Ledger, down: str, left: str
) -> None:
    fill(ledger, *people(30))
    channel = Blind(down=down)
    report = worker(ledger, channel).deliver(NOON)
    assert len(channel.calls) == 10
    assert "refused 10 recipients and took none" in report.stopped["email"]
    assert sum(n for (state, _), n in standing(ledger).items() if state == left) == 10


def test_bad_addresses_do_not_stop_a_server_that_takes_others(ledger: Ledger) -> None:
    fill(ledger, *people(30))
    bad = {f"spring/1/c{n:02}": 9 for n in range(5, 25)}
    channel = Server(unreachable=bad)
    report = worker(ledger, channel).deliver(NOON)
    assert (report.n_sent, report.n_unreachable, report.stopped) == (10, 20, {})


def test_a_channel_without_credentials_stops_no_other(ledger: Ledger) -> None:
    fill(ledger, decision("a"), decision("b", channel="sms"))
    ledger.append("consents", [{**consent("b"), "channel": "sms", "source_id": "sms"}])
    channel = Server()
    made = worker(ledger, channel)
    made.stopped = {"sms": "The environment has no variable SMS_TOKEN"}
    report = made.deliver(NOON)
    assert channel.sent == ["spring/1/a"]
    assert "SMS_TOKEN" in str(report)
    assert standing(ledger) == {("sent", None): 1, ("planned", None): 1}


def test_what_expires_while_a_channel_is_down_is_told(ledger: Ledger) -> None:
    fill(ledger, *people(3))
    channel = Server(down="no log-in")
    worker(ledger, channel).deliver(NOON)
    report = worker(ledger, channel).deliver(NOON + timedelta(days=2, minutes=1))
    assert standing(ledger) == {("suppressed", "expired"): 3}
    assert report.n_expired == 3


def test_a_clock_a_day_ahead_expires_nobody_for_good(ledger: Ledger) -> None:
    fill(ledger, *people(4, not_after=NOON + 20 * HOUR))
    channel = Server()
    worker(ledger, channel).deliver(NOON + timedelta(days=1, hours=1))
    assert standing(ledger) == {("suppressed", "expired"): 4}
    assert worker(ledger, channel).deliver(NOON + HOUR).n_sent == 4
    assert worker(ledger, channel).deliver(NOON + timedelta(days=1, hours=1)).n_sent == 0
    assert len(channel.sent) == 4


def test_what_a_clock_ahead_put_off_is_due_again_by_the_right_one(ledger: Ledger) -> None:
    fill(ledger, *people(2, not_after=NOON + timedelta(days=3)))
    channel = Server()
    worker(ledger, channel).deliver(NOON + timedelta(days=1, hours=12))  # at night, a day ahead
    assert standing(ledger) == {("held", "quiet_hours"): 2}
    assert worker(ledger, channel).deliver(NOON + HOUR).n_sent == 2


def test_an_expiry_of_the_right_clock_stays(ledger: Ledger) -> None:
    fill(ledger, *people(2, not_after=NOON + HOUR))
    for hours in (2, 3):
        worker(ledger, Server()).deliver(NOON + hours * HOUR)
    rows = ledger.snapshot("deliveries").to_pylist()
    assert [row["state"] for row in rows].count("suppressed") == 2


def moved(ledger: Ledger, channel: Recorder, hashed: str) -> None:
    made = worker(ledger, channel)
    render = made.render

    def to_the_newest(decided: Decision) -> tuple[Envelope, str]:
        envelope, body = render(decided)
        return replace(envelope, address_hash=hashed), body

    made.render = to_the_newest
    made.deliver(NOON)


def test_a_new_address_gets_the_message_and_is_kept_with_it(ledger: Ledger) -> None:
    fill(ledger, decision("a"))
    channel = Server()
    moved(ledger, channel, "hash of the new one")
    assert channel.sent == ["spring/1/a"]
    claimed = [r for r in ledger.snapshot("deliveries").to_pylist() if r["state"] == "claimed"]
    assert [row["address_hash"] for row in claimed] == ["hash of the new one"]


def test_the_gates_judge_the_new_address(ledger: Ledger) -> None:
    fill(ledger, decision("a"))
    ledger.erase("someone", [("email", "hash of the new one")], now=NOON)
    channel = Server()
    moved(ledger, channel, "hash of the new one")
    assert channel.sent == []
    assert standing(ledger) == {("suppressed", "suppressed_address"): 1}


def test_an_address_gets_it_once_though_it_was_another_ones_when_planned(ledger: Ledger) -> None:
    fill(ledger, decision("a"))
    moved(ledger, Server(), "hash of b")
    fill(ledger, decision("b"), plan="q")
    assert worker(ledger, Server()).deliver(NOON).n_sent == 0
    assert standing(ledger)[("suppressed", "duplicate")] == 1


def test_an_address_that_is_gone_waits_for_the_next_load(ledger: Ledger) -> None:
    fill(ledger, decision("a"))
    made = worker(ledger, Server())

    def gone(decided: Decision) -> tuple[Envelope, str]:
        raise NotYet(Reason.INVALID_ADDRESS)

    made.render = gone
    made.deliver(NOON)
    assert standing(ledger) == {("held", "invalid_address"): 1}
    assert worker(ledger, Server()).deliver(NOON + HOUR).n_sent == 1


def test_waits_grow_with_jitter_and_leave_the_last_moment_a_try() -> None:
    one, other = decision("a"), decision("b")
    waits = [next_try(one, n, NOON) - NOON for n in range(1, 12)]
    assert waits[0] < timedelta(minutes=15) < waits[5] <= LONGEST
    assert next_try(one, 1, NOON) != next_try(other, 1, NOON)
    late = replace(one, not_after=NOON + timedelta(minutes=10))
    assert next_try(late, 9, NOON) <= NOON + timedelta(minutes=5)
    assert next_try(late, 1, NOON + HOUR) == NOON + HOUR
