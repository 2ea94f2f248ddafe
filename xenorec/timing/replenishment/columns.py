"""Columns: what falls due next, as facts of a customer's profile."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.frames import positions
from xenorec.numbers import Texts
from xenorec.timing.model_column import ModelColumn

SOON_DAYS = 7
DUE_COLUMNS = (
    ModelColumn(
        "days_until_due",
        "double",
        "days from as_of to the next day on which a product the customer buys is due; 0: today",
    ),
    ModelColumn("n_due_7d", "double", "products the customer buys that fall due within 7 days"),
)


def due_columns(told: pd.DataFrame, customers: Texts, as_of: datetime) -> pa.Table:
    """Return customer_id and ``DUE_COLUMNS``, one row per customer of ``customers``.

    ``told``: answers of ``Replenishment.predict``. What was due before ``as_of`` does not count;
    days_until_due is null for who has nothing due later.
    """
    today = pd.Timestamp(as_of).tz_convert(None).normalize()
    days = ((told["due_on"] - today) / pd.Timedelta(days=1)).to_numpy(dtype=np.float64)
    row = positions(told["customer_id"].to_numpy(dtype=object), customers)
    ahead = days >= 0
    first = np.full(len(customers), np.inf)
    np.minimum.at(first, row[ahead], days[ahead])
    n_soon = np.bincount(row[ahead & (days < SOON_DAYS)], minlength=len(customers))
    return pa.table(
        {
            "customer_id": pa.array(customers, pa.string()),
            "days_until_due": pa.array(first, pa.float64(), mask=~np.isfinite(first)),
            "n_due_7d": n_soon.astype(np.float64),
        }
    )
