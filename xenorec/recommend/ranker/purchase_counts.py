"""What each customer bought of each item (a product, a kind or a category), and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.recommend.grouped_arrays import find, total
from xenorec.recommend.ranker.purchase_history import PurchaseHistory

HALF_LIVES = (14.0, 42.0, 112.0)
WINDOWS = (28.0, 56.0)
PER_VISIT = 0.85


@dataclass(frozen=True)
class PurchaseCounts:
    """One entry per customer asked about and item, sorted by ``key`` = asked * n_items + item.

    ``columns``: each a feature, one value per entry. ``gap_*``: every gap between two purchases
    in a row, its item and days.
    """

    n_items: int
    key: Ints
    columns: dict[str, Floats]
    gap_item: Ints
    gap: Floats

    @property
    def asked(self) -> Ints:
        """The customer of each entry."""
        return self.key // self.n_items

    @property
    def item(self) -> Ints:
        """The item of each entry."""
        return self.key % self.n_items

    def find(self, asked: Ints, item: Ints) -> tuple[Ints, Bools]:
        """Return (entry, known) of each customer and item."""
        return find(self.key, asked * self.n_items + item)


def count(past: PurchaseHistory, item_of: Ints, n_items: int) -> PurchaseCounts:
    """Return the counts; two products of one item in one order count once.

    Columns: n, n_28, n_56 (orders ever and of late), faded_14, faded_42, faded_112 (orders by
    half-life in days), faded_visits, since, first (days), visits_since, visits_of, gap_mean,
    gap_sd, gap_last (days), overdue and overdue_last (since / gap), share (of all orders), and
    share_since_first.
    """
    key, age, visit = _orders(past, item_of, n_items)
    begin = np.append(True, key[1:] != key[:-1]) if len(key) else np.empty(0, dtype=bool)
    entry, first = np.cumsum(begin) - 1, np.flatnonzero(begin)
    last = np.append(first, len(key))[1:] - 1
    asked = key[first] // n_items
    n_orders = past.n_orders[asked].astype(np.float64)
    columns = {
        "n": (last - first + 1).astype(np.float64),
        **_faded(entry, age, visit, len(first)),
        "since": age[last],
        "first": age[first],
        "visits_since": visit[last].astype(np.float64),
    }
    columns |= _gaps(entry, age, begin, columns)
    columns["share"] = columns["n"] / n_orders
    columns["share_since_first"] = columns["n"] / (visit[first] + 1)
    inside = ~begin
    return PurchaseCounts(
        n_items,
        key[first],
        columns,
        (key % n_items)[inside],
        (_before(age) - age)[inside],
    )


def outline(past: PurchaseHistory, item_of: Ints, n_items: int) -> PurchaseCounts:
    """Return the same with n, since and first alone: what trends of the whole shop need."""
    key, age, _ = _orders(past, item_of, n_items)
    begin = np.append(True, key[1:] != key[:-1]) if len(key) else np.empty(0, dtype=bool)
    first = np.flatnonzero(begin)
    last = np.append(first, len(key))[1:] - 1
    n = (last - first + 1).astype(np.float64)
    columns = {"n": n, "since": age[last], "first": age[first]}
    inside = ~begin
    gap = (_before(age) - age)[inside]
    return PurchaseCounts(n_items, key[first], columns, (key % n_items)[inside], gap)


def _orders(past: PurchaseHistory, item_of: Ints, n_items: int) -> tuple[Ints, Floats, Ints]:
    """Return key, age and visit of every order of every customer's items, oldest first."""
    key = past.asked * n_items + item_of[past.product]
    order = np.lexsort((-past.visit, key))
    key, age, visit = key[order], past.age[order], past.visit[order]
    if not len(key):
        return key, age, visit
    once = np.append(True, (key[1:] != key[:-1]) | (visit[1:] != visit[:-1]))
    return key[once], age[once], visit[once]


def _faded(entry: Ints, age: Floats, visit: Ints, n: int) -> dict[str, Floats]:
    found = {f"n_{w:g}": total(entry, (age < w).astype(np.float64), n) for w in WINDOWS}
    found |= {f"faded_{h:g}": total(entry, np.exp2(-age / h), n) for h in HALF_LIVES}
    found["faded_visits"] = total(entry, PER_VISIT ** np.minimum(visit, 200), n)
    return found


def _gaps(entry: Ints, age: Floats, begin: Bools, columns: dict[str, Floats]) -> dict[str, Floats]:
    n, span = columns["n"], columns["first"] - columns["since"]
    gap = np.where(begin, 0.0, _before(age) - age)
    square = total(entry, gap**2, len(n))
    last = np.append(np.flatnonzero(begin), len(begin))[1:] - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(n > 1, span / (n - 1), np.nan)
        spread = np.sqrt(np.maximum(square / (n - 1) - mean**2, 0))
        latest = np.where(n > 1, gap[last], np.nan)
        return {
            "gap_mean": mean,
            "gap_sd": np.where(n > 2, spread, np.nan),
            "gap_last": latest,
            "overdue": columns["since"] / np.maximum(mean, 0.5),
            "overdue_last": columns["since"] / np.maximum(latest, 0.5),
        }


def _before(values: Floats) -> Floats:
    """Return the value of the entry before each one."""
    return np.append(0.0, values)[:-1] if len(values) else values
