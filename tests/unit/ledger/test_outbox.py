"""Every step of a message is taken once, on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.campaigns.outbox import NOON, Recorder, decision, fill, worker
from xenorec.engine import query_frames
from xenorec.ledger import CampaignRun, DueMessage, Ledger, SendVerdict
from xenorec.ledger.audit import checks
from xenorec.ledger.records import DeliveryResult
from xenorec.report.audit_report import FRAMES
from xenorec.schema.enums import DeliveryState, Reason

ROOT = Path(__file__).resolve().parents[3]
MINUTE = timedelta(minutes=1)
SENT = SendVerdict(DeliveryState.SENT)


def broken(ledger: Ledger) -> set[str]:
    frames = {name: ledger.snapshot(name) for name in FRAMES}
    return {check.name for check in checks() if query_frames(check.sql, frames).num_rows}


def claim(ledger: Ledger, now: datetime, name: str = "w") -> list[DueMessage]:
    dues = ledger.due("spring", "1", now)
    verdicts = ledger.pass_gates(dues, now=now, worker=name, quiet_until={})
    return [due for due in dues if verdicts[due.decision.key].state == "claimed"]


def test_nothing_is_due_before_somebody_approved(both: Ledger) -> None:
    run = CampaignRun("spring", "1", NOON, "p", 1, 1, "s", "{}", NOON)
    both.record_run(run, [decision("a")], [])
    assert both.due("spring", "1", NOON) == []
    both.approve("spring", "1", "p", by="ann", at=NOON)
    assert len(both.due("spring", "1", NOON)) == 1


def test_due_comes_in_pages_by_customer(both: Ledger) -> None:
    fill(both, *[decision(f"c{n}") for n in range(5)])
    first = both.due("spring", "1", NOON, 3)
    rest = both.due("spring", "1", NOON, 3, after=first[-1].decision.customer_id)
    assert [due.decision.customer_id for due in [*first, *rest]] == ["c0", "c1", "c2", "c3", "c4"]


@pytest.mark.parametrize(
    ("first", "second"), [("planned", "suppressed"), ("suppressed", "planned")]
)
def test_a_later_plan_does_not_move_a_message(both: Ledger, first: str, second: str) -> None:
    reasons = {"planned": None, "suppressed": "no_recommendation"}
    fill(both, decision("a", state=first, reason=reasons[first]))
    fill(both, decision("a", state=second, reason=reasons[second]), plan="q")
    assert dict(both.states("spring", "1")) == {(first, reasons[first]): 1}
    assert broken(both) == set()


def test_of_two_claims_one_wins(both: Ledger) -> None:
    fill(both, decision("a"))
    dues = both.due("spring", "1", NOON)
    one = both.pass_gates(dues, now=NOON, worker="one", quiet_until={})
    two = both.pass_gates(dues, now=NOON, worker="two", quiet_until={})
    assert (len(one), len(two)) == (1, 0)


def test_the_result_of_a_worker_that_lost_its_message_is_left_out(both: Ledger) -> None:
    fill(both, decision("a"))
    (asleep,) = claim(both, NOON, "asleep")
    (found,) = both.abandoned("spring", "1", NOON + 6 * MINUTE)
    again = SendVerdict(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE, NOON + 6 * MINUTE)
    both.finish([DeliveryResult(found, again)], now=NOON + 6 * MINUTE)
    (taken,) = claim(both, NOON + 6 * MINUTE, "other")
    assert (
        both.finish([DeliveryResult(asleep, SENT, body_hash="body")], now=NOON + 7 * MINUTE) == []
    )
    assert both.finish([DeliveryResult(taken, SENT, body_hash="body")], now=NOON + 7 * MINUTE)
    assert broken(both) == set()


def test_a_late_result_ends_the_doubt(both: Ledger) -> None:
    fill(both, decision("a"))
    (slow,) = claim(both, NOON)
    both.finish([DeliveryResult(slow, SendVerdict(DeliveryState.IN_DOUBT))], now=NOON + 6 * MINUTE)
    both.finish([DeliveryResult(slow, SENT, body_hash="body")], now=NOON + 7 * MINUTE)
    assert dict(both.states("spring", "1")) == {("sent", None): 1}
    assert broken(both) == set()


def test_a_message_in_doubt_is_never_due_again(both: Ledger) -> None:
    fill(both, decision("a"))
    (slow,) = claim(both, NOON)
    both.finish([DeliveryResult(slow, SendVerdict(DeliveryState.IN_DOUBT))], now=NOON)
    assert both.due("spring", "1", NOON + timedelta(days=1)) == []
    assert both.abandoned("spring", "1", NOON + timedelta(days=1)) == []


def test_a_message_does_not_count_against_its_own_cap(both: Ledger) -> None:
    fill(both, decision("a", cap_n=1, cap_days=7.0))
    channel = Recorder(unreachable={"spring/1/a": 1})
    worker(both, channel).deliver(NOON)
    assert worker(both, channel).deliver(NOON + 20 * MINUTE).n_sent == 1


def test_a_message_that_failed_leaves_room_under_the_cap(both: Ledger) -> None:
    for name, body in (("one", "not what was planned"), ("two", "body")):
        changes = {"key": f"{name}/1/a", "campaign_id": name, "body_hash": body}
        fill(both, decision("a", cap_n=1, cap_days=7.0, **changes), plan=name)
    channel = Recorder()
    for name in ("one", "two"):
        worker(both, channel, name).deliver(NOON)
    assert channel.sent == ["two/1/a"]
    assert both.sent_since(["a"], NOON - MINUTE) == {"a": 1}
    assert both.sent_since(["a"], NOON + MINUTE) == {}


def test_caps_of_different_size_at_one_instant_break_no_promise(both: Ledger) -> None:
    for name, most in (("one", 1), ("two", 2)):
        changes = {"key": f"{name}/1/a", "campaign_id": name, "cap_n": most, "cap_days": 7.0}
        fill(both, decision("a", **changes), plan=name)
        made = worker(both, Recorder(), name)
        made.elapsed = float
        made.deliver(NOON)
    assert both.sent_since(["a"], NOON - MINUTE) == {"a": 2}
    assert broken(both) == set()


def test_who_was_erased_before_a_plan_was_recorded_leaves_nothing_in_it(both: Ledger) -> None:
    both.erase("a", [("email", "hash of a")], now=NOON - MINUTE)
    fill(both, decision("a"))
    (row,) = both.snapshot("decisions").to_pylist()
    assert row["context"] == "{}"
    worker(both, Recorder()).deliver(NOON)
    assert dict(both.states("spring", "1")) == {("suppressed", "erased"): 1}


def test_the_first_arm_of_a_customer_stands(both: Ledger) -> None:
    fill(both, decision("a", arm="control", state="suppressed", reason="control"))
    second = decision("a", key="spring/2/a", step="2")
    run = CampaignRun("spring", "2", NOON, "p", 1, 1, "s", "{}", NOON)
    both.record_run(run, [second], [])
    both.approve("spring", "2", "p", by="ann", at=NOON)
    channel = Recorder()
    replace(worker(both, channel), step="2").deliver(NOON)
    assert channel.sent == []
    assert dict(both.states("spring", "2")) == {("suppressed", "control"): 1}


PROCESS = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from tests.unit.campaigns.outbox import NOON, worker
    from xenorec.channels import FileChannel
    from xenorec.ledger import Ledger, connection

    connection.WAIT = 3600
    for name in sys.argv[3:]:
        worker(Ledger(sys.argv[1]), FileChannel(Path(sys.argv[2])), name, name="").deliver(NOON)
    """
)


def test_processes_at_once_send_once_and_keep_the_cap(both: Ledger, tmp_path: Path) -> None:
    for name in ("one", "two"):
        made = [
            decision(f"c{n:02}", key=f"{name}/1/c{n:02}", campaign_id=name, cap_n=1, cap_days=7.0)
            for n in range(40)
        ]
        fill(both, *made, plan=name)
    out = tmp_path / "out"
    orders = (["one", "two"], ["two", "one"], ["one", "two"])
    running = [
        subprocess.Popen([sys.executable, "-c", PROCESS, both.url, str(out), *order], cwd=ROOT)
        for order in orders
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    total = both.states("one", "1") + both.states("two", "1")
    assert dict(total) == {("sent", None): 40, ("suppressed", "capped"): 40}
    assert len(list(out.glob("*.eml"))) == 40
    assert broken(both) == set()


def test_writers_follow_one_another(both: Ledger) -> None:
    fill(both, decision("a"))
    dues = both.due("spring", "1", NOON)
    done = threading.Event()

    def take() -> None:
        Ledger(both.url).pass_gates(dues, now=NOON, worker="two", quiet_until={})
        done.set()

    with both._database.writing():
        thread = threading.Thread(target=take)
        thread.start()
        assert not done.wait(0.3)
    thread.join()
    assert done.is_set()
