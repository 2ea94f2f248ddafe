"""Run every benchmark, one after the other: python -m tests.bench"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

for path in sorted(HERE.glob("bench_*.py")):
    print(f"\n== {path.stem}", flush=True)
    subprocess.run(
        [sys.executable, "-m", f"tests.bench.{path.stem}"], cwd=HERE.parents[1], check=True
    )
