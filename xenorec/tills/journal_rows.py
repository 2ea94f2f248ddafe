"""Entries of a journal as rows of the canonical tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from xenorec.pos.value_checks import instant
from xenorec.tills.entry_times import TimedEntry

if TYPE_CHECKING:
    import pandas as pd

TABLE_OF = {
    "order": "orders",
    "redemption": "events",
    "consent": "consents",
    "points": "loyalty_ledger",
}
"""The canonical table of each kind of entry; an order has lines besides."""


def frames_of(entries: Sequence[TimedEntry], till_id: str) -> dict[str, pd.DataFrame]:
    """Return the rows of a till's entries by canonical table, without the tables that get none.

    Keys of events and of points are unique among all tills; an order's id is the till's own.
    """
    import pandas as pd

    found = {
        "orders": [_order(timed) for timed in _of("order", entries)],
        "order_lines": [line for timed in _of("order", entries) for line in _lines(timed)],
        "events": [_redemption(timed, till_id) for timed in _of("redemption", entries)],
        "consents": [_consent(timed) for timed in _of("consent", entries)],
        "loyalty_ledger": [_points(timed, till_id) for timed in _of("points", entries)],
    }
    return {name: pd.DataFrame(rows) for name, rows in found.items() if rows}


def _of(kind: str, entries: Sequence[TimedEntry]) -> Iterable[TimedEntry]:
    return (timed for timed in entries if timed.entry.kind == kind)


def _order(timed: TimedEntry) -> dict[str, Any]:
    body = timed.entry.body
    return {
        "order_id": body["order_id"],
        "customer_id": body["ref"],
        "store_id": timed.entry.store_id,
        "channel": "pos",
        "ordered_at": _text(timed.at),
        "net_amount": str(sum(Decimal(amount) for _, _, amount in body["lines"])),
        "currency": body["currency"],
        "status": "completed",
    }


def _lines(timed: TimedEntry) -> list[dict[str, Any]]:
    return [
        {
            "order_id": timed.entry.body["order_id"],
            "line_no": str(number),
            "product_id": product_id,
            "quantity": quantity,
            "net_amount": amount,
        }
        for number, (product_id, quantity, amount) in enumerate(timed.entry.body["lines"], 1)
    ]


def _redemption(timed: TimedEntry, till_id: str) -> dict[str, Any]:
    body = timed.entry.body
    props = {"offer_id": body["offer_id"], "order_id": body["order_id"]}
    if timed.claimed is not None:
        props["claimed_at"] = _text(timed.claimed)
    return {
        "event_id": f"{till_id}/{timed.entry.idempotency_key}",
        "customer_id": body["ref"],
        "name": "coupon_redeemed",
        "at": _text(timed.at),
        "props": json.dumps(props),
    }


def _consent(timed: TimedEntry) -> dict[str, Any]:
    body, key = timed.entry.body, timed.entry.idempotency_key
    said = "" if timed.claimed is None else f"; the till's clock said {_text(timed.claimed)}"
    return {
        "customer_id": body["ref"],
        "channel": body["channel"],
        "purpose": body["purpose"],
        "status": body["status"],
        "evidence": f"{key}{said}",
        "at": _text(timed.at),
        "source_id": key,
    }


def _points(timed: TimedEntry, till_id: str) -> dict[str, Any]:
    body, key = timed.entry.body, timed.entry.idempotency_key
    return {
        "entry_id": f"{till_id}/{key}",
        "account_id": body["account_id"],
        "kind": body["kind"],
        "points": body["points"],
        "order_id": body["order_id"],
        "idempotency_key": f"{till_id}/{key}",
        "at": _text(timed.at),
        "store_id": timed.entry.store_id,
    }


def _text(at: datetime) -> str:
    return instant(at.astimezone(UTC), "at")
