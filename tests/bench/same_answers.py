"""Whether two checkouts give the same answers on The Complete Journey; run as a script.

``python -m tests.bench.same_answers OTHER [--households N]``: this checkout and the one in the
folder OTHER each load the shop, fit every model, plan a campaign, send it and report on it; then
each answer is compared. Prints a line per answer: the same bytes, or the largest difference of its
numbers in parts of their size. Ends with 1 where an answer differs by more than 1e-9.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
CLOSE = 1e-9

ANSWERS = """
import re, sys, warnings
from pathlib import Path
import pandas as pd
warnings.simplefilter("ignore")
import xenorec as xr
folder, n = Path(sys.argv[1]), int(sys.argv[2])
def keep(name, frame):
    frame = frame if isinstance(frame, pd.DataFrame) else frame.to_pandas()
    frame.map(repr).to_csv(folder / (name + ".csv"), index=False)
(folder / "shop.key").write_text("0123456789abcdef" * 4)
crm = xr.open(
    folder / "shop.duckdb", brand={"name": "Riverside Market", "address": "12 Mill Lane"}
)
crm.load("complete_journey", options={"households": n})
crm.link()
as_of = "2017-11-01"
history = crm.history(as_of=as_of)
keep("profiles", crm.profiles(as_of=as_of).to_arrow())
models = {"next_purchase": xr.NextPurchase(), "lapse": xr.Lapse(), "value": xr.LifetimeValue(),
          "replenishment": xr.Replenishment(), "send_time": xr.SendTime()}
for name, model in models.items():
    keep(name, model.fit(history).predict())
shelves = xr.ShelfRecommender(n_shelves=4, n_items=6).fit(history)
keep("shelves", shelves.shelves())
keep("recommend", shelves.recommend())
keep("next_order", xr.NextOrder().fit(history).recommend())
audience = crm.profiles(as_of=as_of).where(
    "days_since_order > usual_gap_days and p_alive > 0.01 and p_lapsed_90d >= 0"
)
campaign = crm.campaign(
    "after-eid", audience=audience, recommend=shelves, timing=models["send_time"],
    template="winback", holdout=0.10,
)
plan = campaign.plan()
(folder / "decisions.txt").write_text("\\n".join(map(repr, plan.decisions)))
(folder / "plan.txt").write_text(str(plan))
approved = plan.approve(by="crm@shop.example")
for hour in range(0, 60, 6):
    approved.send(now=str(pd.Timestamp("2017-11-01", tz="UTC") + pd.Timedelta(hours=hour)))
clean = lambda text: re.sub(r"(?m)^(Date|Message-ID):.*$", "", text)
mails = sorted((folder / "outbox").rglob("*.eml"))
assert mails, "no message was sent"
(folder / "messages.txt").write_text("".join(clean(mail.read_text("utf-8")) for mail in mails))
(folder / "report.txt").write_text(str(campaign.report(within="14d")))
"""


def answered(checkout: Path, folder: Path, households: int) -> None:
    """Let a checkout answer into a folder."""
    folder.mkdir()
    env = {**os.environ, "PYTHONPATH": str(checkout)}
    subprocess.run(
        [sys.executable, "-c", ANSWERS, str(folder), str(households)],
        check=True,
        cwd=folder,
        env=env,
    )


def difference(one: Path, other: Path) -> float:
    """Return 0 for the same bytes, else the largest relative difference of numbers, or infinity."""
    if one.read_bytes() == other.read_bytes():
        return 0.0
    if one.suffix != ".csv":
        return float("inf")
    ours, theirs = (pd.read_csv(path, dtype=str) for path in (one, other))
    if list(ours) != list(theirs) or len(ours) != len(theirs):
        return float("inf")
    return max(_of_column(ours[name], theirs[name]) for name in ours)


def _of_column(ours: pd.Series, theirs: pd.Series) -> float:
    is_other = (ours != theirs).to_numpy()
    if not is_other.any():
        return 0.0
    pattern = r"^(?:np\.float64\()?([-+.\deE]+)\)?$"
    numbers = [
        pd.to_numeric(column[is_other].str.extract(pattern)[0], errors="coerce").to_numpy()
        for column in (ours, theirs)
    ]
    if any(np.isnan(column).any() for column in numbers):
        return float("inf")
    size = np.maximum(np.abs(numbers[0]), np.abs(numbers[1]))
    return float((np.abs(numbers[0] - numbers[1]) / np.where(size > 0, size, 1)).max())


def main() -> int:
    """Print a line per answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("other", type=Path)
    parser.add_argument("--households", type=int, default=400)
    given = parser.parse_args()
    worst = 0.0
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / name for name in ("this", "other")]
        for checkout, folder in zip((ROOT, given.other.resolve()), folders, strict=True):
            answered(checkout, folder, given.households)
        for path in sorted(folders[0].glob("*.[ct][sx][vt]")):
            found = difference(path, folders[1] / path.name)
            worst = max(worst, found)
            told = "the same bytes" if found == 0 else f"differs by up to {found:.1e}"
            print(f"{path.name:22s} {path.stat().st_size:12,d} bytes  {told}")
    return int(worst > CLOSE)


if __name__ == "__main__":
    sys.exit(main())
