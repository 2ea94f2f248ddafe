"""Columns: what is due, as facts of a customer's profile."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.frames import positions
from xenorec.numbers import Bools, Floats, Texts
from xenorec.timing.model_column import ModelColumn

SOON_DAYS = 7
WANTED_DAYS = 28
"""Days after the due day in which something may still be wanted; the page's shelf has the same."""
WANTED_GAPS = 2.0
"""Usual gaps after the due day, of which fewer must have passed."""
DUE_COLUMNS = (
    ModelColumn(
        "days_until_due",
        "double",
        "days from as_of to the first day on which a product the customer buys is due; 0: today; "
        "below 0: overdue by so many, 28 days and two usual gaps at most",
    ),
    ModelColumn(
        "n_due_7d",
        "double",
        "products the customer buys that are due within 7 days; those overdue count too, "
        "28 days and two usual gaps at most",
    ),
)


def due_columns(told: pd.DataFrame, customers: Texts, as_of: datetime) -> pa.Table:
    """Return customer_id and ``DUE_COLUMNS``, one row per customer of ``customers``.

    ``told``: answers of ``Replenishment.predict``. What is not wanted any more does not count;
    days_until_due is null for who has nothing else.
    """
    days, row = _days(told, as_of), positions(told["customer_id"].to_numpy(object), customers)
    wanted = is_wanted(told, as_of)
    first = np.full(len(customers), np.inf)
    np.minimum.at(first, row[wanted], days[wanted])
    n_soon = np.bincount(row[wanted & (days <= SOON_DAYS)], minlength=len(customers))
    return pa.table(
        {
            "customer_id": pa.array(customers, pa.string()),
            "days_until_due": pa.array(first, pa.float64(), mask=~np.isfinite(first)),
            "n_due_7d": n_soon.astype(np.float64),
        }
    )


def is_wanted(told: pd.DataFrame, as_of: datetime) -> Bools:
    """Return which rows fall due later, or not so long ago that they are no habit any more.

    At most 28 days ago, and fewer than two usual gaps: the days from the last purchase to the due
    day.
    """
    late = -_days(told, as_of)
    last = told["last_bought_at"].dt.tz_convert(None).dt.normalize()
    gap = ((told["due_on"] - last) / pd.Timedelta(days=1)).to_numpy(dtype=np.float64)
    return np.asarray((late <= 0) | (late <= WANTED_DAYS) & (late < WANTED_GAPS * gap))


def _days(told: pd.DataFrame, as_of: datetime) -> Floats:
    """Return the days from ``as_of`` to the due day of each row."""
    today = pd.Timestamp(as_of).tz_convert(None).normalize()
    days = (told["due_on"] - today) / pd.Timedelta(days=1)
    return np.asarray(days.to_numpy(), dtype=np.float64)
