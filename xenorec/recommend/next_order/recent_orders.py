"""Recent orders: what customers bought since a shop was read, added to what was known of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xenorec.array_types import Ints, Singles, Texts
from xenorec.dataset.data_frames import positions
from xenorec.recommend.line_log import LineLog
from xenorec.recommend.purchase_matrix import OrderTable, PurchaseMatrix, count_purchases
from xenorec.timestamps import instant_of


def with_recent(purchases: PurchaseMatrix, recent: LineLog | None) -> PurchaseMatrix:
    """Return the purchases and those of later lines; products and their codes stay.

    A line not later than ``as_of`` is known already and is not counted again. A product that was
    never sold by ``as_of`` is left out, for nothing is known of it; its order still counts. New
    customers come behind the others.
    """
    later = None if recent is None else recent.after(purchases.as_of)
    if later is None or not len(later):
        return purchases
    new = count_purchases(later, instant_of(later.at.max()))
    product = positions(new.products, purchases.products)[new.product]
    kept = np.flatnonzero(product >= 0)
    customers = _customers(purchases, new)
    orders, place = _orders(purchases, new, positions(new.customers, customers))
    order = place[np.append(purchases.order, new.order[kept] + len(purchases.orders))]
    product = np.append(purchases.product, product[kept])
    rows = np.lexsort((product, order))
    return replace(
        purchases,
        as_of=new.as_of,
        customers=customers,
        orders=orders,
        order=order[rows],
        product=product[rows],
        price=_joined(purchases.price, new.price[kept])[rows],
        discount=_joined(purchases.discount, new.discount[kept])[rows],
    )


def _customers(purchases: PurchaseMatrix, new: PurchaseMatrix) -> Texts:
    is_new = positions(new.customers, purchases.customers) < 0
    return np.append(purchases.customers, new.customers[is_new])


def _orders(
    purchases: PurchaseMatrix, new: PurchaseMatrix, customer: Ints
) -> tuple[OrderTable, Ints]:
    """Return all orders, and the place of each: first those known before, then the new ones."""
    store = np.append(positions(new.stores, purchases.stores), -1)[new.orders.store]
    who = np.append(purchases.orders.customer, customer[new.orders.customer])
    at = np.append(purchases.orders.at, new.orders.at)
    by_time = np.lexsort((np.arange(len(at)), at, who))
    place = np.empty(len(at), dtype=np.int64)
    place[by_time] = np.arange(len(at))
    where = np.append(purchases.orders.store, store)
    return OrderTable(who[by_time], at[by_time], where[by_time]), place


def _joined(one: Singles, two: Singles) -> Singles:
    return np.concatenate([one, two])
