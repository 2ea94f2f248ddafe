"""Times of timing on a million invented customers.

Run by hand: ``python -m tests.bench.bench_timing``; scores: ``bench_timing_scores``.
"""

from __future__ import annotations

import resource
import sys
import time
from typing import Any

import numpy as np
import pandas as pd

from xenorec.timing import LifetimeValue, NextPurchase, SendTime


def timed(label: str, call: Any) -> Any:
    """Print how long ``call`` takes and the most memory so far, and return its result."""
    start = time.perf_counter()
    result = call()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{label:58s} {time.perf_counter() - start:8.1f} s  {peak:5.1f} GB", flush=True)
    return result


def many_orders(n_customers: int, n_orders: int = 16) -> pd.DataFrame:
    """Return a year of invented customers: each at a pace of their own, who may stop for good."""
    rng = np.random.default_rng(2)
    pace = 45 / rng.gamma(0.8, 1, n_customers)
    gaps = np.hstack(
        [np.zeros((n_customers, 1)), rng.exponential(pace[:, None], (n_customers, n_orders - 1))]
    )
    days = rng.uniform(0, 365, n_customers)[:, None] + np.cumsum(gaps, axis=1)
    stays = rng.random((n_customers, n_orders)) > rng.beta(0.8, 4, n_customers)[:, None]
    stays[:, :2] = True  # nobody stops before the second order, as in BG/NBD
    is_there = np.cumprod(stays, axis=1).astype(bool) & (days < 365)
    who = np.nonzero(is_there)[0]
    at = (days[is_there] * 86_400_000_000).astype("timedelta64[us]")
    names = np.char.add("c", np.arange(n_customers).astype(str))
    ids = pd.Series(pd.Categorical.from_codes(who, names)).astype("str")
    when = pd.Series(np.datetime64("2017-01-01", "us") + at)
    return pd.DataFrame({"customer_id": ids, "ordered_at": when})


def bench_next_purchase(n_customers: int) -> None:
    """Time NextPurchase on many customers: a million within 120 s and 4 GB; BG/NBD within 10 s.

    Beside it ``lifetimes`` on a row per customer, as it is used by itself.
    """
    orders = many_orders(n_customers)
    print(f"NextPurchase, {len(orders):,} orders of {n_customers:,} customers:")
    plain = NextPurchase(use_learner=False)
    timed("BG/NBD alone: fit", lambda: plain.fit(orders, as_of="2018-01-01"))
    past = plain.purchases_
    timed("BG/NBD alone: predict, everybody", lambda: plain.predict())
    theirs = timed("lifetimes on raw rows: fit", lambda: by_lifetimes(past))
    print(f"ours: {plain.parameters_}; theirs: {theirs}")
    model = timed("fit", lambda: NextPurchase().fit(orders, as_of="2018-01-01"))
    timed("predict, everybody", lambda: model.predict())


def by_lifetimes(past: Any) -> Any:
    """Return the fit of ``lifetimes`` on one row per customer, or that it found none."""
    from lifetimes import BetaGeoFitter
    from lifetimes.utils import ConvergenceError

    try:
        return BetaGeoFitter().fit(past.frequency, past.recency, past.age)
    except ConvergenceError as error:
        return str(error).strip()


def bench_lifetime_value(n_customers: int) -> None:
    """Time LifetimeValue on many customers, each order of an amount of its own."""
    orders = many_orders(n_customers)
    rng = np.random.default_rng(3)
    orders["net_amount"] = rng.gamma(2, 12, len(orders)).round(2)
    print(f"LifetimeValue, {len(orders):,} orders of {n_customers:,} customers:")
    model = timed("fit", lambda: LifetimeValue().fit(orders, as_of="2018-01-01"))
    timed("predict, everybody", lambda: model.predict(within="365d"))


def many_people(n_customers: int, n_events: int = 20) -> pd.DataFrame:
    """Return events of invented customers, each around an hour of the own."""
    rng = np.random.default_rng(1)
    who = rng.integers(0, n_customers, n_customers * n_events)
    own = rng.normal(14, 3, n_customers)[who]
    hour = rng.integers(0, 300, len(who)) * 24 + np.clip(rng.normal(own, 2.5), 0, 23.9)
    names = np.char.add("c", np.arange(n_customers).astype(str))
    ids = pd.Series(pd.Categorical.from_codes(who, names)).astype("str")
    at = pd.Timestamp("2017-01-01", tz="UTC") + pd.to_timedelta((hour * 3600).astype(int), unit="s")
    return pd.DataFrame({"customer_id": ids, "at": at, "time_zone": "America/New_York"})


def bench_send_time(n_customers: int) -> None:
    """Time SendTime on many customers; fit and predict for a million should stay below 60 s."""
    events = many_people(n_customers)
    print(f"SendTime, {len(events):,} events of {n_customers:,} customers:")
    model = timed("fit", lambda: SendTime().fit(events))
    timed("predict, everybody", lambda: model.predict())
    timed("schedule, everybody", lambda: model.schedule(None, after="2017-11-01"))
    rate = max(n_customers // 600, 1)
    timed(
        "schedule with a provider's rate",
        lambda: model.schedule(None, after="2017-11-01", per_minute=rate),
    )
    timed("audience", lambda: model.audience())


def main() -> int:
    """Run everything."""
    bench_next_purchase(1_000_000)
    bench_lifetime_value(1_000_000)
    for n_customers in (200_000, 1_000_000):
        bench_send_time(n_customers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
