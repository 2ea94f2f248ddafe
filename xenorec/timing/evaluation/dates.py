"""Dates: how far the predicted next order was from the real one, and how often within its interval.

Days are counted from the origin and capped at 56: later, and never, count as 56. An interval that
would end later has no end, and begins where a fifth of the chance lies before it: 80 % again.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xenorec.instants import microseconds
from xenorec.numbers import Floats
from xenorec.timing.local_time import DAY_US
from xenorec.timing.next_purchase.rhythm import gaps_of
from xenorec.timing.next_purchase.visits import visits_of
from xenorec.timing.stamps import Stamps

CAP = 56.0
DATE_MODELS = ("next_purchase", "bg_nbd")


def date_rows(seen: Stamps, everything: Stamps, waits: Mapping[str, Floats]) -> pd.DataFrame:
    """Return one row per model and customer: model, days, is_inside (NaN for no interval).

    ``waits``: for each model the days to the start of the interval, the median and its end, within
    the cap, in the order of ``seen.ids``. Beside them: the customer's own last gap after the last order.
    """
    now = microseconds(seen.as_of) / DAY_US
    came = np.minimum(_wait(seen, everything), CAP)
    frames = []
    for model, wait in waits.items():
        soon, middle, late = np.minimum(wait, CAP).T
        inside = (soon <= came) & (came <= late)
        days = np.abs(middle - came)
        frames.append(pd.DataFrame({"model": model, "days": days, "is_inside": inside * 1.0}))
    days = np.abs(np.clip(_last_gap(seen, now), 0, CAP) - came)
    frames.append(pd.DataFrame({"model": "own_last_gap", "days": days, "is_inside": np.nan}))
    return pd.concat(frames, ignore_index=True)


def date_scores(rows: pd.DataFrame) -> pd.DataFrame:
    """Return model, n, mae_days, coverage; nothing where no origin has 56 days after it."""
    if not len(rows):
        return pd.DataFrame(columns=["model", "n", "mae_days", "coverage"])
    grouped = rows.groupby("model", sort=False)
    return grouped.agg(
        n=("days", "size"), mae_days=("days", "mean"), coverage=("is_inside", "mean")
    ).reset_index()


def _wait(seen: Stamps, everything: Stamps) -> Floats:
    """Return the days to each customer's first order after the origin; inf without one."""
    later = everything.after(seen.as_of)
    first = np.full(len(everything.ids), np.inf)
    np.minimum.at(first, later.code, (later.at - microseconds(seen.as_of)) / DAY_US)
    place = pd.Index(everything.ids, dtype=object).get_indexer(pd.Index(seen.ids, dtype=object))
    wait: Floats = first[place]
    return wait


def _last_gap(seen: Stamps, now: float) -> Floats:
    """Return the days until the last order plus the last gap; the cap for a single order."""
    visits = visits_of(seen)
    gaps = gaps_of(visits)
    last = visits.at[visits.bounds[1:] - 1]
    has = np.diff(gaps.bounds) > 0
    gap = np.full(len(visits), np.inf)
    gap[has] = gaps.days[gaps.bounds[1:][has] - 1]
    due: Floats = last + gap - now
    return due
