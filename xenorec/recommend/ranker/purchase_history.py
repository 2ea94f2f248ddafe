"""The past of some customers at an instant: what their features are worked out from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints, Singles
from xenorec.recommend.grouped_arrays import rows_of
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.timestamps import microseconds

DAY = 86_400_000_000


@dataclass(frozen=True)
class PurchaseHistory:
    """The entries of the customers asked about, sorted by customer, time and product.

    ``asked`` is a position among those asked about, ``age`` in days before the instant, ``visit``
    how many later orders that customer has (0 is the last order).
    """

    n_asked: int
    asked: Ints
    product: Ints
    age: Floats
    visit: Ints
    price: Singles
    discount: Singles
    n_orders: Ints
    order_asked: Ints
    order_age: Floats


def past_of(
    purchases: PurchaseMatrix, customer: Ints, before: Ints | None = None
) -> PurchaseHistory:
    """Return the past of ``customer`` (positions; -1 has none) up to ``purchases.as_of``.

    ``before``: an instant for each customer in its place; an order at that instant is not past.
    """
    orders = purchases.orders
    order_asked, order = rows_of(purchases.order_bounds, customer)
    now = np.full(len(customer), microseconds(purchases.as_of)) if before is None else before
    if before is not None:
        is_past = orders.at[order] < before[order_asked]
        order_asked, order = order_asked[is_past], order[is_past]
    order_age = (now[order_asked] - orders.at[order]) / DAY
    n_orders = np.bincount(order_asked, minlength=len(customer)).astype(np.int64)
    which, line = rows_of(purchases.line_bounds, order)
    last = np.cumsum(n_orders) - 1
    return PurchaseHistory(
        n_asked=len(customer),
        asked=order_asked[which],
        product=purchases.product[line],
        age=order_age[which],
        visit=(last[order_asked] - np.arange(len(order)))[which],
        price=purchases.price[line],
        discount=purchases.discount[line],
        n_orders=n_orders,
        order_asked=order_asked,
        order_age=order_age,
    )
