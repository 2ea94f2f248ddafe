"""Pair features: what the ranker sees of a customer and a product, one row per pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.recommend.ranker.last_year import times_a_year_before
from xenorec.recommend.ranker.product_features import ItemLevels, ProductFeatures
from xenorec.recommend.ranker.purchase_counts import PurchaseCounts
from xenorec.recommend.ranker.purchase_history import PurchaseHistory

PRODUCT = (
    *("n", "n_28", "n_56", "faded_14", "faded_42", "faded_112", "faded_visits", "since"),
    *("visits_since", "gap_mean", "gap_sd", "overdue", "overdue_last", "share"),
    "share_since_first",
)
KIND = (
    "n",
    "faded_42",
    "since",
    "gap_mean",
    "overdue",
    "overdue_last",
    "share",
    "share_since_first",
)
CATEGORY = ("faded_42", "since", "overdue", "share")
LEVELS = (("product", PRODUCT), ("kind", KIND), ("category", CATEGORY))


@dataclass(frozen=True)
class CustomerKnowledge:
    """What is known of some customers at an instant: their past, counts and habits."""

    past: PurchaseHistory
    counts: tuple[PurchaseCounts, PurchaseCounts, PurchaseCounts]
    habits: Mapping[str, Floats]


@dataclass(frozen=True)
class CandidatePairs:
    """Customers (positions among those known) and products.

    ``scores``: what scorers gave them, NaN for nothing.
    """

    asked: Ints
    product: Ints
    scores: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.asked)

    def take(self, rows: Ints | Bools) -> CandidatePairs:
        """Return some of the pairs."""
        scores = {name: values[rows] for name, values in self.scores.items()}
        return CandidatePairs(self.asked[rows], self.product[rows], scores)


def unscored_pairs(asked: Ints, product: Ints) -> CandidatePairs:
    """Return pairs of which no scorer has said anything."""
    return CandidatePairs(asked, product, {})


def features(
    known: CustomerKnowledge,
    trends: ProductFeatures,
    levels: ItemLevels,
    pairs: CandidatePairs,
    days: float,
) -> dict[str, Singles]:
    """Return one value per pair for each feature, NaN where there is nothing to tell.

    ``days``: the length of the time in which the product may be bought.
    """
    found: dict[str, Floats] = {}
    places = [_positions_in_counts(known, levels, pairs, at) for at in range(len(LEVELS))]
    for at, (level, names) in enumerate(LEVELS):
        item, counts = levels.items[at][pairs.product], known.counts[at]
        entry, is_known = places[at]
        for name in names:
            found[f"{level}_{name}"] = _where(counts.columns[name], entry, is_known)
        since = found[f"{level}_since"]
        due = np.full(len(pairs), np.nan)
        due[is_known] = trends.hazards[at].p_within(item[is_known], since[is_known], days)
        found[f"{level}_due"] = due
    found |= {f"shop_{k}": v[pairs.product] for k, v in trends.columns.items()}
    found |= {f"customer_{k}": v[pairs.asked] for k, v in known.habits.items()}
    found |= {f"scorer_{k}": v for k, v in pairs.scores.items()}
    found["in_own_kind"] = found["product_faded_42"] / np.maximum(found["kind_faded_42"], 1e-9)
    found["per_visit"] = found["product_faded_42"] / np.maximum(found["customer_orders_56"], 0.5)
    key = pairs.asked * levels.sizes[0] + pairs.product
    found["product_year_ago"] = times_a_year_before(known.past, levels.sizes[0], days, key)
    found |= _own_prices(known, trends, levels, pairs, places)
    return {name: values.astype(np.float32) for name, values in found.items()}


def alike_in(
    known: CustomerKnowledge, levels: ItemLevels, pairs: CandidatePairs
) -> dict[str, Ints]:
    """Return which pairs have the same value in all features whose name begins with a word."""
    found = {"shop": pairs.product, "customer": pairs.asked}
    for at, (level, _) in list(enumerate(LEVELS))[1:]:
        entry, is_known = _positions_in_counts(known, levels, pairs, at)
        found[level] = np.where(is_known, entry, len(known.counts[at].key))
    return found


def _positions_in_counts(
    known: CustomerKnowledge, levels: ItemLevels, pairs: CandidatePairs, at: int
) -> tuple[Ints, Bools]:
    """Return where each pair's item of a level stands in its counts, if it does."""
    return known.counts[at].find(pairs.asked, levels.items[at][pairs.product])


def _where(values: Floats, entry: Ints, is_known: Bools) -> Floats:
    found = np.full(len(entry), np.nan)
    found[is_known] = values[entry[is_known]]
    return found


def _own_prices(
    known: CustomerKnowledge,
    trends: ProductFeatures,
    levels: ItemLevels,
    pairs: CandidatePairs,
    places: Sequence[tuple[Ints, Bools]],
) -> dict[str, Floats]:
    """Return the customer's mean discount on the product, and its price beside their kind's."""
    past, (product, kind, _) = known.past, known.counts
    own, _ = product.find(past.asked, past.product)
    mean = _mean(own, past.discount.astype(np.float64), len(product.key))
    price = np.log(np.maximum(trends.columns["price"], 0.01))
    of_kind, _ = kind.find(past.asked, levels.items[1][past.product])
    habit = _mean(of_kind, price[past.product], len(kind.key))
    return {
        "product_discount": _where(mean, *places[0]),
        "price_to_habit": price[pairs.product] - _where(habit, *places[1]),
    }


def _mean(group: Ints, values: Floats, n: int) -> Floats:
    known = ~np.isnan(values)
    number = np.bincount(group[known], minlength=n)
    summed = np.bincount(group[known], values[known], minlength=n)
    return np.where(number > 0, summed / np.maximum(number, 1), np.nan)
