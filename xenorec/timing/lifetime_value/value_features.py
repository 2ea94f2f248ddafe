"""What the learner sees of a customer at an origin: rates of visits and spend, gaps, silence."""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.timing.lifetime_value.spend_log import SpendDays

WINDOWS = (14, 28, 56, 112)
HALF_LIVES = (14, 42, 126)
_RECENT_VISITS = 4.0


def habits(visits: SpendDays) -> Floats:
    """Return one row per customer of ``visits``, all of whom have a visit; NaN where unknown.

    Every count and amount is per day that the customer was known in the window, so rows of a
    young shop and of an old one mean the same.
    """
    n = visits.per_customer()
    last = np.cumsum(n).astype(np.int64) - 1
    first = last - n.astype(np.int64) + 1
    age = (visits.end - visits.day[first]).astype(np.float64)
    silence = (visits.end - visits.day[last]).astype(np.float64)
    columns = [silence, n / age, visits.per_customer(visits.amount) / age]
    columns += _windows(visits, age) + _decayed(visits, age)
    columns += _values(visits, n, last) + _gaps(visits, n, last, silence)
    columns.append(_weeks(visits, age))
    return np.stack(columns, axis=1)


def _windows(visits: SpendDays, age: Floats) -> list[Floats]:
    ago = visits.end - visits.day
    columns = []
    for days in WINDOWS:
        columns += _rates(visits, ago <= days, np.minimum(days, age))
    before = np.minimum(28, np.maximum(age - 28, 0))
    return columns + _rates(visits, (ago > 28) & (ago <= 56), before)


def _rates(visits: SpendDays, keep: Bools, known: Floats) -> list[Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        counts = visits.per_customer(keep.astype(np.float64)) / known
        spends = visits.per_customer(keep * visits.amount) / known
    return [np.where(known > 0, values, np.nan) for values in (counts, spends)]


def _decayed(visits: SpendDays, age: Floats) -> list[Floats]:
    ago = (visits.end - visits.day).astype(np.float64)
    columns = []
    for days in HALF_LIVES:
        step = 0.5 ** (1 / days)
        weight, known = step**ago, step * (1 - step**age) / (1 - step)
        columns.append(visits.per_customer(weight) / known)
        columns.append(visits.per_customer(weight * visits.amount) / known)
    return columns


def _values(visits: SpendDays, n: Floats, last: Ints) -> list[Floats]:
    """Mean value of a visit, its variation, the recent mean and how it compares."""
    amount = visits.amount
    mean = visits.per_customer(amount) / n
    variance = np.maximum(visits.per_customer(amount * amount) / n - mean**2, 0)
    weight = 0.5 ** ((last[visits.code] - np.arange(len(amount))) / _RECENT_VISITS)
    recent = visits.per_customer(weight * amount) / visits.per_customer(weight)
    base = np.maximum(mean, 1e-9)
    return [mean, np.sqrt(variance) / base, recent, recent / base]


def _gaps(visits: SpendDays, n: Floats, last: Ints, silence: Floats) -> list[Floats]:
    """Mean gap between visits, its variation, the silence in gaps, the last gap."""
    same = visits.code[1:] == visits.code[:-1]
    code, gap = visits.code[1:][same], np.diff(visits.day)[same].astype(np.float64)
    total = np.bincount(code, gap, minlength=visits.n_customers)
    squares = np.bincount(code, gap * gap, minlength=visits.n_customers)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / (n - 1)
        spread = np.sqrt(np.maximum(squares / (n - 1) - mean**2, 0)) / mean
        overdue = silence / mean
    latest = visits.day[last] - visits.day[np.maximum(last - 1, 0)]
    once = n < 2
    values = (mean, spread, overdue, latest.astype(np.float64))
    return [np.where(once, np.nan, column) for column in values]


def _weeks(visits: SpendDays, age: Floats) -> Floats:
    """Share of the last 16 weeks with a visit."""
    week = (visits.end - 1 - visits.day) // 7
    keep = week < 16
    seen = np.unique(visits.code[keep] * 16 + week[keep]) // 16
    known = np.minimum(16, np.ceil(age / 7))
    share: Floats = np.bincount(seen, minlength=visits.n_customers) / known
    return share
