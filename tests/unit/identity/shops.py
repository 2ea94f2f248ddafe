"""Small sources with colliding ids, for tests of who is who."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

AT = "2024-03-01T10:00:00Z"


def source(
    *,
    customer: str = "17",
    first_name: str | None = None,
    last_name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    order: str | None = "1000",
    title: str | None = None,
    **more: object,
) -> dict[str, pd.DataFrame]:
    """One customer of one source, who bought product 1 once."""
    person = {"customer_id": customer, "first_name": first_name, "last_name": last_name, **more}
    frames = {"customers": pd.DataFrame([person])}
    keys = {"email": email, "phone": phone}
    rows = [(customer, kind, value) for kind, value in keys.items() if value is not None]
    if rows:
        frames["identifiers"] = pd.DataFrame(rows, columns=["customer_id", "kind", "value"])
    if order is not None:
        frames |= sale(customer, order)
    if title is not None:
        frames["products"] = pd.DataFrame({"product_id": ["1"], "title": [title]})
    return frames


def sale(customer: str, order: str, at: str = AT) -> dict[str, pd.DataFrame]:
    """One order of product 1."""
    head = {"order_id": order, "customer_id": customer, "ordered_at": at, "net_amount": "5"}
    line = {"order_id": order, "line_no": 1, "product_id": "1", "quantity": 1, "net_amount": "5"}
    return {
        "orders": pd.DataFrame([{**head, "currency": "EUR"}]),
        "order_lines": pd.DataFrame([line]),
    }


def consent(customer: str, status: str, at: str = AT, channel: str = "email") -> pd.DataFrame:
    """One statement of a customer."""
    row: Mapping[str, str] = {
        "customer_id": customer,
        "channel": channel,
        "purpose": "marketing",
        "status": status,
        "at": at,
    }
    return pd.DataFrame([row])
