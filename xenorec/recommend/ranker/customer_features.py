"""Customer features: how often and how much each customer buys at all."""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.recommend.grouped_arrays import distinct
from xenorec.recommend.ranker.purchase_history import PurchaseHistory

UNKNOWN = 1e4


def habits(past: PurchaseHistory, n_products: int) -> dict[str, Floats]:
    """Return one value per customer asked about for each feature.

    n_orders, orders_28 and lines_28 (of late), since and first (days since the last and the first
    order), gap (mean days between orders), overdue (since / gap), basket (products an order),
    n_products, repeats (share of entries that were bought before).
    """
    n_asked = past.n_asked
    n_orders = past.n_orders.astype(np.float64)
    since, first = np.full(n_asked, UNKNOWN), np.zeros(n_asked)
    np.minimum.at(since, past.order_asked, past.order_age)
    np.maximum.at(first, past.order_asked, past.order_age)
    n_lines = _number(past.asked, n_asked)
    different = distinct(past.asked * n_products + past.product) // n_products
    n_different = _number(different, n_asked)
    gap = (first - since) / np.maximum(n_orders - 1, 1)
    return {
        "n_orders": n_orders,
        "orders_28": _number(past.order_asked[past.order_age < 28], n_asked),
        "orders_56": _number(past.order_asked[past.order_age < 56], n_asked),
        "lines_28": _number(past.asked[past.age < 28], n_asked),
        "since": since,
        "first": first,
        "gap": gap,
        "overdue": since / np.maximum(gap, 0.5),
        "basket": n_lines / np.maximum(n_orders, 1),
        "n_products": n_different,
        "repeats": 1 - n_different / np.maximum(n_lines, 1),
    }


def _number(group: Ints, n: int) -> Floats:
    return np.bincount(group, minlength=n).astype(np.float64)
