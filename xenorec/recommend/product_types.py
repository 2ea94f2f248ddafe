"""The same lines with kinds of products in place of products, to score at that level."""

from __future__ import annotations

from typing import Any

import pandas as pd

from xenorec.dataset.data_frames import arrow
from xenorec.errors import BadInput


def by_kind(lines: Any, products: Any | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (lines, products) whose product_id is the name of the product's kind.

    The kind is the last name of ``category_path``, else the category; its category is the name
    above it. Lines of products without one are left out. Raises BadInput where there are none.
    """
    named = _with_known_type(products)
    frame = arrow(
        lines,
        need=("customer_id", "order_id", "ordered_at", "product_id"),
        may=("quantity", "store_id", "net_amount", "unit_price_amount"),
    ).to_pandas()
    joined = frame.merge(named, on="product_id", how="inner")
    if joined.empty:
        raise BadInput(
            "No line is of a product with a category, so nothing can be scored by category. "
            "Give products with category or category_path, or score by product."
        )
    parents = joined[["kind", "parent"]].drop_duplicates("kind")
    kinds = pd.DataFrame({"product_id": parents["kind"], "title": parents["kind"]})
    kinds["category"] = parents["parent"]
    joined["product_id"] = joined["kind"]
    return joined.drop(columns=["kind", "parent"]), kinds.reset_index(drop=True)


def _with_known_type(products: Any | None) -> pd.DataFrame:
    if products is None:
        return pd.DataFrame({"product_id": [], "kind": [], "parent": []})
    table = arrow(products, need=("product_id",), may=("category", "category_path")).to_pandas()
    path = table.get("category_path", pd.Series([None] * len(table)))
    category = table.get("category", pd.Series([None] * len(table)))
    ends = [_ends(names, single) for names, single in zip(path, category, strict=True)]
    named = pd.DataFrame(ends, columns=["kind", "parent"])
    named.insert(0, "product_id", table["product_id"])
    return named[named["kind"].notna()]


def _ends(path: Any, category: Any) -> tuple[str | None, str | None]:
    names = [str(name) for name in path if name is not None] if path is not None else []
    if names:
        return names[-1], names[-2] if len(names) > 1 else None
    return (str(category), None) if isinstance(category, str) else (None, None)
