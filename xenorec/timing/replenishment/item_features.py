"""Item features: what is known of a customer and an item at one instant, by name.

Names begin with "pair" (customer and item), "own" (the customer), "kind" (customer and kind of
item) or "item" (all customers). All are of purchases at or before the instant; times are in days.
"""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.timing.replenishment.gap_models import PairHistory, habit_of
from xenorec.timing.replenishment.item_purchases import ItemPurchases
from xenorec.timing.replenishment.item_statistics import ItemStatistics
from xenorec.timing.replenishment.purchase_series import PurchaseSeries

ANCHOR = 14.0
"""Days ahead that the learner speaks of."""
WINDOWS = (14, 28, 56, 112)
HALF_LIVES = (14, 28, 56, 112, 200)
FAR = 100_000.0
"""More days than any instant has since 1970: parts the customers in a sorted list of days."""

OWN = ("n", "age", "silence", "gap", "spread", "overdue", "n_14", "n_28", "n_112", "faded_28")
KIND = ("n", "silence", "gap", "typical", "overdue", "overdue_median", "ends", "n_14", "n_28")
KIND_FADED = ("faded_14", "faded_56", "faded_200")


def features(bought: ItemPurchases, shop: ItemStatistics, rows: Ints) -> dict[str, Singles]:
    """Return the features of some pairs of ``bought`` at its ``as_of``.

    ``rows``: positions in ``bought.pairs``, ascending. All of each customer's purchases must be in
    ``bought``; what other customers did comes from ``shop`` alone.
    """
    now, pairs = bought.now, bought.pairs.take(rows)
    customer, item = pairs.key // shop.n_items, pairs.key % shop.n_items
    trip = np.searchsorted(bought.trips.key, customer)
    same_kind = np.searchsorted(bought.kinds.key, customer * shop.n_kinds + shop.kind[item])
    with np.errstate(all="ignore"):
        pair, own = rhythm(pairs, now), rhythm(bought.trips, now)
        kind = rhythm(bought.kinds, now)
        parts = {
            "pair": {**pair, **_models(pairs, now, shop), **_visits(bought, pairs, trip)},
            "own": {name: own[name][trip] for name in OWN}
            | {name: values[trip] for name, values in _size(bought, shop).items()},
            "kind": {name: kind[name][same_kind] for name in (*KIND, *KIND_FADED)},
            "item": {name: values[item] for name, values in shop.figures.items()},
        }
        parts["kind"] |= _kind_share(bought, shop, pair, parts["kind"], same_kind)
        parts["pair"] |= _trip_shares(pair, own, trip)
        parts["item"]["rate"] = (shop.gaps.shape / shop.gaps.days)[item]
    return {
        f"{first}_{name}": values.astype(np.float32)
        for first, named in parts.items()
        for name, values in named.items()
    }


def rhythm(series: PurchaseSeries, now: float) -> dict[str, Floats]:
    """Return counts, gaps and how the silence stands to them, one number per series."""
    gaps, n, days = series.gaps, series.n, now - series.at
    silence, age, n_gaps = now - series.last, now - series.first, series.n - 1
    mean = _sum(gaps.code, gaps.days, len(n)) / n_gaps
    square = _sum(gaps.code, gaps.days**2, len(n)) / n_gaps
    typical = np.exp(_sum(gaps.code, np.log(np.maximum(gaps.days, 0.5)), len(n)) / n_gaps)
    weight = 0.5 ** ((gaps.bounds[1:][gaps.code] - 1 - np.arange(len(gaps.days))) / 3)
    recent = _sum(gaps.code, weight * gaps.days, len(n)) / _sum(gaps.code, weight, len(n))
    median = _at(gaps.ranked, gaps.bounds[:-1] + np.maximum(n_gaps - 1, 0) // 2, n_gaps > 0)
    longer = gaps.longer_than(silence)
    found = {
        "n": n * 1.0,
        "age": age,
        "silence": silence,
        "rate": n_gaps / np.maximum(age, 1.0),
        "gap": mean,
        "spread": np.where(n > 2, np.sqrt(np.maximum(square / mean**2 - 1, 0)), np.nan),
        "typical": typical,
        "recent": recent,
        "median": median,
        "last_gap": _at(gaps.days, gaps.bounds[1:] - 1, n_gaps > 0),
        "gap_before": _at(gaps.days, gaps.bounds[1:] - 2, n_gaps > 1),
        "overdue": silence / mean,
        "overdue_typical": silence / typical,
        "overdue_median": silence / median,
        "ends": (longer - gaps.longer_than(silence + ANCHOR) + 0.3) / (longer + 1.0),
    }
    for window in WINDOWS:
        found[f"n_{window}"] = np.bincount(series.code[days < window], minlength=len(n)) * 1.0
    for half_life in HALF_LIVES:
        found[f"faded_{half_life}"] = series.total(0.5 ** (days / half_life))
    return found


def pack(series: PurchaseSeries) -> Floats:
    """Return the last quantity as a multiple of the usual one; NaN where it is not known."""
    with np.errstate(all="ignore"):
        usual = series.total(series.quantity) / series.n
        share: Floats = series.quantity[series.bounds[1:] - 1] / usual
    return np.where(usual > 0, share, np.nan)


def _models(pairs: PurchaseSeries, now: float, shop: ItemStatistics) -> dict[str, Floats]:
    habit: PairHistory = habit_of(pairs, now, shop.n_items)
    last = pack(pairs)
    usual = habit.silence / (habit.active / habit.again)
    return {
        "model": shop.gaps.p_within(habit, ANCHOR),
        "modified": shop.gaps.p_within_modified(habit, ANCHOR),
        "table": shop.of_item.p_within(habit.item, habit.silence, ANCHOR),
        "table_kind": shop.of_kind.p_within(shop.kind[habit.item], habit.silence, ANCHOR),
        "pack": last,
        "overdue_pack": usual / np.sqrt(np.maximum(last, 0.1)),
    }


def _visits(bought: ItemPurchases, pairs: PurchaseSeries, trip: Ints) -> dict[str, Floats]:
    """Return how the purchases of an item stand to the customer's visits, counted in visits."""
    trips = bought.trips
    sorted_days = np.floor(trips.at) + trips.code * FAR
    end = trips.bounds[trip + 1]
    since = end - np.searchsorted(sorted_days, np.floor(pairs.last) + trip * FAR, side="right")
    seen = end - np.searchsorted(sorted_days, np.floor(pairs.first) + trip * FAR)
    gap = (seen - since - 1) / np.maximum(pairs.n - 1, 1)
    return {
        "since": since * 1.0,
        "share": pairs.n / seen,
        "visit_gap": gap,
        "visit_overdue": since / gap,
    }


def _trip_shares(pair: dict[str, Floats], own: dict[str, Floats], trip: Ints) -> dict[str, Floats]:
    return {
        "faded_share": pair["faded_28"] / own["faded_28"][trip],
        "share_56": (pair["n_56"] + 0.1) / (own["n_56"][trip] + 1.0),
    }


def _size(bought: ItemPurchases, shop: ItemStatistics) -> dict[str, Floats]:
    """Return how much each customer buys, in the order of ``bought.trips``."""
    pairs, ago, n = bought.pairs, bought.now - bought.pairs.at, len(bought.trips)
    who = np.searchsorted(bought.trips.key, pairs.key // shop.n_items)
    is_again = pairs.n > 1
    row = who[pairs.code]

    def count(kept: Ints) -> Floats:
        return np.bincount(kept, minlength=n).astype(np.float64)

    return {
        "items": count(who),
        "items_again": count(who[is_again]),
        "size": count(row) / bought.trips.n,
        "lines_14": count(row[ago < 14]),
        "lines_28": count(row[ago < 28]),
        "again_28": count(row[(ago < 28) & is_again[pairs.code]]),
    }


def _kind_share(
    bought: ItemPurchases,
    shop: ItemStatistics,
    pair: dict[str, Floats],
    kind: dict[str, Floats],
    same_kind: Ints,
) -> dict[str, Floats]:
    """Return how much of the kind is this item, and whether another of the kind came after it."""
    pairs = bought.pairs
    again = pairs.key[pairs.n > 1]
    key = again // shop.n_items * shop.n_kinds + shop.kind[again % shop.n_items]
    n = np.bincount(np.searchsorted(bought.kinds.key, key), minlength=len(bought.kinds))
    return {
        "share": pair["n"] / kind["n"],
        "share_faded": pair["faded_56"] / (kind["faded_56"] + 1e-3),
        "since": pair["silence"] - kind["silence"],
        "items": n[same_kind].astype(np.float64),
    }


def _sum(code: Ints, values: Floats, n: int) -> Floats:
    return np.bincount(code, values, minlength=n).astype(np.float64)


def _at(values: Floats, at: Ints, has: Bools) -> Floats:
    found = np.full(len(at), np.nan)
    found[has] = values[at[has]]
    return found
