"""A chain of three stores: Bengaluru in rupees, Tokyo in yen, Kuwait in dinars."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import xenorec as xr
from xenorec.pos import Till
from xenorec.pos.journal import NAME, entry_hash
from xenorec.pos.serving_store import write_serving
from xenorec.testing import FrozenClock
from xenorec.tills.till_folders import shop_id

AS_OF = "2024-06-01"
COLLECTED = datetime(2024, 6, 2, 9, tzinfo=UTC)
NOON = "2024-06-01T12:00:00+00:00"
BLR, TYO, KWI = "BLR", "TYO", "KWI"
STORES = {BLR: ("IN", "Asia/Kolkata"), TYO: ("JP", "Asia/Tokyo"), KWI: ("KW", "Asia/Kuwait")}
MONEY = {BLR: "INR", TYO: "JPY", KWI: "KWD"}
PRICES = {BLR: "58.5", TYO: "120", KWI: "1.25"}
SALE = [("tea", 2, "7.00")]


def chain(crm: xr.Workspace) -> xr.Workspace:
    """Load the chain: in each store three people who buy tea and rice every week."""
    stores = [
        {"store_id": name, "country": country, "time_zone": zone}
        for name, (country, zone) in STORES.items()
    ]
    people = [
        {"customer_id": f"{store}-{n}", "kind": kind, "value": value}
        for store in STORES
        for n in range(3)
        for kind, value in (("card", card(store, n)), ("email", f"{store}{n}@shop.example"))
    ]
    people += [
        {"customer_id": "BLR-0", "kind": "phone", "value": "+919812345678"},
        {"customer_id": "TYO-0", "kind": "phone", "value": "+81312345678"},
    ]
    crm.load({"stores": pd.DataFrame(stores)}, name="shop", now=COLLECTED)
    orders, lines = _sold()
    accounts = [{"customer_id": f"{store}-{n}"} for store in STORES for n in range(3)]
    products = [{"product_id": "tea", "title": "Tea", "price_amount": "58.50", "currency": "INR"}]
    frames = {
        "products": pd.DataFrame([*products, {"product_id": "rice", "title": "Rice"}]),
        "customers": pd.DataFrame(accounts),
        "identifiers": pd.DataFrame(people),
        "orders": orders,
        "order_lines": lines,
    }
    crm.load(frames, name="shop", now=COLLECTED)
    return crm


def card(store: str, n: int) -> str:
    return f"40{list(STORES).index(store) + 1}0{n + 1}"


def _sold() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [
        (store, n, week)
        for store in STORES
        for n in range(3)
        for week in range(4 + (store == BLR) * 4)
    ]
    orders = [
        {
            "order_id": f"{store}/{n}/{week}",
            "customer_id": f"{store}-{n}",
            "store_id": store,
            "ordered_at": str(pd.Timestamp("2024-05-30T10:00Z") - pd.Timedelta(weeks=week)),
            "net_amount": PRICES[store],
            "currency": MONEY[store],
        }
        for store, n, week in rows
    ]
    lines = [
        {
            "order_id": f"{store}/{n}/{week}",
            "line_no": place,
            "product_id": product,
            "quantity": 1,
            "unit_price_amount": PRICES[store],
            "net_amount": PRICES[store],
        }
        for store, n, week in rows
        for place, product in enumerate(("tea", "rice"), 1)
    ]
    return pd.DataFrame(orders), pd.DataFrame(lines)


def served(crm: xr.Workspace, folder: Path, *, store_id: str = BLR, **meta: str) -> Path:
    """Write a serving file of this shop's own, with a coupon and nothing else."""
    told = {
        "shop_id": shop_id(crm.project),
        "store_id": store_id,
        "currency": "INR",
        "salt": "a salt",
        **meta,
    }
    coupons = [("running", "Coupon", "10%", "R", None, None)]
    write_serving(folder, meta=told, rows={"coupons": coupons})
    return folder


def opened(folder: Path, at: str = NOON, **changes: Any) -> Till:
    """Open a till whose clock stands at an instant."""
    return Till.open(folder, clock=FrozenClock(at).now, **changes)


def collect(crm: xr.Workspace, folder: Path, **changes: Any) -> Any:
    return crm.load("till", path=folder, **{"now": COLLECTED, **changes})


def sold(crm: xr.Workspace, columns: str = "order_id, net_amount") -> list[tuple[Any, ...]]:
    """What lies in the warehouse from tills."""
    with crm.engine.reading() as session:
        sql = f"select {columns} from warehouse.orders where source like 'till/%' order by all"
        return session.rows(sql)


def altered(folder: Path, *statements: str) -> None:
    """Change a journal behind the till's back."""
    connection = sqlite3.connect(folder / NAME)
    for sql in statements:
        connection.execute(sql)
    connection.commit()
    connection.close()


def forged(folder: Path, seq: int, body: str) -> None:
    """Give an entry another body with a fitting hash."""
    connection = sqlite3.connect(folder / NAME)
    kind, store_id = connection.execute(
        "select kind, store_id from entries where seq = ?", (seq,)
    ).fetchone()
    new = (body, entry_hash(kind, store_id, body), seq)
    connection.execute("update entries set body = ?, hash = ? where seq = ?", new)
    connection.commit()
    connection.close()
