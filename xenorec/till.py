"""Between the workspace and a till: publish what it serves, take back what it recorded."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec.errors import BadInput, UnknownName, XenorecError
from xenorec.pos.journal import Entry, read_journal
from xenorec.pos.keys import keyed_hash, normalise
from xenorec.pos.serving import write_serving
from xenorec.profile import cut_sql

if TYPE_CHECKING:
    import pandas as pd

    from xenorec.sources import LoadReport
    from xenorec.sources.loading import Intake
    from xenorec.workspace import Workspace

POPULAR = 40
PAIRS = 5

IDENTIFIERS = """
select distinct i.customer_id, i.kind, i.value
from identifiers as i join customers as c on c.customer_id = i.customer_id
where i.kind in ('email', 'phone', 'card') and not coalesce(i.is_blocked, false)
order by 1, 2, 3
"""

COUPONS = """
select offer_id, coupon_code, discount, category, valid_from, valid_to, product_ids
from warehouse.offers
where valid_to is null or valid_to > $as_of
order by offer_id, source
"""


@dataclass(frozen=True)
class PublishedTill:
    """What was written for a till."""

    folder: Path
    store_id: str
    n_customers: int
    n_offers: int
    n_keys_refused: int

    def __str__(self) -> str:
        text = (
            f"Till of store {self.store_id}: {self.n_offers:,} offers for {self.n_customers:,} "
            "customers."
        )
        if self.n_keys_refused:
            text += f" {self.n_keys_refused:,} keys are no phone, e-mail or card and were left out."
        return text


def publish_till(crm: Workspace, folder: Path, *, store_id: str, as_of: datetime) -> PublishedTill:
    """Compute every customer's offers and write the till's serving file.

    Raises UnknownName for a store that was never loaded.
    """
    history = crm.history(as_of)
    stores = history.stores().column("store_id").to_pylist()
    if stores and store_id not in stores:
        from xenorec.errors import nearest

        raise UnknownName(f"There is no store {store_id!r}.{nearest(store_id, stores)}")
    model = crm.recommender(as_of)
    facts = _facts(history.products().to_pylist())
    salt = secrets.token_hex(16)
    keys, refused = _keys(_identifiers(crm, as_of), salt)
    offers = list(_offers(model.shelves(), facts))
    coupons, coupon_products = _coupons(crm, as_of)
    write_serving(
        folder,
        meta={
            "store_id": store_id,
            "currency": _currency(history.orders().column("currency")),
            "as_of": as_of.isoformat(),
            "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "salt": salt,
        },
        rows={
            "keys": keys,
            "offers": offers,
            "popular": _popular(model.popular(store_id, POPULAR), facts),
            "pairs": _pairs(model.pairs(PAIRS), facts),
            "coupons": coupons,
            "coupon_products": coupon_products,
        },
    )
    return PublishedTill(folder, store_id, len({row[0] for row in offers}), len(offers), refused)


def load_journal(crm: Workspace, folder: Path | None, intake: Intake) -> LoadReport:
    """Load what the till in ``folder`` recorded; twice changes nothing."""
    if folder is None:
        raise BadInput("load('till') needs path=, the till's folder (on the command line: --path).")
    if not folder.is_dir():
        raise BadInput(f"There is no till folder {folder}.")
    entries = list(read_journal(folder))
    frames = {name: frame for name, frame in _frames(entries).items() if len(frame)}
    return intake.frames(frames, f"till/{folder.resolve().name}")


def _facts(products: list[dict[str, Any]]) -> dict[str, tuple[str, str | None, str | None]]:
    return {
        row["product_id"]: (
            row["title"] or row["product_id"],
            None if row["price_amount"] is None else f"{row['price_amount']:.2f}",
            row["image_url"],
        )
        for row in products
    }


def _identifiers(crm: Workspace, as_of: datetime) -> list[tuple[str, str, str]]:
    """Return every key of every customer, those of accounts merged into them too."""
    with crm.engine.reading() as session:
        return session.rows(cut_sql(IDENTIFIERS), {"as_of": as_of})


def _keys(identifiers: list[tuple[str, str, str]], salt: str) -> tuple[list[tuple[str, str]], int]:
    keys, refused = [], 0
    for customer_id, kind, value in identifiers:
        try:
            keys.append((keyed_hash(kind, normalise(kind, value), salt), customer_id))
        except XenorecError:
            refused += 1
    return list(dict.fromkeys(keys)), refused


def _offers(frame: pd.DataFrame, facts: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    rank: dict[str, int] = {}
    columns = ["customer_id", "product_id", "shelf", "reason"]
    for customer_id, product_id, shelf, reason in _rows(frame, columns):
        place = rank[customer_id] = rank.get(customer_id, 0) + 1
        title, price, image = facts[product_id]
        yield (customer_id, place, product_id, title, shelf, reason, price, image)


def _popular(frame: pd.DataFrame, facts: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for rank, product_id, reason in _rows(frame, ["rank", "product_id", "reason"]):
        title, price, image = facts[product_id]
        yield (int(rank), product_id, title, reason, price, image)


def _pairs(frame: pd.DataFrame, facts: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for product_id, rank, other_id in _rows(frame, ["product_id", "rank", "other_product_id"]):
        title, price, _ = facts[other_id]
        reason = f"Often bought with {facts[product_id][0]}"
        yield (product_id, int(rank), other_id, title, reason, price)


def _rows(frame: pd.DataFrame, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(frame[name].tolist() for name in columns), strict=True)


def _coupons(crm: Workspace, as_of: datetime) -> tuple[list[Any], list[Any]]:
    with crm.engine.reading() as session:
        rows = session.rows(COUPONS, {"as_of": as_of})
    coupons = [
        (offer_id, f"Coupon {code or offer_id}", discount, code, _text(start), _text(end))
        for offer_id, code, discount, _, start, end, _ in rows
    ]
    products = [(row[0], product_id) for row in rows for product_id in row[6] or ()]
    return coupons, products


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")


def _currency(column: Any) -> str:
    counts = column.value_counts().to_pylist()
    return str(max(counts, key=lambda row: (row["counts"], row["values"]))["values"])


def _frames(entries: list[Entry]) -> dict[str, pd.DataFrame]:
    import pandas as pd

    orders = [entry for entry in entries if entry.kind == "order"]
    return {
        "orders": pd.DataFrame([_order(entry) for entry in orders]),
        "order_lines": pd.DataFrame([line for entry in orders for line in _lines(entry)]),
        "events": pd.DataFrame([_redemption(e) for e in entries if e.kind == "redemption"]),
        "consents": pd.DataFrame([_consent(e) for e in entries if e.kind == "consent"]),
        "loyalty_ledger": pd.DataFrame([_points(e) for e in entries if e.kind == "points"]),
    }


def _order(entry: Entry) -> dict[str, Any]:
    from decimal import Decimal

    body = entry.body
    return {
        "order_id": body["order_id"],
        "customer_id": body["ref"],
        "store_id": entry.store_id,
        "channel": "pos",
        "ordered_at": body.get("ordered_at", entry.at),
        "net_amount": str(sum(Decimal(amount) for _, _, amount in body["lines"])),
        "currency": body["currency"],
        "status": "completed",
    }


def _lines(entry: Entry) -> list[dict[str, Any]]:
    return [
        {
            "order_id": entry.body["order_id"],
            "line_no": str(number),
            "product_id": product_id,
            "quantity": quantity,
            "net_amount": amount,
        }
        for number, (product_id, quantity, amount) in enumerate(entry.body["lines"], 1)
    ]


def _redemption(entry: Entry) -> dict[str, Any]:
    import json

    body = entry.body
    return {
        "event_id": entry.idempotency_key,
        "customer_id": body["ref"],
        "name": "coupon_redeemed",
        "at": entry.at,
        "props": json.dumps({"offer_id": body["offer_id"], "order_id": body["order_id"]}),
    }


def _consent(entry: Entry) -> dict[str, Any]:
    body = entry.body
    return {
        "customer_id": body["ref"],
        "channel": body["channel"],
        "purpose": body["purpose"],
        "status": body["status"],
        "evidence": entry.idempotency_key,
        "at": entry.at,
    }


def _points(entry: Entry) -> dict[str, Any]:
    body = entry.body
    return {
        "entry_id": entry.idempotency_key,
        "account_id": body["account_id"],
        "kind": body["kind"],
        "points": body["points"],
        "order_id": body["order_id"],
        "idempotency_key": entry.idempotency_key,
        "at": entry.at,
        "store_id": entry.store_id,
    }
