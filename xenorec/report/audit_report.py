"""Audit report: every promise as a query over the ledger; each must return no row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from xenorec.engine import DuckEngine, query_frames
from xenorec.ledger import Ledger
from xenorec.ledger.audit import checks

if TYPE_CHECKING:
    import pandas as pd

FRAMES = (
    "account_addresses",
    "account_links",
    "assignments",
    "audit_log",
    "campaign_runs",
    "consents",
    "decisions",
    "deliveries",
    "outcomes",
    "retries",
    "suppressions",
)

LANDED = """
select source, table_name, loaded_at, n_in, n_accepted, n_quarantined
from warehouse.load_log
where n_in <> n_accepted + n_quarantined or n_accepted <> n_new + n_changed + n_unchanged
"""
TILLS = """
select t.till_id from (
  select till_id, count(distinct idempotency_key) as n from warehouse.till_entries
  where idempotency_key like 'order/%' and former_source is null group by till_id
) as t
where t.n > (
    select count(*) from warehouse.orders as o where o.source = 'till/' || t.till_id)
  + (select count(*) from warehouse.quarantine as q
    where q.source = 'till/' || t.till_id and q.table_name = 'orders')
"""
TILLS_PROMISE = "A sale that was collected of a till is landed, or put aside with its reason."
LANDED_PROMISE = "Rows in = accepted + quarantined, and accepted = new + changed + unchanged."


def audit(ledger: Ledger, engine: DuckEngine) -> pd.DataFrame:
    """Return one row per promise: check, promise, n_rows (0 when it holds)."""
    import pandas as pd

    frames = {name: ledger.snapshot(name) for name in FRAMES}
    n_landed, n_sold = _n_of(engine, LANDED, "load_log"), _n_of(engine, TILLS, "till_entries")
    rows = [
        ("rows_in_are_accepted_or_quarantined", LANDED_PROMISE, n_landed),
        ("till_sales_are_landed", TILLS_PROMISE, n_sold),
    ]
    for check in checks():
        found: pa.Table = query_frames(check.sql, frames)
        rows.append((check.name, check.promise, found.num_rows))
    return pd.DataFrame(rows, columns=["check", "promise", "n_rows"])


def _n_of(engine: DuckEngine, sql: str, table: str) -> int:
    """Return how many rows a query over the warehouse finds; none without its table."""
    if not engine.exists():
        return 0
    with engine.reading() as session:
        return len(session.rows(sql)) if table in session.tables() else 0
