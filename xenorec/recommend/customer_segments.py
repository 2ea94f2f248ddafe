"""What kind of shopper a customer is at ``as_of``, from the times of purchases alone.

A visit is an order and whatever follows it within 12 hours. A customer's usual gap is the median
time between visits. The first of these that fits is the segment::

    unknown    never bought, or not known
    newcomer   at most 2 visits: no habit to speak of yet
    lapsing    silent for more than 3 usual gaps, and for more than 14 days
    frequent   usual gap of at most 8 days: about weekly, or more often
    regular    all others
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from xenorec.array_types import Floats, Ints, Texts
from xenorec.recommend.grouped_arrays import values_or
from xenorec.recommend.purchase_matrix import OrderTable, PurchaseMatrix
from xenorec.timestamps import microseconds

SEGMENTS = ("frequent", "lapsing", "newcomer", "regular", "unknown")
FREQUENT, LAPSING, NEWCOMER, REGULAR, UNKNOWN = SEGMENTS

SAME_VISIT = microseconds(timedelta(hours=12))
FEW = 2
"""Visits up to which somebody is new."""
SILENT, AT_LEAST = 3.0, microseconds(timedelta(days=14))
"""Usual gaps, and the time, after which a silence says something."""
OFTEN = microseconds(timedelta(days=8))


def segments(purchases: PurchaseMatrix) -> Texts:
    """Return the segment of every customer of the purchases at their ``as_of``."""
    visits = _visits(purchases.orders)
    n = np.bincount(visits.customer, minlength=len(purchases.customers))
    last = np.zeros(len(n), dtype=np.int64)
    last[visits.customer] = visits.at  # visits of a customer are in order of time
    usual = _usual_gap(visits, len(n))
    silence = microseconds(purchases.as_of) - last
    is_lapsing = (silence > SILENT * usual) & (silence > AT_LEAST)
    rules = [n == 0, n <= FEW, is_lapsing, usual <= OFTEN]
    found = np.select(rules, [UNKNOWN, NEWCOMER, LAPSING, FREQUENT], REGULAR)
    return found.astype(object)


def segment_of(known: Texts, customer: Ints) -> Texts:
    """Return the segment of each customer, of the ``known`` ones by position; -1 is unknown."""
    return values_or(known, customer, customer >= 0, UNKNOWN)


def _visits(orders: OrderTable) -> OrderTable:
    """Return the first order of each visit."""
    is_other = np.append(True, orders.customer[1:] != orders.customer[:-1])
    is_later = np.append(True, np.diff(orders.at) > SAME_VISIT)
    first = (is_other | is_later)[: len(orders)]
    return OrderTable(orders.customer[first], orders.at[first], orders.store[first])


def _usual_gap(visits: OrderTable, n_customers: int) -> Floats:
    """Return the median gap of each customer in microseconds, NaN below two visits."""
    same = visits.customer[1:] == visits.customer[:-1]
    customer, gap = visits.customer[1:][same], np.diff(visits.at)[same]
    gap = gap[np.lexsort((gap, customer))]
    n = np.bincount(customer, minlength=n_customers)
    begin = np.cumsum(n) - n
    usual = np.full(n_customers, np.nan)
    some = n > 0
    low, high = (begin + (n - 1) // 2)[some], (begin + n // 2)[some]
    usual[some] = (gap[low] + gap[high]) / 2
    return usual
