"""How far the predicted next order was from the real one, and how often within its interval.

Days are counted from the origin and capped at 56: later, and never, count as 56. An interval that
would end later has no end, and begins where a fifth of the chance lies before it: 80 % again.

Who may well stay away has an interval that begins after the cap, and then any order after the cap
counts as inside. ``coverage_open`` counts it with the part of the chance left after the cap that
the interval holds (Haider, Hoehn, Davis and Greiner 2020, "Effective Ways to Build and Evaluate
Individual Survival Distributions", JMLR 21(85), on times that are cut off).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from xenorec.array_types import Floats
from xenorec.timestamps import microseconds
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_clock import on_local_clock
from xenorec.timing.local_time import DAY_US
from xenorec.timing.next_purchase.interpurchase_features import gaps_of
from xenorec.timing.next_purchase.order_days import visits_of
from xenorec.timing.next_purchase.population_forecast import SOON_WITHOUT_END

CAP = 56.0
DATE_MODELS = ("next_purchase", "bg_nbd")


class PredictedDates(NamedTuple):
    """What a model says of the next dates.

    ``wait``: customers x 3, the days to the start of the interval, the median and the interval's
    end, within the cap. ``p_order``: the chance of an order up to the cap.
    """

    wait: Floats
    p_order: Floats

    def rows(self, model: str, came: Floats) -> pd.DataFrame:
        """Return one row per customer, who ``came`` after so many days, at most the cap."""
        soon, middle, late = np.minimum(self.wait, CAP).T
        inside = ((soon <= came) & (came <= late)).astype(np.float64)
        is_after = (self.wait[:, 0] > CAP) & (came >= CAP)
        part = (1 - SOON_WITHOUT_END) / np.maximum(1 - self.p_order, 1 - SOON_WITHOUT_END)
        return pd.DataFrame(
            {
                "model": model,
                "days": np.abs(middle - came),
                "is_inside": inside,
                "part_inside": np.where(is_after, part, inside),
            }
        )


def date_rows(
    seen: EventLog, everything: EventLog, predicted: Mapping[str, PredictedDates]
) -> pd.DataFrame:
    """Return one row per model and customer: model, days, is_inside, part_inside.

    ``predicted``: by model, in the order of ``seen.ids``. Beside them, without an interval: the
    customer's own last gap after the last order.
    """
    came = np.minimum(_wait(seen, everything), CAP)
    frames = [dates.rows(model, came) for model, dates in predicted.items()]
    days = np.abs(np.clip(_last_gap(seen), 0, CAP) - came)
    plain = {"model": "own_last_gap", "days": days, "is_inside": np.nan, "part_inside": np.nan}
    return pd.concat([*frames, pd.DataFrame(plain)], ignore_index=True)


def date_scores(rows: pd.DataFrame) -> pd.DataFrame:
    """Return model, n, mae_days, coverage, coverage_open; no row without 56 days to look at."""
    if not len(rows):
        return pd.DataFrame(columns=["model", "n", "mae_days", "coverage", "coverage_open"])
    grouped = rows.groupby("model", sort=False)
    return grouped.agg(
        n=("days", "size"),
        mae_days=("days", "mean"),
        coverage=("is_inside", "mean"),
        coverage_open=("part_inside", "mean"),
    ).reset_index()


def _wait(seen: EventLog, everything: EventLog) -> Floats:
    """Return the days to each customer's first order after the origin; inf without one."""
    later = everything.after(seen.as_of)
    first = np.full(len(everything.ids), np.inf)
    np.minimum.at(first, later.code, (later.at - microseconds(seen.as_of)) / DAY_US)
    place = pd.Index(everything.ids, dtype=object).get_indexer(pd.Index(seen.ids, dtype=object))
    wait: Floats = first[place]
    return wait


def _last_gap(seen: EventLog) -> Floats:
    """Return the days until the last order plus the last gap; the cap for a single order."""
    local = on_local_clock(seen)
    visits, now = visits_of(local), microseconds(local.as_of) / DAY_US
    gaps = gaps_of(visits)
    last = visits.at[visits.bounds[1:] - 1]
    has = np.diff(gaps.bounds) > 0
    gap = np.full(len(visits), np.inf)
    gap[has] = gaps.days[gaps.bounds[1:][has] - 1]
    due: Floats = last + gap - now
    return due
