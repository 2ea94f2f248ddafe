"""What a run of the worker keeps to while the world goes on around it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.campaigns.outbox import NOON, Recorder, decision, fill, worker
from xenorec.channels import Envelope, FileChannel, SendResult
from xenorec.errors import NotSupported, UnknownName
from xenorec.ledger import Decision, Ledger
from xenorec.schema.enums import DeliveryState

ROOT = Path(__file__).resolve().parents[3]
HOUR = 3600.0


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made.create()
    return made


@dataclass
class Keyed(Recorder):
    """A channel that takes a key once; ``during`` happens while its first message is sent."""

    is_keyed: bool = True
    during: Callable[[], object] | None = None

    def send(self, envelope: Envelope) -> SendResult:
        during, self.during = self.during, None
        if during is not None:
            during()
        if envelope.key in self.sent:
            return SendResult(DeliveryState.SENT, self.name, envelope.key)
        return super().send(envelope)


@dataclass
class Blind(Keyed):
    is_keyed: bool = False

    def lookup(self, key: str) -> SendResult | None:
        raise NotSupported("this channel cannot look up a key")


@dataclass
class Seconds:
    """A stopwatch that a test moves."""

    now: float = 0.0
    jumps: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now


def standing(ledger: Ledger) -> dict[tuple[str, str | None], int]:
    return dict(ledger.states("spring", "1"))


@pytest.mark.parametrize("kind", [Keyed, Blind])
def test_an_unsubscribe_during_a_run_stops_the_next_message(ledger: Ledger, kind: type) -> None:
    fill(ledger, decision("a"), decision("b"))
    channel = kind(during=lambda: ledger.withdraw("b", "email", at=NOON))
    worker(ledger, channel).deliver(NOON)
    assert channel.sent == ["spring/1/a"]
    assert standing(ledger) == {("sent", None): 1, ("suppressed", "no_consent"): 1}


@pytest.mark.parametrize("kind", [Keyed, Blind])
def test_an_erasure_during_a_run_stops_the_next_message(ledger: Ledger, kind: type) -> None:
    fill(ledger, decision("a"), decision("b"))
    channel = kind(during=lambda: ledger.erase("b", [], now=NOON))
    worker(ledger, channel).deliver(NOON)
    assert channel.sent == ["spring/1/a"]
    assert standing(ledger) == {("sent", None): 1, ("suppressed", "erased"): 1}


@pytest.mark.parametrize("kind", [Keyed, Blind])
def test_a_long_run_stops_when_the_night_begins(ledger: Ledger, kind: type) -> None:
    fill(ledger, decision("a"), decision("b"))
    watch = Seconds()
    almost_night = NOON + timedelta(hours=8, minutes=59)  # quiet from 21:00
    channel = kind(during=lambda: setattr(watch, "now", 120.0))
    made = worker(ledger, channel)
    made.elapsed = watch
    made.deliver(almost_night)
    assert channel.sent == ["spring/1/a"]
    assert standing(ledger) == {("sent", None): 1, ("held", "quiet_hours"): 1}


def test_a_message_whose_last_moment_lies_in_the_night_is_not_held(ledger: Ledger) -> None:
    fill(ledger, decision("a", not_after=NOON + timedelta(hours=20)))
    worker(ledger, Recorder()).deliver(NOON + timedelta(hours=10))
    assert standing(ledger) == {("suppressed", "quiet_hours"): 1}


def test_another_worker_leaves_a_slow_one_its_messages(ledger: Ledger) -> None:
    fill(ledger, decision("a"), decision("b"))
    watch = Seconds()
    other = Recorder()

    def slowly() -> None:
        watch.now = 600.0

    slow = Recorder()
    taking = Blind(during=slowly)
    made = worker(ledger, taking, name="")
    made.elapsed = watch
    made.deliver(NOON)
    worker(ledger, other, name="").deliver(NOON + timedelta(minutes=11))
    assert sorted(taking.sent + other.sent + slow.sent) == ["spring/1/a", "spring/1/b"]


def test_a_worker_that_slept_through_its_lease_does_not_call(ledger: Ledger) -> None:
    fill(ledger, decision("a"), decision("b"))
    watch = Seconds()
    channel = Keyed(during=lambda: setattr(watch, "now", 600.0))
    made = worker(ledger, channel)
    made.elapsed = watch
    made.deliver(NOON)
    assert channel.sent == ["spring/1/a"]
    assert standing(ledger) == {("sent", None): 1, ("held", "provider_unreachable"): 1}
    worker(ledger, channel).deliver(NOON + timedelta(minutes=11))
    assert channel.sent == ["spring/1/a", "spring/1/b"]


def test_a_crash_on_a_blind_channel_leaves_one_message_in_doubt(ledger: Ledger) -> None:
    fill(ledger, *[decision(f"c{n}") for n in range(6)])
    channel = Blind(dies_before={"spring/1/c2"})
    with pytest.raises(KeyboardInterrupt):
        worker(ledger, channel, name="").deliver(NOON)
    worker(ledger, channel, name="").deliver(NOON)
    assert standing(ledger) == {("sent", None): 5, ("in_doubt", None): 1}


def test_a_run_that_was_broken_off_goes_on_at_the_same_instant(ledger: Ledger) -> None:
    fill(ledger, decision("a", cap_n=1, cap_days=7.0), decision("b"))
    channel = Keyed(dies_before={"spring/1/a"})
    with pytest.raises(KeyboardInterrupt):
        worker(ledger, channel, name="").deliver(NOON)
    assert worker(ledger, channel, name="").deliver(NOON).n_sent == 2


def test_an_error_of_a_channel_keeps_what_was_sent_before(ledger: Ledger) -> None:
    class Broken(Keyed):
        def send(self, envelope: Envelope) -> SendResult:
            if envelope.key.endswith("b"):
                raise RuntimeError("a mistake in the channel")
            return super().send(envelope)

    fill(ledger, decision("a"), decision("b"))
    report = worker(ledger, Broken(), name="").deliver(NOON)
    assert standing(ledger) == {("sent", None): 1, ("held", "provider_unreachable"): 1}
    assert report.n_unreachable == 1


def test_a_message_that_always_breaks_the_channel_stops_nobody_else(ledger: Ledger) -> None:
    class Broken(Keyed):
        def send(self, envelope: Envelope) -> SendResult:
            if envelope.key.endswith("a"):
                raise RuntimeError("a mistake in the channel")
            return super().send(envelope)

    fill(ledger, decision("a"), decision("b"))
    channel = Broken()
    for hour in range(9):
        worker(ledger, channel, name="").deliver(NOON + timedelta(hours=hour))
        fill(ledger, decision(f"c{hour}"), plan=f"p{hour}")
    assert channel.sent == ["spring/1/b", *(f"spring/1/c{n}" for n in range(8))]
    assert standing(ledger)[("held", "provider_unreachable")] == 1
    worker(ledger, channel, name="").deliver(NOON + timedelta(days=3))
    assert standing(ledger)[("suppressed", "expired")] == 2


def test_a_message_that_cannot_be_made_waits_and_the_others_go(ledger: Ledger) -> None:
    fill(ledger, decision("a"), decision("b"))
    made = worker(ledger, Recorder())
    render = made.render

    def broken(decided: Decision) -> tuple[Envelope, str]:
        if decided.customer_id == "a":
            raise LookupError("no such template")
        return render(decided)

    made.render = broken
    assert made.deliver(NOON).n_sent == 1
    assert standing(ledger) == {("sent", None): 1, ("held", "template_error"): 1}
    assert worker(ledger, Recorder()).deliver(NOON + timedelta(hours=1)).n_sent == 1


def test_a_channel_that_is_not_there_is_named_before_anything_is_claimed(ledger: Ledger) -> None:
    fill(ledger, decision("a", channel="sms"))
    with pytest.raises(UnknownName, match="'sms'"):
        worker(ledger, Recorder()).deliver(NOON)
    assert standing(ledger) == {("planned", None): 1}


def test_a_killed_process_is_known_to_be_dead(ledger: Ledger, tmp_path: Path) -> None:
    """kill -9 in the middle of a group; the same command at the same instant sends the rest."""
    fill(ledger, *[decision(f"c{n:02}", cap_n=1, cap_days=7.0) for n in range(20)])
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from tests.unit.campaigns.outbox import NOON, worker
        from xenorec.channels import FileChannel
        from xenorec.ledger import Decision, Ledger

        class Dies(FileChannel):
            def send(self, envelope):
                result = super().send(envelope)
                if "c07" in envelope.key:
                    os.kill(os.getpid(), signal.SIGKILL)
                return result

        worker(Ledger(sys.argv[1]), Dies(Path(sys.argv[2])), name="").deliver(NOON)
        """
    )
    out = tmp_path / "out"
    command = [sys.executable, "-c", script, ledger.url, str(out)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -9
    assert standing(ledger) == {("claimed", None): 20}
    worker(ledger, FileChannel(out), name="").deliver(NOON)
    assert standing(ledger) == {("sent", None): 20}
    assert len(list(out.glob("*.eml"))) == 20
    assert (out / "messages.jsonl").read_text().count('"key"') == 20


def test_the_report_tells_the_run_and_the_campaign(ledger: Ledger) -> None:
    later = datetime(2024, 5, 15, 12, 0, tzinfo=NOON.tzinfo)
    fill(ledger, decision("a"), decision("b", planned_at=later))
    report = worker(ledger, Recorder()).deliver(NOON)
    assert report.to_mapping()["run"] == {"sent": 1}
    assert report.to_mapping()["standing"] == {"planned": 1, "sent": 1}
    assert "1 sent" in str(report)
