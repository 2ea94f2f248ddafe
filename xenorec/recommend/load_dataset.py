"""Load dataset: a history, or plain frames, as the shop at an instant that models learn from."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from xenorec.dataset.coded_table import CodedTable
from xenorec.dataset.dataset import Dataset
from xenorec.errors import XenorecWarning
from xenorec.recommend.customers import Customers, know_people
from xenorec.recommend.eligibility import RuleFacts, read_facts
from xenorec.recommend.line_log import LineLog, read_lines
from xenorec.recommend.product_catalog import read_catalog
from xenorec.recommend.product_popularity import count_popularity
from xenorec.recommend.purchase_matrix import PurchaseMatrix, count_purchases
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import AsOf, as_instant, instant_of

STALE = timedelta(days=60)
"""So long without any order before ``as_of`` is no shop as it is, but one that was not loaded."""


@dataclass(frozen=True, eq=False)
class LoadedDataset:
    """The shop, what rules know of its products, and its customers."""

    shop: ShopData
    facts: RuleFacts
    people: Customers


def read_shop(
    history_or_lines: Any,
    products: Any | None,
    as_of: AsOf,
    *,
    allow: Collection[str] | None,
    promotable_only: bool,
) -> LoadedDataset:
    """Return what a history or a frame of lines tells at ``as_of``; without one, up to its end.

    ``products``: those of a history where none are given. Raises BadInput for a missing column, no
    rows, or an ``as_of`` before all rows or after the history's.
    """
    dataset, customers, lines = None, None, history_or_lines
    if not isinstance(lines, LineLog):
        dataset = Dataset.of(history_or_lines, "lines", as_of)
        lines = read_lines(dataset)
    if dataset is not None and dataset.is_history:
        customers = dataset.find("customers")
        products = dataset.find("products") if products is None else products
    end = as_of if dataset is None else dataset.as_of
    cut = instant_of(lines.at.max()) if end is None else as_instant(end)
    purchases = count_purchases(lines, cut)
    _warn_of_age(purchases)
    del lines  # of a large shop they are gigabytes
    products = None if products is None else CodedTable.of(products)
    catalog = read_catalog(purchases, products)
    rows = None if dataset is None else dataset.table("lines")
    facts = read_facts(
        purchases, catalog, products, rows, allow=allow, promotable_only=promotable_only
    )
    shop = ShopData(purchases, catalog, count_popularity(purchases), facts.is_allowed)
    return LoadedDataset(shop, facts, know_people(purchases, customers))


def _warn_of_age(purchases: PurchaseMatrix) -> None:
    """Warn with the code ``last-order-old`` where nothing was bought for long before ``as_of``."""
    last = instant_of(purchases.orders.at.max())
    silence = purchases.as_of - last
    if silence > STALE:
        warnings.warn(
            f"last-order-old: the last order is of {last:%Y-%m-%d}, {silence.days} days before "
            f"as_of {purchases.as_of:%Y-%m-%d}, so nobody seems to shop any more and nothing is "
            f"popular. Load the orders since, or give an as_of soon after {last:%Y-%m-%d}.",
            XenorecWarning,
            stacklevel=5,
        )
