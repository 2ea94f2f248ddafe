"""CPU seconds of a plan, and of fitting its shelves, beside another checkout.

Run: python -m tests.bench.bench_plan OTHER [--households N]

Each checkout loads The Complete Journey, fits the shelves once and plans the same campaign three
times; told is the least of the three, with what ``print(plan)`` takes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

JOB = """
import sys, time, warnings
warnings.simplefilter("ignore")
import xenorec as xr
crm = xr.open(sys.argv[1], brand={"name": "Riverside Market", "address": "12 Mill Lane"})
crm.load("complete_journey", options={"households": int(sys.argv[2])})
crm.link()
as_of = "2017-11-01"
history = crm.history(as_of)
begin = time.process_time()
shelves = xr.ShelfRecommender().fit(history)
fit = time.process_time() - begin
timing = xr.SendTime().fit(history)
people = crm.profiles(as_of).where("n_orders > 0")
people.to_arrow()
plans = []
for turn in range(3):
    campaign = crm.campaign(f"plan-{turn}", audience=people, recommend=shelves, timing=timing)
    begin = time.process_time()
    plan = campaign.plan()
    str(plan), plan.hash
    plans.append(time.process_time() - begin)
print(fit, min(plans), len(plan.decisions))
"""


def measured(checkout: Path, households: int) -> tuple[float, float, int]:
    """Return CPU seconds of the fit and of a plan, and for how many customers it was."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", JOB, f"{folder}/shop.duckdb", str(households)],
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(checkout)},
        )
    fit, plan, n = done.stdout.split()[-3:]
    return float(fit), float(plan), int(n)


def main() -> None:
    """Print both checkouts' seconds and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("other", type=Path)
    parser.add_argument("--households", type=int, default=2000)
    given = parser.parse_args()
    ours = measured(ROOT, given.households)
    theirs = measured(given.other.resolve(), given.households)
    for place, name in enumerate(("ShelfRecommender.fit", f"plan of {ours[2]:,} customers")):
        one, other = ours[place], theirs[place]
        print(f"{name:32s}{one:8.1f} s, the other {other:8.1f} s: {one / other:.2f}")


if __name__ == "__main__":
    main()
