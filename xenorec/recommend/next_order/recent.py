"""Recent: what customers bought since a shop was read, added to what was known of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xenorec.frames import positions
from xenorec.instants import instant_of
from xenorec.numbers import Ints, Singles, Texts
from xenorec.recommend.lines import Lines
from xenorec.recommend.purchases import Orders, Purchases, count_purchases


def with_recent(purchases: Purchases, recent: Lines | None) -> Purchases:
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


def _customers(purchases: Purchases, new: Purchases) -> Texts:
    is_new = positions(new.customers, purchases.customers) < 0
    return np.append(purchases.customers, new.customers[is_new])


def _orders(purchases: Purchases, new: Purchases, customer: Ints) -> tuple[Orders, Ints]:
    """Return all orders, and the place of each: first those known before, then the new ones."""
    store = np.append(positions(new.stores, purchases.stores), -1)[new.orders.store]
    who = np.append(purchases.orders.customer, customer[new.orders.customer])
    at = np.append(purchases.orders.at, new.orders.at)
    by_time = np.lexsort((np.arange(len(at)), at, who))
    place = np.empty(len(at), dtype=np.int64)
    place[by_time] = np.arange(len(at))
    where = np.append(purchases.orders.store, store)
    return Orders(who[by_time], at[by_time], where[by_time]), place


def _joined(one: Singles, two: Singles) -> Singles:
    return np.concatenate([one, two])
