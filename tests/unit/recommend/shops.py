"""Small invented shops whose right answer is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa

START = pd.Timestamp("2017-01-01", tz="UTC")
COLUMNS = ["customer_id", "order_id", "ordered_at", "product_id"]


def on(day: float) -> pd.Timestamp:
    return START + pd.Timedelta(days=day)


def lines(*visits: tuple[str, float, str]) -> pd.DataFrame:
    """Lines from (customer, day, products with a blank between); one order a visit."""
    rows = [
        (customer, f"{customer}/{number}", on(day), product)
        for number, (customer, day, products) in enumerate(visits)
        for product in products.split()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def catalogue(**titles: str | None) -> pd.DataFrame:
    return pd.DataFrame({"product_id": list(titles), "title": list(titles.values())})


def checkerboard(n_customers: int = 20, n_products: int = 8) -> pd.DataFrame:
    """Even customers buy even products only, odd customers odd ones, two a week for ten weeks."""
    visits = []
    for c in range(n_customers):
        own = [p for p in range(n_products) if p % 2 == c % 2]
        for week in range(10):
            a, b = own[(week + c) % len(own)], own[(week + c + 1) % len(own)]
            visits.append((f"c{c:02d}", 7.0 * week + c / 100, f"p{a} p{b}"))
    return lines(*visits)


@dataclass
class Past:
    """A history made of frames."""

    line_rows: pd.DataFrame
    product_rows: pd.DataFrame
    customer_rows: pd.DataFrame
    as_of: datetime = field(default_factory=lambda: datetime(2017, 3, 1, tzinfo=UTC))

    def lines(self) -> pa.Table:
        return pa.Table.from_pandas(self.line_rows, preserve_index=False)

    def products(self) -> pa.Table:
        return pa.Table.from_pandas(self.product_rows, preserve_index=False)

    def customers(self) -> pa.Table:
        return pa.Table.from_pandas(self.customer_rows, preserve_index=False)
