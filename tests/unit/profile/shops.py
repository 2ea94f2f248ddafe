"""Invented shops by how often people come back: orders alone, the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import log

import pandas as pd

from tests.conftest import orders
from xenorec.hash_uniform import uniform

OPENED = datetime(2017, 1, 1, tzinfo=UTC)


def orders_of(shop: str, n: int, *, usual: float, n_days: int = 365) -> pd.DataFrame:
    """Return orders of ``n`` customers: each comes at random, every ``usual`` days on average.

    How often differs by customer, and after each order one in four stays away for good: half of
    them buy once.
    """
    found = [row for number in range(n) for row in _customer(shop, number, usual, n_days)]
    return orders(*found)


def _customer(
    shop: str, number: int, usual: float, n_days: int
) -> Iterator[tuple[str, str, str, str]]:
    who = f"{shop}-{number}"
    day = n_days * uniform(who, "first")
    own = usual * 8 ** (uniform(who, "own") - 0.5)
    visit = 0
    while day < n_days:
        at = OPENED + timedelta(days=day)
        yield f"{who}/{visit}", who, at.isoformat(), "20"
        visit += 1
        if uniform(who, "leaves", str(visit)) < 0.25:
            return
        day -= own * log(1 - uniform(who, "gap", str(visit)))
