"""The same promises on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.campaigns.outbox import NOON, Recorder, consent, decision, fill, worker
from tests.unit.ledger.postgres import postgres_url
from xenorec.errors import BadInput, DiskFull, UnknownName
from xenorec.ledger import Ledger
from xenorec.schema.enums import DeliveryState

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "sqlite":
        made = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
        made.create()
        yield made
        return
    with postgres_url(tmp_path) as url:
        made = Ledger(url)
        made.create()
        yield made
        made._database.engine.dispose()


def test_two_workers_at_once_send_each_message_once(ledger: Ledger) -> None:
    fill(ledger, *[decision(f"c{n:03}") for n in range(60)])
    channel = Recorder()
    errors: list[BaseException] = []

    def work(name: str) -> None:
        try:
            worker(Ledger(ledger.url), channel, name=name).deliver(NOON)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(channel.sent) == [f"spring/1/c{n:03}" for n in range(60)]


def test_a_run_is_recorded_once_and_stays_as_it_was(ledger: Ledger) -> None:
    fill(ledger, decision("a", body_hash="first"))
    fill(ledger, decision("a", body_hash="second"), decision("b"), plan="q")
    kept = {
        row["customer_id"]: row["body_hash"] for row in ledger.snapshot("decisions").to_pylist()
    }
    assert kept == {"a": "first", "b": "body"}


def test_consents_at_an_instant(ledger: Ledger) -> None:
    day = timedelta(days=1)
    ledger.append(
        "consents",
        [
            consent("stays", at=NOON - 3 * day),
            consent("gone", at=NOON - 3 * day),
            consent("gone", "withdrawn", NOON - day),
            consent("same instant", at=NOON - day),
            consent("same instant", "withdrawn", NOON - day),
            consent("later", at=NOON + day),
            {**consent("any", at=NOON - day), "channel": "any"},
        ],
    )
    names = ["stays", "gone", "same instant", "later", "any", "nobody"]
    assert ledger.consents_at(NOON, "email", "marketing", names) == {"stays", "any"}
    assert ledger.consents_at(NOON - 2 * day, "email", "marketing", names) == {"stays", "gone"}
    assert ledger.consents_at(NOON, "sms", "marketing", names) == {"any"}


def test_of_two_versions_of_a_suppression_the_higher_counts(ledger: Ledger) -> None:
    row = {
        "channel": "email",
        "value_hash": "h",
        "reason": "manual",
        "at": NOON,
        "source": "t",
        "source_id": "1",
    }
    ended = {**row, "version": 2, "until": NOON + timedelta(hours=1)}
    for rows in ([ended], [{**row, "version": 1}]):
        ledger.append("suppressions", rows)
    assert ledger.suppressed(["h"], "email", NOON) == {"h"}
    assert ledger.suppressed(["h"], "email", NOON + timedelta(hours=2)) == set()


def test_instants_come_back_as_they_went_in(ledger: Ledger) -> None:
    fill(ledger, decision("a"))
    (row,) = ledger.snapshot("decisions").to_pylist()
    assert row["planned_at"] == NOON


def test_a_ledger_of_a_newer_version_is_refused(ledger: Ledger) -> None:
    with ledger._database.engine.begin() as connection:
        connection.execute(sa.text("insert into ledger_version values (999, 'from the future')"))
    with pytest.raises(BadInput, match="version 999"):
        Ledger(ledger.url).create()


def test_merges_are_logged_and_so_is_their_undoing(ledger: Ledger) -> None:
    pair, nothing = [("b", "a")], ([], [])
    ledger.change_accounts(links=(pair, []), addresses=nothing, at=NOON)
    assert ledger.accounts() == (pair, [])
    ledger.change_accounts(links=([], pair), addresses=nothing, at=NOON + timedelta(hours=2))
    assert ledger.accounts() == ([], [])
    log = ledger.snapshot("merge_log").to_pylist()
    assert [row["action"] for row in sorted(log, key=lambda row: row["at"])] == ["merge", "unmerge"]


def test_an_unknown_table_is_answered_with_the_nearest(ledger: Ledger) -> None:
    with pytest.raises(UnknownName, match="'deliveries'"):
        ledger.snapshot("delivery")


def test_a_url_that_is_none_is_explained() -> None:
    with pytest.raises(BadInput, match=r"expected a file name or a URL"):
        Ledger("not a url")


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made.create()
    fill(made, decision("a"))

    @sa.event.listens_for(made._database.engine, "connect")
    def _small(connection: object, _record: object) -> None:
        connection.execute("pragma max_page_count = 60")  # type: ignore[attr-defined]

    many = [decision(f"c{n}", context='{"x": "' + "y" * 4000 + '"}') for n in range(500)]
    with pytest.raises(DiskFull, match="make room and run the same command again"):
        fill(made, *many, plan="q", consents=False)
    assert made.snapshot("decisions").num_rows == 1
    assert made.snapshot("campaign_runs").num_rows == 1


def test_a_worker_killed_by_the_system_is_resumed_by_the_next(tmp_path: Path) -> None:
    """kill -9 after each of several messages; in the end every key has exactly one file."""
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made.create()
    fill(made, *[decision(f"c{n:02}") for n in range(12)])
    script = textwrap.dedent(
        """
        import os, signal, sys
        from datetime import timedelta
        from pathlib import Path
        from tests.unit.campaigns.outbox import NOON, worker
        from xenorec.channels import FileChannel
        from xenorec.ledger import Ledger

        class Dies(FileChannel):
            calls = 0
            def send(self, envelope):
                Dies.calls += 1
                if Dies.calls == int(sys.argv[3]):
                    if sys.argv[4] == "after":
                        super().send(envelope)
                    os.kill(os.getpid(), signal.SIGKILL)
                return super().send(envelope)

        now = NOON + timedelta(minutes=10 * int(sys.argv[5]))
        worker(Ledger(sys.argv[1]), Dies(Path(sys.argv[2]))).deliver(now)
        """
    )
    out = tmp_path / "out"
    for run, (call, when) in enumerate([("3", "before"), ("2", "after"), ("1", "after")]):
        done = subprocess.run(
            [sys.executable, "-c", script, made.url, str(out), call, when, str(run)],
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == -9
    from xenorec.channels import FileChannel

    worker(made, FileChannel(out)).deliver(NOON + timedelta(minutes=60))
    assert len(list(out.glob("*.eml"))) == 12
    lines = (out / "messages.jsonl").read_text().splitlines()
    assert len(lines) == len(set(lines))
    assert dict(made.states("spring", "1")) == {(str(DeliveryState.SENT), None): 12}
