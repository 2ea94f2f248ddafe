"""Entries that were collected before tills had ids, when a till was known by its folder's name.

Such an entry lies in the warehouse or the ledger under ``till/<name of the folder>``. It is found
there by what it says, so that neither a renamed folder nor the new id doubles it; and the sale of
another till that had the same folder's name is not taken for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from xenorec.engine import Session
from xenorec.tills.entry_times import claimed_at
from xenorec.tills.journal_rows import TABLE_OF

if TYPE_CHECKING:
    from xenorec.ledger import Ledger
    from xenorec.pos.journal import JournalEntry

Fact = tuple[Any, ...]

ORDERS = """
select source, order_id, ordered_at, store_id, currency, net_amount from warehouse.orders
where source like 'till/%'
"""
EVENTS = """
select source, event_id, "at" from warehouse.events where source like 'till/%'
"""


def former_sources(
    session: Session, ledger: Ledger, entries: Iterable[JournalEntry], source: str
) -> dict[str, str]:
    """Return key -> source for the entries that lie under another till's source than ``source``."""
    wanted = {_fact(entry): entry.idempotency_key for entry in entries}
    if not wanted:
        return {}
    there = {**_in_warehouse(session), **_in_ledger(ledger)}
    return {key: there[fact] for fact, key in wanted.items() if there.get(fact, source) != source}


def _fact(entry: JournalEntry) -> Fact:
    """Return what tells an entry from every other, as it was landed then."""
    body, at = entry.body, claimed_at(entry).astimezone(UTC)
    key, table = entry.idempotency_key, TABLE_OF[entry.kind]
    if entry.kind == "order":
        net = sum((Decimal(amount) for _, _, amount in body["lines"]), Decimal(0))
        return table, body["order_id"], at, entry.store_id, body["currency"], net
    if entry.kind == "redemption":
        return table, key, at
    if entry.kind == "consent":
        return table, key, at, body["ref"], body["status"]
    return table, key, at, body["account_id"], Decimal(body["points"])


def _in_warehouse(session: Session) -> dict[Fact, str]:
    orders = {
        ("orders", order_id, _utc(at), store_id, currency, net): source
        for source, order_id, at, store_id, currency, net in session.rows(ORDERS)
    }
    events = {("events", key, _utc(at)): source for source, key, at in session.rows(EVENTS)}
    return {**orders, **events}


def _in_ledger(ledger: Ledger) -> dict[Fact, str]:
    consents = {
        ("consents", row["evidence"], row["at"], row["customer_id"], row["status"]): row["source"]
        for row in _of_tills(ledger, "consents")
    }
    points = {
        (
            "loyalty_ledger",
            row["idempotency_key"],
            row["at"],
            row["account_id"],
            row["points"],
        ): row["source"]
        for row in _of_tills(ledger, "loyalty_ledger")
    }
    return {**consents, **points}


def _of_tills(ledger: Ledger, table: str) -> list[Mapping[str, Any]]:
    rows: list[dict[str, Any]] = ledger.snapshot(table).to_pylist()
    return [row for row in rows if str(row["source"]).startswith("till/")]


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
