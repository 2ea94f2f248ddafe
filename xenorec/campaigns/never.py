"""What a campaign never shows: products out of stock, or bought in the last days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from xenorec.profile import History

if TYPE_CHECKING:
    import pandas as pd


def exclusions(rules: Sequence[str], history: History) -> pd.DataFrame:
    """Return customer_id, product_id of what may not be shown; without a customer: to nobody."""
    import pandas as pd

    empty = pd.DataFrame({"customer_id": pd.Series(dtype=str), "product_id": pd.Series(dtype=str)})
    frames = [_rule(rule, history) for rule in rules]
    return pd.concat([empty, *frames], ignore_index=True).drop_duplicates()


def _rule(rule: str, history: History) -> pd.DataFrame:
    if rule == "out_of_stock":
        return _out_of_stock(history)
    return _bought_within(history, int(rule.removeprefix("bought_last_").removesuffix("d")))


def _out_of_stock(history: History) -> pd.DataFrame:
    import pandas as pd

    products: pd.DataFrame = history.products().select(["product_id", "stock"]).to_pandas()
    gone: pd.DataFrame = products[
        products["stock"].notna() & (products["stock"].astype(float) <= 0)
    ]
    return pd.DataFrame({"customer_id": None, "product_id": gone["product_id"]})


def _bought_within(history: History, days: int) -> pd.DataFrame:
    lines: pd.DataFrame = (
        history.lines().select(["customer_id", "product_id", "ordered_at"]).to_pandas()
    )
    recent: pd.DataFrame = lines[lines["ordered_at"] > history.as_of - timedelta(days=days)]
    return recent[["customer_id", "product_id"]].drop_duplicates()
