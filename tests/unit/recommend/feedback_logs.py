"""Small invented logs of what was shown and what came of it."""

from __future__ import annotations

import pandas as pd

from tests.unit.recommend.shops import on

COLUMNS = ["customer_id", "shelf", "shelf_rank", "position", "score", "product_id", "exposed_at"]


def shown(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def came(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer_id", "product_id", "at", "kind"])


def log(**rates: tuple[int, int, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells of score .2 on day 0: shelf = (place, number shown, number redeemed)."""
    cells = [
        (f"{shelf}{i:05d}", shelf, place, 1, 0.2, shelf, on(0))
        for shelf, (place, n, _) in rates.items()
        for i in range(n)
    ]
    hits = [
        (f"{shelf}{i:05d}", shelf, on(1), "redeemed")
        for shelf, (_, _, n_hits) in rates.items()
        for i in range(n_hits)
    ]
    return shown(*cells), came(*hits)
