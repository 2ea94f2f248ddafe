from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import xenorec as xr
from tests.conftest import orders
from xenorec.engine import DuckEngine, map_batches, query_frames
from xenorec.errors import BadInput, MissingFile, WorkspaceBusy

ROOT = Path(__file__).resolve().parents[3]


def test_a_workspace_held_by_another_process_says_by_whom(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('held', flush=True); "
            "sys.stdin.read()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WorkspaceBusy, match=rf"process {holder.pid} .*waited \d+ s"):
            xr.open(path, wait=0.3).load({"stores": pd.DataFrame({"store_id": ["s"]})})
    finally:
        holder.kill()
        holder.wait()


def test_an_open_workspace_holds_no_lock(tmp_path: Path) -> None:
    crm = xr.open(tmp_path / "shop.duckdb")
    crm.load({"stores": pd.DataFrame({"store_id": ["s"]})})
    done = subprocess.run(
        [sys.executable, "-c", f"import duckdb; duckdb.connect({str(tmp_path / 'shop.duckdb')!r})"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert crm.count("stores") == 1


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    crm = xr.open(path)
    crm.load({"orders": orders(("o1", "c1", "2024-03-01T10:00:00Z", "1"))})
    script = textwrap.dedent(
        f"""
        import resource, signal
        import pandas as pd
        import xenorec as xr
        from xenorec.errors import DiskFull
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
        n = 300_000
        frame = pd.DataFrame({{"order_id": [f"{{i * 7919}}-{{i}}" for i in range(n)],
            "customer_id": [f"c{{i * 31}}" for i in range(n)],
            "ordered_at": "2024-03-01T10:00:00Z", "net_amount": range(n), "currency": "EUR"}})
        try:
            xr.open({str(path)!r}).load({{"orders": frame}})
        except DiskFull as error:
            print(error)
            raise SystemExit(7)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 7, done.stderr
    assert "make room and run the same command again" in done.stdout
    assert xr.open(path).count("orders") == 1


def test_reading_before_anything_was_loaded(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="Load something first"):
        xr.open(tmp_path / "none.duckdb").count("orders")


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/hostname')",
        "copy (select 1) to '/tmp/x.csv'",
        "set enable_external_access = true",
        "install httpfs",
        "attach '/tmp/x.db'",
    ],
)
def test_a_query_over_frames_reaches_nothing_else(sql: str) -> None:
    with pytest.raises(BadInput):
        query_frames(sql, {})


def test_scoring_in_pieces_is_scoring_at_once() -> None:
    table = pa.table({"x": list(range(10))})

    def double(piece: pa.Table) -> pa.Table:
        return pa.table({"y": [2 * value for value in piece.column("x").to_pylist()]})

    assert map_batches(double, table, rows=3).equals(double(table).combine_chunks())
    assert map_batches(double, table.slice(0, 0)).num_rows == 0


def test_an_error_in_a_transaction_takes_everything_back(tmp_path: Path) -> None:
    engine = DuckEngine(tmp_path / "x.duckdb")
    with engine.writing() as session:
        session.run("create table t (x integer)")

    def half_way() -> None:
        with engine.writing() as session:
            session.run("insert into t values (1)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    with engine.reading() as session:
        assert session.value("select count(*) from t") == 0
