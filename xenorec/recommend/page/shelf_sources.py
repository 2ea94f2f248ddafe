"""Shelf sources: which cells belong to the theme of a shelf."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.errors import XenorecWarning, nearest
from xenorec.recommend.fallback_levels import SEGMENT, SHOP
from xenorec.recommend.page.due_products import FACT
from xenorec.recommend.page.page_cells import PageCells
from xenorec.recommend.product_catalog import ProductCatalog
from xenorec.recommend.shop_data import ShopData
from xenorec.recommend.themes import ShelfFilter, Theme

DUE_FROM, DUE_TO, DUE_ORDERS = 0.75, 3.0, 3
OFFER, OFFER_MORE = 0.05, 0.05
NEW_DAYS = 56
BASKET_DAYS = 42
STAPLES = 1 / 2000
"""The share of the shop's products, most popular first, that everybody buys."""
RISING, RISING_SHARE = 0.25, 0.005
YEAR, AROUND = 365, 14
STORE_SHOPPERS = 5
NEW_SOURCES = frozenset({"because", "new_in_category", "popular_in_store", "popular_in_shop"}) | {
    "trending",
    "discovery",
}
"""Sources of products that the customer has never bought."""


@dataclass(frozen=True)
class ShelfScope:
    """The cells of some customers, the catalog and the products by name.

    ``is_like``: which cells the customer buys, or another pack of what is there.
    """

    cells: PageCells
    catalog: ProductCatalog
    products: Texts
    is_like: Bools

    @classmethod
    def of(cls, cells: PageCells, shop: ShopData, customer: Ints) -> ShelfScope:
        """Return the scene of the cells of some customers of the shop."""
        who = np.repeat(customer, cells.row.shape[1])
        is_like = shop.buys_like(who, cells.product.ravel()).reshape(cells.row.shape)
        return cls(cells, shop.catalog, shop.purchases.products, is_like)

    @property
    def category(self) -> Ints:
        """The category of each cell, -1 where it has none."""
        return np.append(self.catalog.category, -1)[self.cells.product]


def fitting(scene: ShelfScope, theme: Theme) -> Bools:
    """Return customers x cells: which cells may stand on the shelf."""
    if theme.source in ("occasion", "editorial") and not _is_named(theme.where):
        return np.zeros(scene.cells.row.shape, dtype=bool)
    fits = SOURCES[theme.source](scene) & scene.cells.is_there
    fits &= _previously_bought(scene, theme.where)
    if theme.source in NEW_SOURCES:
        fits &= ~scene.is_like
    if theme.source == "new_in_category":
        return _of_one(scene, fits, scene.category)
    if theme.source == "because":
        return _of_one(scene, fits, optional_codes(scene.cells.fact("because")))
    return fits


def optional_codes(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Ints:
    """Return codes that were kept as a fact, -1 where there is none."""
    return np.where(np.isnan(values), -1, np.nan_to_num(values)).astype(np.int64)


def _is_named(where: ShelfFilter) -> bool:
    return bool(where.products or where.categories or where.brands)


def _own_products(scene: ShelfScope) -> Bools:
    return scene.cells.is_own


def _due(scene: ShelfScope) -> Bools:
    """Return what a model says is due; without one what was often bought and now waits as long."""
    if FACT in scene.cells.listed.facts:
        return scene.cells.is_own & ~np.isnan(scene.cells.fact(FACT))
    overdue = scene.cells.fact("product_overdue")
    often = scene.cells.fact("product_n") >= DUE_ORDERS
    return scene.cells.is_own & often & (overdue >= DUE_FROM) & (overdue <= DUE_TO)


def _last_basket(scene: ShelfScope) -> Bools:
    lately = scene.cells.fact("customer_since") <= BASKET_DAYS
    named = scene.cells.fact("basket") >= 0
    goes = named & lately & ~_goes_with_itself(scene)
    return np.asarray(goes & (scene.cells.is_own | _is_special(scene)))


def _goes_with_itself(scene: ShelfScope) -> Bools:
    """Return what looks like the very product of the basket that speaks for it."""
    look = np.append(scene.catalog.look, -1)
    own, other = look[scene.cells.product], look[optional_codes(scene.cells.fact("basket"))]
    return np.asarray((own >= 0) & (own == other))


def _because(scene: ShelfScope) -> Bools:
    named = scene.cells.fact("because") >= 0
    return np.asarray(~scene.cells.is_own & named & _is_special(scene))


def _is_special(scene: ShelfScope) -> Bools:
    """Return what not everybody buys: bananas go with nothing in particular."""
    return np.asarray(~(scene.cells.fact("shop_place") < STAPLES))


def _on_offer(scene: ShelfScope) -> Bools:
    now, usual = scene.cells.fact("shop_discount_7"), scene.cells.fact("shop_discount")
    buys = scene.cells.is_own | (scene.cells.fact("kind_n") > 0)
    return np.asarray(buys & (now >= OFFER) & (now >= usual + OFFER_MORE))


def _new(scene: ShelfScope) -> Bools:
    buys = scene.cells.fact("category_share") > 0
    fresh = scene.cells.fact("shop_days_sold") <= NEW_DAYS
    settled = scene.cells.fact("shop_settled") > 0
    return ~scene.cells.is_own & buys & fresh & settled


def _year_ago(scene: ShelfScope) -> Bools:
    age = scene.cells.fact("year_ago")
    return scene.cells.is_own & (np.abs(age - YEAR) <= AROUND)


def _store(scene: ShelfScope) -> Bools:
    many = (scene.cells.fact("store_n") >= STORE_SHOPPERS) | (scene.cells.level == SEGMENT)
    return np.asarray(~scene.cells.is_own & many)


def _shop(scene: ShelfScope) -> Bools:
    return ~scene.cells.is_own & (scene.cells.level >= SHOP)


def _trending(scene: ShelfScope) -> Bools:
    rises = scene.cells.fact("shop_rise_7") >= RISING
    return ~scene.cells.is_own & rises & (scene.cells.fact("shop_popular_7") >= RISING_SHARE)


def _discovery(scene: ShelfScope) -> Bools:
    return ~scene.cells.is_own & (scene.cells.fact("category_share") > 0)


def _all_candidates(scene: ShelfScope) -> Bools:
    return scene.cells.is_there


SOURCES: Mapping[str, Callable[[ShelfScope], Bools]] = {
    "own": _own_products,
    "due": _due,
    "last_basket": _last_basket,
    "because": _because,
    "on_offer": _on_offer,
    "new_in_category": _new,
    "year_ago": _year_ago,
    "popular_in_store": _store,
    "popular_in_shop": _shop,
    "trending": _trending,
    "discovery": _discovery,
    "occasion": _all_candidates,
    "editorial": _all_candidates,
}


def _previously_bought(scene: ShelfScope, where: ShelfFilter) -> Bools:
    cells = scene.cells
    kept = cells.is_there.copy()
    if where.min_orders is not None:
        kept &= cells.fact("product_n") >= where.min_orders
    if where.bought_within is not None:
        kept &= cells.fact("product_since") <= _days(where.bought_within)
    if where.not_bought_within is not None:
        kept &= ~(cells.fact("product_since") <= _days(where.not_bought_within))
    if where.min_discount is not None:
        kept &= cells.fact("shop_discount_7") >= where.min_discount
    if where.max_price is not None:
        kept &= cells.fact("shop_price") <= float(where.max_price)
    if where.categories:
        kept &= np.isin(scene.category, _codes(scene, where.categories))
    if where.not_categories:
        kept &= ~np.isin(scene.category, _codes(scene, where.not_categories))
    if where.brands:
        kept &= np.append(np.isin(scene.catalog.brand, where.brands), False)[cells.product]
    if where.products:
        kept &= np.isin(cells.product, np.flatnonzero(np.isin(scene.products, where.products)))
    return kept


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)


def _codes(scene: ShelfScope, names: tuple[str, ...]) -> Ints:
    return np.flatnonzero(np.isin(scene.catalog.categories, names))


def _of_one(scene: ShelfScope, fits: Bools, group: Ints) -> Bools:
    """Return only the cells of the group that promises most to each customer."""
    p = np.where(fits & (group >= 0), scene.cells.p_buy, 0.0)
    best = _best_group(p, group)
    return np.asarray(fits & (group == best[:, None]) & (group >= 0))


def _best_group(p: Floats, group: Ints) -> Ints:
    n = len(p)
    size = int(group.max(initial=-1)) + 2
    key = (np.arange(n)[:, None] * size + group + 1).ravel()
    keys, entry = np.unique(key, return_inverse=True)
    value = np.bincount(entry, p.ravel())
    best = np.lexsort((-keys, value, keys // size))  # the best group of a customer comes last
    found = np.full(n, -2, dtype=np.int64)
    found[keys[best] // size] = keys[best] % size - 1
    return found


def warn_of_unknown(themes: Sequence[Theme], catalog: ProductCatalog, products: Texts) -> None:
    """Warn of categories, brands and products that a shelf names and nothing in the shop has."""
    sold = {
        "categories": set(catalog.categories),
        "not_categories": set(catalog.categories),
        "brands": set(catalog.brand),
        "products": set(products),
    }
    for theme in themes:
        for key, names in sold.items():
            missing = [name for name in getattr(theme.where, key) if name not in names]
            if missing:
                hint = nearest(missing[0], [name for name in names if name is not None])
                warnings.warn(
                    f"shelf-unknown-name: where.{key} of the shelf {theme.name!r} names "
                    f"{', '.join(map(repr, missing[:3]))}, which nothing sold so far has.{hint}",
                    XenorecWarning,
                    stacklevel=2,
                )
