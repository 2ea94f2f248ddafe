"""Invented shops whose right answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd

START = pd.Timestamp("2017-01-01")


def bgnbd_shop(n: int, days: int, *, seed: int = 7, r=1.0, alpha=20.0, a=1.5, b=6.0):
    """Orders drawn from BG/NBD itself: everybody starts on some day of the first quarter."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        rate, stop = rng.gamma(r, 1 / alpha), rng.beta(a, b)
        at = rng.integers(0, days // 4)
        while at < days:
            rows.append((f"c{i:05d}", START + pd.Timedelta(days=float(at))))
            if rng.random() < stop and rows[-2:-1] and rows[-2][0] == rows[-1][0]:
                break
            at += rng.exponential(1 / rate)
    return pd.DataFrame(rows, columns=["customer_id", "ordered_at"])


def weekly(customer: str, *, first: str, zone: str, n: int = 30) -> pd.DataFrame:
    """``n`` events, one a week at the same local time of ``zone``, as UTC instants."""
    local = pd.date_range(first, periods=n, freq="7D").tz_localize(zone)
    return pd.DataFrame({"customer_id": customer, "at": local.tz_convert("UTC"), "time_zone": zone})


class FakeHistory:
    """The tables of a history, already cut."""

    def __init__(self, as_of, orders, events) -> None:
        self.as_of, self._orders, self._events = as_of, orders, events

    def orders(self):
        return self._orders

    def events(self):
        return self._events
