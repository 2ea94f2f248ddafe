"""Personal days: birthdays, and anniversaries of the first order."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Ints, Texts
from xenorec.dataset.data_frames import arrow, encode, instants
from xenorec.errors import BadInput
from xenorec.timestamps import as_instant, microseconds
from xenorec.timing.local_time import DAY_US, local_microseconds
from xenorec.timing.occasions.occasion_calendar import Day, as_day

COLUMNS = ["customer_id", "occasion", "on", "n_years"]


def personal_occasions(
    customers: Any, *, first: Day, last: Day, as_of: Any = None, time_zone: str = "UTC"
) -> pd.DataFrame:
    """Return whose personal day falls into the days from ``first`` to ``last``.

    ``customers`` has customer_id, birth_month and birth_day (``birthday``), or is a frame of orders
    with customer_id and ordered_at (``first_order``: the anniversary of the local day of the first
    one, never that day itself). One row per customer and day, by day and id: customer_id, occasion,
    on, n_years (since the first order; 0 for birthdays, whose year is not kept). Somebody born on
    29 February has it on the 28th in other years. Customers without the day are left out, and so
    are orders later than ``as_of`` (``last``, at its end, when left out).

    Raises BadInput when a column is missing, a day cannot be, or the span is longer than a year.
    """
    begin, end = as_day(first, "first"), as_day(last, "last")
    _check_span(begin, end)
    if "birth_month" in arrow(customers, may=("birth_month",)).column_names:
        ids, month, day = _birthdays(customers)
        found = _within("birthday", ids, month, day, np.zeros(len(ids), np.int64), begin, end)
        found["n_years"] = 0
    else:
        found = _anniversaries(customers, begin, end, as_of, time_zone)
    return found[COLUMNS].sort_values(["on", "customer_id"], ignore_index=True)


def _check_span(begin: date, end: date) -> None:
    if end < begin or (end - begin).days > 365:
        raise BadInput(
            f"first is {begin} and last {end}; expected a span of at most a year, in order."
        )


def _birthdays(customers: Any) -> tuple[Texts, Ints, Ints]:
    table = arrow(customers, need=("customer_id", "birth_month", "birth_day"))
    frame = table.to_pandas().dropna()
    month = pd.to_numeric(frame["birth_month"]).to_numpy().astype(np.int64)
    day = pd.to_numeric(frame["birth_day"]).to_numpy().astype(np.int64)
    wrong = (month < 1) | (month > 12) | (day < 1)
    wrong |= day > _days_in(np.full(len(month), 2024), np.clip(month, 1, 12))
    if wrong.any():
        raise BadInput(
            f"{int(wrong.sum())} birthdays cannot be (the first is month {month[wrong][0]}, day "
            f"{day[wrong][0]}); expected months 1 to 12 and a day of that month."
        )
    ids = frame["customer_id"].astype(str).to_numpy(dtype=object)
    return ids, month, day


def _anniversaries(orders: Any, begin: date, end: date, as_of: Any, time_zone: str) -> pd.DataFrame:
    table = arrow(orders, need=("customer_id", "ordered_at"))
    at = instants(table["ordered_at"], "ordered_at")
    ids, code = encode(table["customer_id"])
    cut = None if as_of is None else microseconds(as_instant(as_of))
    keep = (code >= 0) & (at <= cut if cut is not None else at < _end_of(end))
    earliest = np.full(len(ids), np.iinfo(np.int64).max)
    np.minimum.at(earliest, code[keep], at[keep])
    known = earliest < np.iinfo(np.int64).max
    local = local_microseconds(earliest[known], time_zone) // DAY_US
    day = local.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    return _within(
        "first_order",
        ids[known],
        month.astype(np.int64) % 12 + 1,
        (day - month.astype("datetime64[D]")).astype(np.int64) + 1,
        year,
        begin,
        end,
    )


def _end_of(day: date) -> int:
    return microseconds(as_instant(day)) + 2 * DAY_US  # the local day may end after that of UTC


def _within(
    name: str, ids: Texts, month: Ints, day: Ints, since: Ints, begin: date, end: date
) -> pd.DataFrame:
    """Return the rows of one kind; ``since`` is the year of the first, and 0 where none counts."""
    parts = []
    for year in range(begin.year, end.year + 1):
        on = _day_of(year, month, day)
        keep = (on >= np.datetime64(begin)) & (on <= np.datetime64(end)) & (year > since)
        parts.append(_part(name, ids, on, year - since, keep))
    return pd.concat(parts, ignore_index=True)


def _part(name: str, ids: Texts, on: Any, n_years: Ints, keep: Bools) -> pd.DataFrame:
    frame = pd.DataFrame({"customer_id": ids[keep], "occasion": name, "n_years": n_years[keep]})
    return frame.assign(on=on[keep].astype(object))


def _day_of(year: int, month: Ints, day: Ints) -> Any:
    years = np.full(len(month), year)
    first = ((years - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]")
    return first + (np.minimum(day, _days_in(years, month)) - 1)


def _days_in(year: Ints, month: Ints) -> Ints:
    start = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    length = (start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")
    days: Ints = length.astype(np.int64)
    return days
