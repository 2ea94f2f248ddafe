"""What the whole shop tells about each product, kind and category at an instant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.modeling.life_table import LifeTable, fit_table
from xenorec.recommend.grouped_arrays import total
from xenorec.recommend.ranker.last_year import share_a_year_before
from xenorec.recommend.ranker.purchase_counts import PurchaseCounts, count, outline
from xenorec.recommend.ranker.purchase_history import PurchaseHistory
from xenorec.recommend.shop_data import ShopData

WINDOWS = (7, 28, 112)
RARE = 1e-4
REPEAT_PRIOR, REPEAT_STRENGTH = 0.3, 5.0


class RepurchaseHazard(LifeTable):
    """The life table of repurchases of each item; saved models name what it holds ``survival``."""

    def __init__(self, survival: Floats) -> None:
        super().__init__(survival)

    @property
    def survival(self) -> Floats:
        """The log of the share not bought again by each edge, items x edges."""
        return self.left


@dataclass(frozen=True)
class ItemLevels:
    """The item of each product at three levels: the product itself, its kind, its category."""

    items: tuple[Ints, Ints, Ints]
    sizes: tuple[int, int, int]


@dataclass(frozen=True)
class ProductFeatures:
    """One value per product for each feature, and the hazard of each level."""

    columns: dict[str, Floats]
    hazards: tuple[RepurchaseHazard, RepurchaseHazard, RepurchaseHazard]


def levels_of(shop: ShopData) -> ItemLevels:
    """Return the levels of the shop's products; without a category the kind stands for it."""
    n, catalog = shop.n_products, shop.catalog
    named = catalog.category >= 0
    category = np.where(named, catalog.category, len(catalog.categories) + catalog.kind)
    sizes = (n, catalog.n_kinds, len(catalog.categories) + catalog.n_kinds)
    return ItemLevels((np.arange(n), catalog.kind, category), sizes)


def count_levels(
    past: PurchaseHistory, levels: ItemLevels
) -> tuple[PurchaseCounts, PurchaseCounts, PurchaseCounts]:
    """Return the counts of the customers asked about at each level."""
    product, kind, category = (
        count(past, item, size) for item, size in zip(levels.items, levels.sizes, strict=True)
    )
    return product, kind, category


def learn_trends(past: PurchaseHistory, levels: ItemLevels, days: float) -> ProductFeatures:
    """Return the trends that the past of many customers shows.

    Columns: popular_7, popular_28, popular_112 (share of the customers of those days that bought
    it in them), rise_7 and rise_28 (log of the shorter window's share over the longer one's),
    newcomers_28 (share that bought it for the first time), per_buyer (orders), again (share of
    buyers with two orders or more), n_buyers, days_sold, price, discount, discount_7, in_kind (its
    share of what is popular in its kind), year_ago (share of the customers of a year before the
    next ``days`` that bought it then).
    """
    counts = [
        outline(past, item, size) for item, size in zip(levels.items, levels.sizes, strict=True)
    ]
    product, n = counts[0], levels.sizes[0]
    columns = _popular(past, product, n)
    columns |= _loyal(product, n)
    columns |= _priced(past, n)
    columns["year_ago"] = share_a_year_before(past, n, days)
    kind = levels.items[1]
    of_kind = total(kind, columns["popular_28"], levels.sizes[1])[kind]
    columns["in_kind"] = columns["popular_28"] / np.maximum(of_kind, RARE)
    return ProductFeatures(columns, (_hazard(counts[0]), _hazard(counts[1]), _hazard(counts[2])))


def _hazard(counts: PurchaseCounts) -> RepurchaseHazard:
    since, n_items = counts.columns["since"], counts.n_items
    table = fit_table(counts.gap_item, counts.gap, counts.item, since, n_items)
    return RepurchaseHazard(table.left)


def _popular(past: PurchaseHistory, product: PurchaseCounts, n: int) -> dict[str, Floats]:
    latest = np.full(past.n_asked, np.inf)
    np.minimum.at(latest, past.order_asked, past.order_age)
    found = {}
    for window in WINDOWS:
        bought = product.columns["since"] < window
        found[f"popular_{window}"] = _tally(product.item, bought, n) / max(
            (latest < window).sum(), 1
        )
    seven, month, long = (found[f"popular_{w}"] + RARE for w in WINDOWS)
    found["rise_7"], found["rise_28"] = np.log(seven / month), np.log(month / long)
    fresh = product.columns["first"] < 28
    found["newcomers_28"] = _tally(product.item, fresh, n) / max((latest < 28).sum(), 1)
    return found


def _loyal(product: PurchaseCounts, n: int) -> dict[str, Floats]:
    buyers = np.bincount(product.item, minlength=n).astype(np.float64)
    orders = total(product.item, product.columns["n"], n)
    twice = _tally(product.item, product.columns["n"] > 1, n)
    sold = np.zeros(n)
    np.maximum.at(sold, product.item, product.columns["first"])
    return {
        "n_buyers": buyers,
        "per_buyer": orders / np.maximum(buyers, 1),
        "again": (twice + REPEAT_PRIOR * REPEAT_STRENGTH) / (buyers + REPEAT_STRENGTH),
        "days_sold": sold,
    }


def _priced(past: PurchaseHistory, n: int) -> dict[str, Floats]:
    recent = past.age < 7
    return {
        "price": _mean(past.product, past.price, n),
        "discount": _mean(past.product, past.discount, n),
        "discount_7": _mean(past.product[recent], past.discount[recent], n),
    }


def _tally(item: Ints, counted: Bools, n: int) -> Floats:
    return np.bincount(item[counted], minlength=n).astype(np.float64)


def _mean(item: Ints, values: np.ndarray[tuple[int], np.dtype[np.float32]], n: int) -> Floats:
    known = ~np.isnan(values)
    number = np.bincount(item[known], minlength=n)
    if not known.any():
        return np.full(n, np.nan)
    summed = np.bincount(item[known], values[known], minlength=n)
    return np.where(number > 0, summed / np.maximum(number, 1), np.nan)
