from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import HANGING
from tests.unit.pos.folders import publish
from xenorec.errors import BadInput, DiskFull, WorkspaceBusy
from xenorec.pos import Till, file_errors
from xenorec.pos.journal import NAME, Journal, read_journal

SELL = """
import sys
from xenorec.pos import Till, journal
journal.WAIT = 3600
with Till.open(sys.argv[1]) as till:
    for i in range(int(sys.argv[3])):
        till.record_order(f"{sys.argv[2]}/{i}", lines=[("tea", 1, "3.50")])
        print(i, flush=True)
"""

DIE_IN_THE_MIDDLE = """
import os, signal, sqlite3, sys
from xenorec.pos import Till
till = Till.open(sys.argv[1])
till.record_order("kept", lines=[("tea", 1, "3.50")])
connection = till._journal._connection
connection.execute("pragma cache_size = 1")
connection.execute("begin")
for i in range(300):
    till.record_order(f"lost {i}", lines=[("tea" * 300, 1, "3.50")])
os.kill(os.getpid(), signal.SIGKILL)
"""

FILL_THE_DISK = """
import resource, signal, sys
from xenorec.errors import DiskFull
from xenorec.pos import Till
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Till.open(sys.argv[1]) as till:
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
    done = 0
    try:
        for i in range(10_000):
            till.record_order(str(i), lines=[("tea" * 50, 1, "3.50")])
            done += 1
    except DiskFull as error:
        print(done, str(error))
"""


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def add(journal: Journal, key: str, body: dict[str, object] | None = None) -> bool:
    return journal.add("order", key, body or {"n": 1}, at="2024-05-14", store_id="s1")


def test_entries_come_back_in_order_and_after_a_number(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for key in ("b", "a", "c"):
        add(journal, key)
    assert [entry.idempotency_key for entry in read_journal(tmp_path)] == ["b", "a", "c"]
    assert [entry.idempotency_key for entry in read_journal(tmp_path, after=2)] == ["c"]


def test_a_repeated_entry_takes_no_number(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert [add(journal, "a"), add(journal, "a"), add(journal, "b")] == [True, False, True]
    assert [entry.seq for entry in read_journal(tmp_path)] == [1, 2]


def test_a_folder_without_a_journal_has_no_entries(tmp_path: Path) -> None:
    assert list(read_journal(tmp_path)) == []
    (tmp_path / NAME).touch()
    assert list(read_journal(tmp_path)) == []


def test_odd_characters_in_the_path_do_not_matter(tmp_path: Path) -> None:
    folder = tmp_path / "till #4?a=b %20"
    folder.mkdir()
    add(Journal(folder), "a")
    assert len(list(read_journal(folder))) == 1


def test_an_entry_that_was_changed_is_found(tmp_path: Path) -> None:
    add(Journal(tmp_path), "a", {"amount": "1.00"})
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("update entries set body = ?", (json.dumps({"amount": "9.00"}),))
    connection.commit()
    with pytest.raises(BadInput, match=r"Entry 1 of .* is not as it was recorded"):
        list(read_journal(tmp_path))


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    (tmp_path / NAME).write_text("not a database, though long enough to look like one\n" * 100)
    with pytest.raises(BadInput, match="cannot be read"):
        list(read_journal(tmp_path))
    with pytest.raises(BadInput, match="cannot be written"):
        Till.open(tmp_path)


def test_no_write_ahead_log_is_kept(tmp_path: Path) -> None:
    publish(tmp_path)
    with Till.open(tmp_path) as till:
        till.record_order("1", lines=[("tea", 1, "3.50")])
        names = {path.name for path in tmp_path.iterdir()}
        mode = till._journal._connection.execute("pragma journal_mode").fetchone()[0]
        synchronous = till._journal._connection.execute("pragma synchronous").fetchone()[0]
    assert (mode, synchronous) == ("truncate", 2)
    assert not any(name.endswith(("-wal", "-shm")) for name in names)


def test_a_journal_that_another_holds_is_waited_for_then_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    journal._connection.execute("pragma busy_timeout = 50")
    other = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    other.execute("begin exclusive")
    with pytest.raises(WorkspaceBusy, match="another till"):
        add(journal, "a")
    other.execute("rollback")
    assert add(journal, "a") is True
    assert file_errors.WAIT >= 5


def test_processes_that_write_the_same_journal_lose_nothing(tmp_path: Path) -> None:
    publish(tmp_path)
    running = [run(SELL, tmp_path, name, 40) for name in ("a", "b", "c")]
    for process in running:
        _, errors = process.communicate(timeout=HANGING)
        assert process.returncode == 0, errors
    found = [entry.idempotency_key for entry in read_journal(tmp_path)]
    assert sorted(found) == sorted(f"order/{name}/{i}" for name in "abc" for i in range(40))


def test_processes_that_record_the_same_orders_keep_each_once(tmp_path: Path) -> None:
    publish(tmp_path)
    running = [run(SELL, tmp_path, "same", 30) for _ in range(3)]
    for process in running:
        _, errors = process.communicate(timeout=HANGING)
        assert process.returncode == 0, errors
    found = [entry.idempotency_key for entry in read_journal(tmp_path)]
    assert sorted(found) == sorted(f"order/same/{i}" for i in range(30))


def test_what_a_killed_till_had_said_is_kept(tmp_path: Path) -> None:
    publish(tmp_path)
    process = run(SELL, tmp_path, "a", 100_000)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    said += process.stdout.readlines()
    n_said = sum(line.endswith("\n") for line in said)
    found = [entry.idempotency_key for entry in read_journal(tmp_path)]
    assert found == [f"order/a/{i}" for i in range(len(found))]
    assert len(found) in (n_said, n_said + 1)
    with Till.open(tmp_path) as till:
        assert till.record_order("a/0", lines=[("tea", 1, "3.50")]) is False
        assert till.record_order("next", lines=[("tea", 1, "3.50")]) is True


def test_what_a_till_was_writing_when_it_was_killed_is_undone(tmp_path: Path) -> None:
    publish(tmp_path)
    process = run(DIE_IN_THE_MIDDLE, tmp_path)
    process.communicate(timeout=HANGING)
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / f"{NAME}-journal").stat().st_size > 0
    assert [entry.idempotency_key for entry in read_journal(tmp_path)] == ["order/kept"]


def test_a_full_disk_is_reported_and_what_was_kept_stays(tmp_path: Path) -> None:
    publish(tmp_path)
    output, errors = run(FILL_THE_DISK, tmp_path).communicate(timeout=HANGING)
    assert "make room" in output, errors
    n_done = int(output.split()[0])
    assert n_done > 0
    assert len(list(read_journal(tmp_path))) == n_done
    assert issubclass(DiskFull, OSError)
