"""What imports cost, each in a fresh process beside bare Python; run as a script."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

STATEMENTS = (
    "pass",
    "import sqlite3, json, decimal, datetime, hashlib, pathlib, typing",
    "import xenorec",
    "import xenorec.errors",
    "from xenorec.pos import Till",
    "import pandas",
)
N_RUNS = 21


def seconds(statement: str) -> float:
    """Return how long a fresh Python takes to start, run a statement and end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def rounds(statements: Sequence[str]) -> dict[str, list[float]]:
    """Run all statements in turn, so that a busy moment touches each alike."""
    times: dict[str, list[float]] = {statement: [] for statement in statements}
    for _ in range(N_RUNS):
        for statement in statements:
            times[statement].append(seconds(statement))
    return times


def main() -> int:
    times = rounds(STATEMENTS)
    base = sorted(times["pass"])
    for statement, found in times.items():
        found.sort()
        least, median = (found[0] - base[0]) * 1e3, (found[N_RUNS // 2] - base[N_RUNS // 2]) * 1e3
        print(f"{statement:66s} over bare Python: least {least:6.1f} ms, median {median:6.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
