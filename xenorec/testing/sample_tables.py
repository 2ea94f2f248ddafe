"""The canonical tables of the invented grocer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from xenorec.testing.sample_coupons import SampleCoupon, coupons, received
from xenorec.testing.sample_products import LAUNCH_DAY, LAUNCHED, NOT_PROMOTED, good, goods
from xenorec.testing.sample_visits import N_STORES, SampleLine, SampleVisit

FIRST_NAMES = ("Ada", "Bo", "Cleo", "Dara", "Edi", "Fay", "Gil", "Hana", "Ivo", "Juno")
LAST_NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy")
CITIES = (("Milltown", 41.1, -74.2), ("Lakeside", 41.3, -73.9), ("Hilltop", 40.9, -74.5))
MIDNIGHT = time(0, tzinfo=UTC)


def frames_of(
    visits: Sequence[SampleVisit],
    *,
    n_households: int,
    seed: str,
    first: date,
    time_zone: str,
    currency: str,
) -> Mapping[str, pd.DataFrame]:
    """Return a frame for each canonical table; rows are in the order of their ids."""
    start = datetime.combine(first, MIDNIGHT)
    people = range(1, n_households + 1)
    rows: dict[str, Iterable[Mapping[str, Any]]] = {
        "customers": [_customer(n, start, time_zone) for n in people],
        "identifiers": [row for n in people for row in _identifiers(n, start)],
        "consents": [row for n in people for row in _consents(n, start)],
        "stores": [_store(n, time_zone) for n in range(1, N_STORES + 1)],
        "products": _products(start, currency),
        "orders": [_order(n, visit, currency) for n, visit in enumerate(visits, 1)],
        "order_lines": [row for n, visit in enumerate(visits, 1) for row in _lines(n, visit)],
        "offers": [_offer(coupon) for coupon in coupons(first)],
        "events": [*_received(n_households, seed, first), *_redeemed(visits)],
    }
    return {name: pd.DataFrame(list(found)) for name, found in rows.items()}


def order_id(number: int) -> str:
    """Return the id of an order; orders count from 1 in the order of time."""
    return f"o{number:05d}"


def customer_id(household: int) -> str:
    """Return the id of a household; households count from 1."""
    return f"h{household:02d}"


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _customer(n: int, start: datetime, time_zone: str) -> dict[str, Any]:
    return {
        "customer_id": customer_id(n),
        "created_at": start - timedelta(days=n),
        "first_name": FIRST_NAMES[n % len(FIRST_NAMES)],
        "last_name": LAST_NAMES[n % len(LAST_NAMES)],
        "locale": "en-US",
        "time_zone": time_zone,
        "country": "US",
        "home_store_id": f"s{n % N_STORES + 1}",
        "birth_month": n % 12 + 1,
        "birth_day": n % 28 + 1,
        "status": "active",
    }


def _identifiers(n: int, start: datetime) -> list[dict[str, Any]]:
    values = {
        "email": f"household-{n}@shop.example",
        "phone": f"+1{201 + n // 100}55501{n % 100:02d}",
        "card": f"{40_000_000 + n}",
    }
    return [
        {
            "customer_id": customer_id(n),
            "kind": kind,
            "value": value,
            "first_seen_at": start - timedelta(days=n),
        }
        for kind, value in values.items()
    ]


def _consents(n: int, start: datetime) -> list[dict[str, Any]]:
    """Return a consent to e-mail; every tenth household took it back on day 100."""
    said = {
        "customer_id": customer_id(n),
        "channel": "email",
        "purpose": "marketing",
        "status": "granted",
        "basis": "consent",
        "evidence": "form at the till",
        "at": start - timedelta(days=n),
    }
    back = {**said, "status": "withdrawn", "at": start + timedelta(days=100)}
    return [said, back] if n % 10 == 0 else [said]


def _store(n: int, time_zone: str) -> dict[str, Any]:
    city, lat, lon = CITIES[n - 1]
    return {
        "store_id": f"s{n}",
        "name": f"{city} store",
        "time_zone": time_zone,
        "country": "US",
        "city": city,
        "lat": lat,
        "lon": lon,
    }


def _products(start: datetime, currency: str) -> list[dict[str, Any]]:
    launch = start + timedelta(days=LAUNCH_DAY)
    return [
        {
            "product_id": item.product_id,
            "sku": f"SKU-{item.number:04d}",
            "title": item.title,
            "brand": item.brand,
            "category_path": [item.department, item.category],
            "price_amount": _money(item.cents),
            "currency": currency,
            "active_from": launch if item.name == LAUNCHED else start,
            "attributes": json.dumps({"promotable": item.category not in NOT_PROMOTED}),
        }
        for item in goods()
    ]


def _order(number: int, visit: SampleVisit, currency: str) -> dict[str, Any]:
    gross, net = sum(line.gross for line in visit.lines), sum(line.net for line in visit.lines)
    return {
        "order_id": order_id(number),
        "customer_id": None if visit.household is None else customer_id(visit.household),
        "store_id": f"s{visit.store}",
        "channel": "pos",
        "ordered_at": visit.at,
        "gross_amount": _money(gross),
        "discount_amount": _money(gross - net),
        "net_amount": _money(net),
        "currency": currency,
        "status": "completed",
    }


def _lines(number: int, visit: SampleVisit) -> list[dict[str, Any]]:
    return [_line(number, place, line) for place, line in enumerate(visit.lines, 1)]


def _line(number: int, place: int, line: SampleLine) -> dict[str, Any]:
    return {
        "order_id": order_id(number),
        "line_no": place,
        "product_id": line.good.product_id,
        "quantity": Decimal(line.quantity),
        "unit_price_amount": _money(line.good.cents),
        "discount_amount": _money(line.gross - line.net),
        "net_amount": _money(line.net),
    }


def _offer(coupon: SampleCoupon) -> dict[str, Any]:
    return {
        "offer_id": _offer_id(coupon),
        "product_ids": [good(coupon.name).product_id],
        "discount": str(_money(coupon.cents + coupon.match)),
        "coupon_code": f"C{coupon.number}",
        "valid_from": datetime.combine(coupon.from_day, MIDNIGHT),
        "valid_to": datetime.combine(coupon.to_day + timedelta(days=1), MIDNIGHT),
        "funding": "supplier",
    }


def _offer_id(coupon: SampleCoupon) -> str:
    return f"offer-{coupon.number}"


def _received(n_households: int, seed: str, first: date) -> list[dict[str, Any]]:
    return [
        {
            "event_id": f"received/{_offer_id(coupon)}/{customer_id(n)}",
            "customer_id": customer_id(n),
            "name": "offer_received",
            "at": datetime.combine(coupon.from_day, MIDNIGHT),
            "campaign_id": str(coupon.campaign),
            "props": json.dumps({"offer_id": _offer_id(coupon)}),
        }
        for coupon in coupons(first)
        for n in range(1, n_households + 1)
        if received(n, coupon, seed)
    ]


def _redeemed(visits: Sequence[SampleVisit]) -> list[dict[str, Any]]:
    return [
        {
            "event_id": f"redeemed/{_offer_id(line.coupon)}/{customer_id(visit.household)}",
            "customer_id": customer_id(visit.household),
            "name": "coupon_redeemed",
            "at": visit.at,
            "campaign_id": str(line.coupon.campaign),
            "props": json.dumps({"offer_id": _offer_id(line.coupon), "order_id": order_id(number)}),
        }
        for number, visit in enumerate(visits, 1)
        for line in visit.lines
        if line.coupon is not None and visit.household is not None
    ]
