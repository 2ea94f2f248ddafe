"""Rows of customers who were erased: landed without what is personal, so that loads go on."""

from __future__ import annotations

import pyarrow as pa

from xenorec.engine import Session
from xenorec.schema import Table

BLANKED = {
    "customers": (
        *("first_name", "last_name", "locale", "time_zone", "country", "home_store_id"),
        *("birth_month", "birth_day", "gender", "created_at"),
    ),
    "orders": ("customer_id",),
    "events": ("customer_id", "props"),
    "consents": ("evidence",),
}
"""Columns that are emptied; rows stay as sales, events and statements without a name."""
LEFT_OUT = ("identifiers", "loyalty_accounts")
"""Tables whose rows say nothing without the person."""
ERASED = "erased_customers"


def clear_erased(session: Session, table: Table, erased: frozenset[str]) -> None:
    """Take what is personal out of the view ``incoming`` for customers who were erased."""
    if not erased or (table.name not in BLANKED and table.name not in LEFT_OUT):
        return
    register_erased(session, erased)
    theirs = f"customer_id in (select customer_id from {ERASED})"
    if not session.rows(f"select 1 from incoming where {theirs} limit 1"):
        return
    if table.name in LEFT_OUT:
        kept = f"select * from incoming where customer_id is null or not ({theirs})"
    else:
        kept = f"select * replace ({_blank_columns_sql(table, theirs)}) from incoming"
    session.run(f"create or replace temp table cleared as {kept}")
    session.run("create or replace temp view incoming as select * from cleared")


def hide_erased(session: Session, table: Table, rows: str, erased: frozenset[str]) -> None:
    """Take the raw text out of rows of erased customers that are to be put aside."""
    if not erased or "customer_id" not in table.names:
        return
    register_erased(session, erased)
    session.run(
        f'update {rows} as b set raw = \'{{"customer": "erased"}}\' from typed as t '
        f"where t.line = b.line and t.customer_id in (select customer_id from {ERASED})"
    )


def register_erased(session: Session, erased: frozenset[str]) -> None:
    """Make the ids of erased accounts a view that a query can join."""
    session.register(ERASED, pa.table({"customer_id": pa.array(sorted(erased), pa.string())}))


def _blank_columns_sql(table: Table, theirs: str) -> str:
    parts = [
        f'case when not coalesce({theirs}, false) then "{name}" end as "{name}"'
        for name in BLANKED[table.name]
    ]
    if table.name == "customers":
        parts.append(f"case when {theirs} then 'erased' else status end as status")
    return ", ".join(parts)
