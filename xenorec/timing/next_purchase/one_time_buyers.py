"""The chance that somebody who ordered once will order again, by the days since that order.

Models of purchases take a long silence of who came twice for a farewell sooner than that of who
came once, of whom they know less. Shops show the opposite: of equal silence, who came twice
returns more often. So who came once is never put above who came twice and as lately, and the
chance never rises while the silence goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.next_purchase.order_days import OrderDays
from xenorec.timing.next_purchase.purchase_model import PurchaseModel
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

GAPS = (1.0, 7.0, 28.0, 84.0)
"""Days between the two orders of those who came twice, who are looked at."""
MOST_DAYS = 3_650
NOON = 0.5

Alive = Callable[[OrderDays], tuple[Floats, Floats]]
"""The chance of another order at all, and soon, of customers with such visits."""


def capped(model: PurchaseModel, past: RfmPatterns) -> Floats:
    """Return p_alive by the model alone; of who came once no more than of who came twice.

    That is, twice on days in a row, the last time as lately: by the models the least of all.
    """
    alive, once = model.p_alive(past), past.frequency == 0
    if once.any():
        rows = np.flatnonzero(once)
        some = past.take(rows)
        ones = np.ones(len(rows))
        twice = RfmPatterns(ones, some.recency + 1, some.age + 1, some.weight)
        alive = alive.copy()
        alive[rows] = np.minimum(alive[rows], model.p_alive(twice))
    return alive


def table_of(now: float, n_days: int, alive: Alive) -> Floats:
    """Return the chance by whole days of silence, from 0 to ``n_days``; it never rises.

    At least the chance of an order soon, as ``alive`` tells both.
    """
    silence: Floats = np.arange(min(n_days, MOST_DAYS) + 1, dtype=np.float64) + NOON
    ever, soon = alive(_once(now - silence))
    for gap in GAPS:
        ever = np.minimum(ever, alive(_twice(now - silence, gap))[0])
    later = np.maximum.accumulate(soon[::-1])[::-1]
    return np.maximum(np.minimum.accumulate(ever), later)


def looked_up(table: Floats, silence: Floats) -> Floats:
    """Return the chances of customers who have been silent for so many days."""
    day: Ints = np.clip(np.floor(silence), 0, len(table) - 1).astype(np.int64)
    return table[day]


def _once(at: Any) -> OrderDays:
    return OrderDays(np.arange(len(at) + 1), at)


def _twice(at: Any, gap: float) -> OrderDays:
    both = np.stack([at - gap, at], axis=1).ravel()
    return OrderDays(np.arange(len(at) + 1) * 2, both)
