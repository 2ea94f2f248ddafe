"""Due columns: what is due, as facts of a customer's profile."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.dataset.data_frames import positions
from xenorec.timing.model_column import ModelColumn

SOON_DAYS = 7
"""Days after as_of, both included, that are soon; the page's shelf has the same."""
WANTED_DAYS = 28
"""Days after the due day in which something may still be wanted; the page's shelf has the same."""
WANTED_GAPS = 2.0
"""Usual gaps after the due day, of which fewer must have passed."""
DUE_COLUMNS = (
    ModelColumn(
        "days_until_due",
        "double",
        "days from as_of to the first day, from today on, on which a product the customer buys is "
        "due; 0: today",
    ),
    ModelColumn(
        "n_due_7d",
        "double",
        "products the customer buys that are due within the next 7 days, today included",
    ),
    ModelColumn(
        "n_overdue",
        "double",
        "products the customer buys that were due before today and are still wanted: 28 days and "
        "two usual gaps ago at most",
    ),
)


def due_columns(told: pd.DataFrame, customers: Texts, as_of: datetime) -> pa.Table:
    """Return customer_id and ``DUE_COLUMNS``, one row per customer of ``customers``.

    ``told``: answers of ``Replenishment.predict``. A day before today counts for n_overdue alone,
    as far as ``is_wanted`` says; days_until_due is null for who has nothing due from today on.
    """
    days, row = _days(told, as_of), positions(told["customer_id"].to_numpy(object), customers)
    ahead, first = days >= 0, np.full(len(customers), np.inf)
    np.minimum.at(first, row[ahead], days[ahead])
    n_soon = _counted(row[ahead & (days <= SOON_DAYS)], len(customers))
    n_overdue = _counted(row[~ahead & is_wanted(told, as_of)], len(customers))
    return pa.table(
        {
            "customer_id": pa.array(customers, pa.string()),
            "days_until_due": pa.array(first, pa.float64(), mask=~np.isfinite(first)),
            "n_due_7d": n_soon,
            "n_overdue": n_overdue,
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


def _counted(row: Ints, n: int) -> Floats:
    """Return how often each of ``n`` rows comes."""
    return np.bincount(row, minlength=n).astype(np.float64)


def _days(told: pd.DataFrame, as_of: datetime) -> Floats:
    """Return the days from ``as_of`` to the due day of each row."""
    today = pd.Timestamp(as_of).tz_convert(None).normalize()
    days = (told["due_on"] - today) / pd.Timedelta(days=1)
    return np.asarray(days.to_numpy(), dtype=np.float64)
