"""What a customer's past visits say about the next one, as features by name.

All are of visits at or before the instant they are worked out for. Times are in days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.timing.next_purchase.order_days import OrderDays
from xenorec.timing.next_purchase.purchase_model import PurchaseModel
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

WINDOWS = (7, 14, 28, 56, 112)
HALF_LIVES = (7.0, 28.0, 84.0)
SPANS = (7, 14, 28)
RECENT_GAPS = 3.0
"""Gaps after which an older one counts half."""


@dataclass(frozen=True)
class InterpurchaseGaps:
    """Days between visits in a row: of customer i at ``bounds[i]`` to ``bounds[i + 1]``."""

    bounds: Ints
    code: Ints
    days: Floats
    ranked: Floats
    """The same, each customer's from short to long."""

    def longer_than(self, days: Floats) -> Ints:
        """Return how many gaps of each customer are longer than ``days``, one per customer."""
        low, high = self.bounds[:-1].copy(), self.bounds[1:].copy()
        while (low < high).any():  # bisection, all customers at once
            open_ = low < high
            middle = (low + high) // 2
            longer = np.zeros(len(low), dtype=bool)
            longer[open_] = self.ranked[middle[open_]] > days[open_]
            high = np.where(open_ & longer, middle, high)
            low = np.where(open_ & ~longer, middle + 1, low)
        return self.bounds[1:] - low


def gaps_of(visits: OrderDays) -> InterpurchaseGaps:
    """Return the gaps between the visits of each customer."""
    code = visits.code
    same = code[1:] == code[:-1]
    days, code = np.diff(visits.at)[same], code[1:][same]
    bounds = np.searchsorted(code, np.arange(len(visits) + 1)).astype(np.int64)
    return InterpurchaseGaps(bounds, code, days, days[np.lexsort((days, code))])


def patterns_of(visits: OrderDays, now: float) -> RfmPatterns:
    """Return (frequency, recency, age) in whole days, one entry per customer."""
    first, last = visits.at[visits.bounds[:-1]], visits.at[visits.bounds[1:] - 1]
    start = np.floor(first)
    n = np.diff(visits.bounds) - 1.0
    return RfmPatterns(n, np.floor(last) - start, np.floor(now) - start, np.ones(len(visits)))


def rhythm(visits: OrderDays, now: float, model: PurchaseModel) -> dict[str, Singles]:
    """Return the features of customers who each have a visit at or before ``now`` and none after.

    The names begin with "own": each is one number per customer; NaN where it needs more visits.
    """
    gaps = gaps_of(visits)
    silence = now - visits.at[visits.bounds[1:] - 1]
    with np.errstate(all="ignore"):
        found = {
            **_age(visits, now, silence),
            **_pace(gaps, silence),
            **_regularity(gaps, silence),
            **_windows(visits, now),
            **_model(patterns_of(visits, now), model),
        }
    return {f"own_{name}": values.astype(np.float32) for name, values in found.items()}


def weekdays(visits: OrderDays, now: float) -> Floats:
    """Return customers x 7: the share of visits on the weekday of the next day, the one after ...

    A visit counts half after 84 days; a third of a visit is added to each day.
    """
    ahead = 6 - (np.floor(now - visits.at) % 7).astype(np.int64)
    weight = 0.5 ** ((now - visits.at) / 84)
    cell = np.bincount(visits.code * 7 + ahead, weight, minlength=7 * len(visits)) + 0.3
    table = cell.reshape(-1, 7)
    shares: Floats = table / table.sum(axis=1, keepdims=True)
    return shares


def _age(visits: OrderDays, now: float, silence: Floats) -> dict[str, Floats]:
    n = np.diff(visits.bounds).astype(np.float64)
    age = now - visits.at[visits.bounds[:-1]]
    return {"n": n, "age": age, "silence": silence, "rate": (n - 1) / np.maximum(age, 1.0)}


def _pace(gaps: InterpurchaseGaps, silence: Floats) -> dict[str, Floats]:
    """How long the gaps are, and how the silence stands to them."""
    n = np.diff(gaps.bounds)
    mean = _sum(gaps, gaps.days) / n
    spread = np.sqrt(np.maximum(_sum(gaps, gaps.days**2) / n - mean**2, 0)) / mean
    typical = np.exp(_sum(gaps, np.log(np.maximum(gaps.days, 0.25))) / n)
    back = gaps.bounds[1:][gaps.code] - 1 - np.arange(len(gaps.days))
    weight = 0.5 ** (back / RECENT_GAPS)
    return {
        "gap": mean,
        "gap_spread": np.where(n > 1, spread, np.nan),
        "gap_typical": typical,
        "gap_recent": _sum(gaps, weight * gaps.days) / _sum(gaps, weight),
        "gap_last": _nth_last(gaps, 1),
        "gap_before": _nth_last(gaps, 2),
        "overdue": silence / mean,
        "overdue_typical": silence / typical,
    }


def _regularity(gaps: InterpurchaseGaps, silence: Floats) -> dict[str, Floats]:
    """Quantiles of the gaps; of those longer than the silence, the share that ended soon."""
    left = gaps.longer_than(silence)
    found = {
        "gap_median": _quantile(gaps, 0.5),
        "gap_long": _quantile(gaps, 0.8),
        "gap_longest": _quantile(gaps, 1.0),
        "n_longer": left.astype(np.float64),
    }
    for days in SPANS:
        ended = left - gaps.longer_than(silence + days)
        found[f"ends_{days}"] = (ended + 0.5) / (left + 1.0)
    return found


def _windows(visits: OrderDays, now: float) -> dict[str, Floats]:
    """Visits in the last days and in as many before, and faded counts."""
    found: dict[str, Floats] = {}
    code, days = visits.code, now - visits.at
    age = np.maximum(days[visits.bounds[:-1]], 1.0)
    for window in WINDOWS:
        n = np.bincount(code[days < window], minlength=len(visits))
        before = (days >= window) & (days < 2 * window)
        found[f"n_{window}"] = n.astype(np.float64)
        n = np.bincount(code[before], minlength=len(visits))
        found[f"before_{window}"] = n.astype(np.float64)
    for half_life in HALF_LIVES:
        faded = np.bincount(code, 0.5 ** (days / half_life), minlength=len(visits))
        found[f"faded_{half_life:g}"] = faded / (1 - 0.5 ** (age / half_life))
    return found


def _model(past: RfmPatterns, model: PurchaseModel) -> dict[str, Floats]:
    p = model.p_order(past, 14.0)
    return {"alive": model.p_alive(past), "p_14": p, "n_28": model.n_expected(past, 28.0)}


def _sum(gaps: InterpurchaseGaps, values: Floats) -> Floats:
    return np.bincount(gaps.code, values, minlength=len(gaps.bounds) - 1).astype(np.float64)


def _nth_last(gaps: InterpurchaseGaps, nth: int) -> Floats:
    at = gaps.bounds[1:] - nth
    has = at >= gaps.bounds[:-1]
    return _at(gaps.days, at, has)


def _quantile(gaps: InterpurchaseGaps, share: float) -> Floats:
    """Return a gap that at least ``share`` of each customer's are not longer than."""
    n = np.diff(gaps.bounds)
    at = gaps.bounds[:-1] + np.ceil(np.maximum(n - 1, 0) * share).astype(np.int64)
    return _at(gaps.ranked, at, n > 0)


def _at(values: Floats, at: Ints, has: Bools) -> Floats:
    found = np.full(len(at), np.nan)
    found[has] = values[at[has]]
    return found
