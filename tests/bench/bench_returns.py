"""A wholesaler's returns: whom they would make recent, and what they take off the spend.

Run: python -m tests.bench.bench_returns
Needs Online Retail II; invoices that begin with C are returns.
"""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd

import xenorec as xr

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "online_retail_II.parquet"
AS_OF = "2011-12-01"
MONTH = 30


def shop(rows: pd.DataFrame) -> xr.Workspace:
    """Return a workspace with the invoices, each one an order, and their lines."""
    rows = rows.dropna(subset=["customer"]).assign(
        order_id=rows["Invoice"].astype(str),
        customer_id=rows["customer"],
        ordered_at=rows["ts"],
        product_id=rows["StockCode"].astype(str),
        quantity=rows["Quantity"],
        net_amount=(rows["Quantity"] * rows["Price"]).round(2),
    )
    rows["line_no"] = rows.groupby("order_id").cumcount() + 1
    first = rows.groupby("order_id", as_index=False)
    orders = first.agg(
        customer_id=("customer_id", "first"), ordered_at=("ordered_at", "min")
    ).assign(currency="GBP", net_amount=None)
    lines = rows[["order_id", "line_no", "product_id", "quantity", "net_amount"]]
    crm = xr.open(":memory:")
    crm.load({"orders": orders, "order_lines": lines}, time_zone="Europe/London")
    return crm


def main() -> None:
    """Print how many customers a return alone would make recent, and the spend with and without."""
    rows = pd.read_parquet(DATA)
    crm = shop(rows)
    begin = time.perf_counter()
    columns = ["customer_id", "days_since_order", "n_orders", "lifetime_total_net_amount"]
    people = crm.profiles(AS_OF).to_pandas(columns).set_index("customer_id")
    seconds = time.perf_counter() - begin
    known = rows.dropna(subset=["customer"])
    known = known[known["ts"] <= AS_OF].assign(
        customer_id=known["customer"].astype(int).astype(str),
        is_return=known["Invoice"].astype(str).str.startswith("C"),
        amount=known["Quantity"] * known["Price"],
    )
    last = known.groupby(["customer_id", "is_return"])["ts"].max().unstack()
    days = (pd.Timestamp(AS_OF) - last).apply(lambda column: column.dt.days)
    made_recent = (days[True] <= MONTH) & ~(days[False] <= MONTH)
    ours = people.reindex(days.index[made_recent])["days_since_order"]
    spend = float(people["lifetime_total_net_amount"].astype(float).sum())
    print(f"{len(people):,} customers, {int(people['n_orders'].sum()):,} orders, {seconds:.2f} s")
    told = f"{int(made_recent.sum()):,} customers came within {MONTH} days only to send goods back"
    print(f"{told}; {int((ours <= MONTH).sum()):,} of them are recent")
    print(f"spend {spend:,.0f}; sum of all invoices {float(known['amount'].sum()):,.0f}, ", end="")
    print(f"of those that are no returns {float(known[~known['is_return']]['amount'].sum()):,.0f}")


if __name__ == "__main__":
    main()
