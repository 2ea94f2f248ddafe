"""How many people fall into each hour of the week, and how many of them by their own events."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats, Ints, significant
from xenorec.timing.local_time import HOURS
from xenorec.timing.send_time.country_conventions import DAYS


def count_people(best: Ints, is_own: Bools, expected: Floats) -> pd.DataFrame:
    """Return 168 rows: hour_of_week, day, hour, n_people, n_own, n_expected."""
    hours = np.arange(HOURS)
    names = np.array([day.capitalize() for day in DAYS], dtype=object)
    return pd.DataFrame(
        {
            "hour_of_week": hours,
            "day": pd.array(names[hours // 24], dtype="str"),
            "hour": hours % 24,
            "n_people": np.bincount(best, minlength=HOURS),
            "n_own": np.bincount(best[is_own], minlength=HOURS),
            "n_expected": significant(expected),
        }
    )
