"""The day on which an item is used up, from the customer's usual gap and the last pack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints, Texts
from xenorec.timing.replenishment.purchase_series import PurchaseSeries

OWN_GAPS = 1.0
"""Gaps of the customer that count as much as what is usual for the item."""
ITEM_GAPS = 5.0
"""Gaps of an item that count as much as what is usual in the shop."""
RIDGE = 50.0
LEAST_GAP = 0.5
ANY_GAP = 30.0
MOST_PACK = 5.0


@dataclass(frozen=True, eq=False)
class DueDateModel:
    """``log_gap``: the usual log of days between purchases, by item; ``stretch``: 0 to 1.

    ``n_gaps``: how many gaps each item has. A pack of twice the usual size lasts 2 to the power
    of ``stretch`` times as long; what it is, the shop's own gaps have told.
    """

    log_gap: Floats
    n_gaps: Ints
    stretch: float

    def gap(self, pairs: PurchaseSeries, item: Ints) -> Floats:
        """Return how many days after its last purchase each pair is due."""
        n = pairs.n - 1.0
        own = _sum(pairs.gaps.code, _logs(pairs), len(pairs))
        usual = (own + OWN_GAPS * self.log_gap[item]) / (n + OWN_GAPS)
        last = _packs(pairs)[pairs.bounds[1:] - 1] if len(pairs) else np.empty(0)
        return np.asarray(np.exp(usual + self.stretch * last), dtype=np.float64)

    def level(self, n_bought: Ints, item: Ints) -> Texts:
        """Return on whose gaps each pair's rests: personal, segment (the item's) or shop."""
        own = n_bought - 1
        is_usual = self.n_gaps[item] - own >= ITEM_GAPS
        levels = np.where(own > OWN_GAPS, "personal", np.where(is_usual, "segment", "shop"))
        return levels.astype(object)


def fit_due(pairs: PurchaseSeries, item: Ints, n_items: int) -> DueDateModel:
    """Return the usual gaps of items, and how much longer a larger pack lasts."""
    logs, code = _logs(pairs), pairs.gaps.code
    overall = float(logs.mean()) if len(logs) else float(np.log(ANY_GAP))
    total, n = _sum(item[code], logs, n_items), np.bincount(item[code], minlength=n_items)
    log_gap = (total + ITEM_GAPS * overall) / (n + ITEM_GAPS)
    return DueDateModel(log_gap, n.astype(np.int64), _stretch(pairs, logs))


def _stretch(pairs: PurchaseSeries, logs: Floats) -> float:
    """Return the slope of a pair's log gaps on the log packs that began them, shrunk to 0."""
    code, n = pairs.gaps.code, np.maximum(pairs.n - 1, 1)
    pack = _packs(pairs)[_starts(pairs)]
    x = pack - (_sum(code, pack, len(pairs)) / n)[code]
    y = logs - (_sum(code, logs, len(pairs)) / n)[code]
    return float(np.clip((x * y).sum() / ((x * x).sum() + RIDGE), 0.0, 1.0))


def _packs(pairs: PurchaseSeries) -> Floats:
    """Return the log of each quantity as a multiple of the pair's usual one; 0 if not known."""
    with np.errstate(all="ignore"):
        usual = pairs.total(pairs.quantity) / np.maximum(pairs.n, 1)
        share = np.log(pairs.quantity / usual[pairs.code])
    most = np.log(MOST_PACK)
    return np.clip(np.where(np.isfinite(share), share, 0.0), -most, most)


def _starts(pairs: PurchaseSeries) -> Ints:
    """Return the entries that begin a gap: all but the last of each pair."""
    begins = np.ones(len(pairs.at), dtype=bool)
    begins[pairs.bounds[1:] - 1] = False
    return np.flatnonzero(begins)


def _logs(pairs: PurchaseSeries) -> Floats:
    return np.log(np.maximum(pairs.gaps.days, LEAST_GAP))


def _sum(code: Ints, values: Floats, n: int) -> Floats:
    return np.bincount(code, values, minlength=n).astype(np.float64)
