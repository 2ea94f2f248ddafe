"""Which rows are of one order: those of one id, one customer and about one time.

Tills begin their numbers anew, and two shops may number alike. An id that two customers have, or
that comes again a month later, is of several orders.
"""

from __future__ import annotations

import warnings

import numpy as np

from xenorec.array_types import Ints, Texts
from xenorec.errors import XenorecWarning

FAR_US = 30 * 86_400_000_000
"""Microseconds after an order's last row from which on the same id is of another order."""


def tell_apart(names: Texts, order: Ints, customer: Ints, at: Ints) -> tuple[Texts, Ints]:
    """Return the orders that rows are of, and each row's position in them (-1 without an id).

    ``order`` is a position in ``names``; an id of several orders stands there several times. Warns
    with the code ``order-id-reused`` where there is one.
    """
    if not _is_reused(len(names), order, customer, at):
        return names, order
    rows = np.lexsort((at, customer, order))
    rows = rows[order[rows] >= 0]
    one, who, when = order[rows], customer[rows], at[rows]
    begins = np.ones(len(rows), dtype=bool)
    begins[1:] = (np.diff(one) != 0) | (np.diff(who) != 0) | (np.diff(when) > FAR_US)
    told = np.full(len(order), -1, dtype=np.int64)
    told[rows] = np.cumsum(begins) - 1
    found = names[one[begins]]
    _warn(names, np.bincount(one[begins], minlength=len(names)))
    return found, told


def _is_reused(n: int, order: Ints, customer: Ints, at: Ints) -> bool:
    """Return whether rows of one id differ in the customer, or lie far apart."""
    known = order >= 0
    order, customer, at = order[known], customer[known], at[known]
    some = np.zeros(n, dtype=np.int64)
    some[order] = np.arange(len(order))
    row = some[order]
    return bool(((customer != customer[row]) | (np.abs(at - at[row]) > FAR_US)).any())


def _warn(names: Texts, n_orders: Ints) -> None:
    n = int((n_orders > 1).sum())
    if not n:
        return
    warnings.warn(
        f"order-id-reused: {n:,} order ids, such as {names[int(n_orders.argmax())]!r}, stand for "
        "several orders each: of two customers, or more than 30 days apart. They count as the "
        "orders they are. Where that is wrong, give each order an id of its own.",
        XenorecWarning,
        stacklevel=4,
    )
