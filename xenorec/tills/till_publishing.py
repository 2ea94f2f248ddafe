"""Write what a till serves: who is known, their offers, what is popular in the store."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec.errors import XenorecError
from xenorec.pos.identifier_hashes import key_id, keyed_hash, lookup_key, normalise, write_secret
from xenorec.pos.journal import JournalOwner, refuse_stranger
from xenorec.pos.journal_reader import facts_of
from xenorec.pos.serving_store import write_serving
from xenorec.profile import cut_sql
from xenorec.tills.revoke_customers import revoke_erased
from xenorec.tills.store_data import Store
from xenorec.tills.till_folders import TillFolder, known_shops, remember_folder, till_secret

if TYPE_CHECKING:
    import pandas as pd

    from xenorec.profile import History
    from xenorec.recommend import ShelfRecommender
    from xenorec.snapshots import Snapshot
    from xenorec.workspace_resources import WorkspaceResources

POPULAR = 40
PAIRS = 5

IDENTIFIERS = """
select distinct i.customer_id, i.kind, i.value, c.country
from identifiers as i join customers as c on c.customer_id = i.customer_id
where i.kind in ('email', 'phone', 'card') and not coalesce(i.is_blocked, false)
order by 1, 2, 3
"""

COUPONS = """
with place as (
  select coalesce((select any_value(time_zone order by source) from warehouse.stores
    where store_id = $store_id), getvariable('shop_zone')) as zone
),
offered as (
  select o.* replace (coalesce(timezone(place.zone, cast(
      try_cast(json_extract_string(to_json(o), '$.valid_until_on') as DATE) + 1 as TIMESTAMP)),
    o.valid_to) as valid_to)
  from warehouse.offers as o cross join place
)
select offer_id, coupon_code, discount, category, valid_from, valid_to, product_ids
from offered where valid_to is null or valid_to > $as_of
order by offer_id, source
"""
"""An offer until a day holds all of that day on the store's clock. A warehouse of before, without
``valid_until_on``, is read as well."""

Facts = dict[str, tuple[str, str | None, str | None]]
"""Title, price and picture of each product."""


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


@dataclass(frozen=True)
class _StoreFacts:
    """What is read of a store before its file is written."""

    owner: JournalOwner
    country: str
    decimals: int
    customers: set[str]
    products: Facts


def publish_till(
    shop: WorkspaceResources, snapshot: Snapshot, folder: Path, *, store_id: str
) -> PublishedTill:
    """Compute the offers of a store's customers and write the till's serving file.

    ``snapshot``: the data and the shelves of the instant that the till serves.
    Customers who ordered in the store, or named it as theirs, have their own offers there; others
    of the chain are known by their keys alone. Raises UnknownName for a store that was never
    loaded, BadInput when the folder's journal is another shop's or store's.
    """
    now, as_of = datetime.now(UTC), snapshot.as_of
    facts = _read(shop, snapshot.history, Store(store_id, as_of))
    till_id = _till_of_folder(folder, facts.owner)
    till = TillFolder(folder, store_id, facts.owner.shop_id, till_id)
    remember_folder(shop, till, at=now)
    secret, salt = till_secret(shop.project, store_id), secrets.token_hex(16)
    keys, refused = _keys(_identifiers(shop, as_of), lookup_key(secret, salt), facts.country)
    rows = _tables(shop, snapshot.recommender(), facts, as_of)
    folder.mkdir(parents=True, exist_ok=True)
    write_secret(folder, secret)
    write_serving(
        folder,
        meta={
            "shop_id": facts.owner.shop_id,
            "former_shops": " ".join(facts.owner.former_shops),
            "store_id": store_id,
            "country": facts.country,
            "currency": facts.owner.currency,
            "decimals": str(facts.decimals),
            "as_of": as_of.isoformat(),
            "published_at": now.isoformat(timespec="seconds"),
            "salt": salt,
            "key_id": key_id(secret),
        },
        rows={"keys": keys, **rows},
    )
    revoke_erased(shop, folder)
    n_customers = len({row[0] for row in rows["offers"]})
    return PublishedTill(folder, store_id, n_customers, len(rows["offers"]), refused)


def _read(shop: WorkspaceResources, history: History, store: Store) -> _StoreFacts:
    now, *former = known_shops(shop)
    with shop.engine.reading() as session:
        store.check(session)
        country = store.country(session) or shop.project.country
        money = store.money(session, country, shop.project.currency)
        customers = store.customers(session)
        prices = store.prices(session, money)
    buyers = set(history.orders().column("customer_id").to_pylist())
    products: Facts = {
        row["product_id"]: (
            row["title"] or row["product_id"],
            prices.get(row["product_id"]),
            row["image_url"],
        )
        for row in history.products().to_pylist()
    }
    owner = JournalOwner(now, store.store_id, money.currency, tuple(former))
    return _StoreFacts(owner, country or "", money.decimals, customers & buyers, products)


def _till_of_folder(folder: Path, owner: JournalOwner) -> str:
    """Return the id of the till that recorded there; refuse another shop's or store's."""
    found = facts_of(folder)
    if found is None:
        return ""
    refuse_stranger(found, owner, folder)
    return found.till_id


def _tables(
    shop: WorkspaceResources, model: ShelfRecommender, facts: _StoreFacts, as_of: datetime
) -> dict[str, list[Any]]:
    coupons, coupon_products = _coupons(shop, facts.owner.store_id, as_of)
    people, products = sorted(facts.customers), facts.products
    return {
        "offers": list(_offers(model.shelves(people), products)) if people else [],
        "popular": list(_popular(model.popular(facts.owner.store_id, POPULAR), products)),
        "pairs": list(_pairs(model.pairs(PAIRS), products)),
        "coupons": coupons,
        "coupon_products": coupon_products,
    }


def _identifiers(
    shop: WorkspaceResources, as_of: datetime
) -> list[tuple[str, str, str, str | None]]:
    """Return every key of every customer, those of accounts merged into them too."""
    with shop.engine.reading() as session:
        return session.rows(cut_sql(IDENTIFIERS), {"as_of": as_of})


def _keys(
    identifiers: list[tuple[str, str, str, str | None]], key: bytes, country: str
) -> tuple[list[tuple[str, str]], int]:
    keys, refused = [], 0
    for customer_id, kind, value, own in identifiers:
        try:
            spelled = normalise(kind, value, own or country or None)
        except XenorecError:
            refused += 1
        else:
            keys.append((keyed_hash(kind, spelled, key), customer_id))
    return list(dict.fromkeys(keys)), refused


def _offers(frame: pd.DataFrame, facts: Facts) -> Iterator[tuple[Any, ...]]:
    rank: dict[str, int] = {}
    columns = ["customer_id", "product_id", "shelf", "reason"]
    for customer_id, product_id, shelf, reason in _rows(frame, columns):
        place = rank[customer_id] = rank.get(customer_id, 0) + 1
        title, price, image = facts[product_id]
        yield (customer_id, place, product_id, title, shelf, reason, price, image)


def _popular(frame: pd.DataFrame, facts: Facts) -> Iterator[tuple[Any, ...]]:
    for rank, product_id, reason in _rows(frame, ["rank", "product_id", "reason"]):
        title, price, image = facts[product_id]
        yield (int(rank), product_id, title, reason, price, image)


def _pairs(frame: pd.DataFrame, facts: Facts) -> Iterator[tuple[Any, ...]]:
    for product_id, rank, other_id in _rows(frame, ["product_id", "rank", "other_product_id"]):
        title, price, _ = facts[other_id]
        reason = f"Often bought with {facts[product_id][0]}"
        yield (product_id, int(rank), other_id, title, reason, price)


def _rows(frame: pd.DataFrame, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(frame[name].tolist() for name in columns), strict=True)


def _coupons(
    shop: WorkspaceResources, store_id: str, as_of: datetime
) -> tuple[list[Any], list[Any]]:
    with shop.engine.reading() as session:
        rows = session.rows(COUPONS, {"as_of": as_of, "store_id": store_id})
    coupons = [
        (offer_id, f"Coupon {code or offer_id}", discount, code, _text(start), _text(end))
        for offer_id, code, discount, _, start, end, _ in rows
    ]
    products = [(row[0], product_id) for row in rows for product_id in row[6] or ()]
    return coupons, products


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")
