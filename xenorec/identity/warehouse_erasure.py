"""Erase a person from the warehouse: what is personal goes, sales without a name stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from xenorec.engine import Session

PEOPLE = "erased_now"
THEIRS = f"customer_id in (select customer_id from {PEOPLE})"

BLANKED = (
    (
        "customers",
        "first_name = null, last_name = null, locale = null, time_zone = null, country = null, "
        "home_store_id = null, birth_month = null, birth_day = null, gender = null, "
        "created_at = null, status = 'erased'",
    ),
    ("orders", "customer_id = null"),
    ("events", "customer_id = null, props = null"),
)
DELETED = ("identifiers", "contact_points", "loyalty_accounts", "links", "known_addresses")

ACCOUNTS = """
with asked as (select $id as customer_id),
person as (
  select coalesce(l.into_id, a.customer_id) as person_id from asked as a
  left join warehouse.links as l on l.customer_id = a.customer_id
)
select person_id from person union
select l.customer_id from warehouse.links as l join person as p on p.person_id = l.into_id
union select customer_id from asked
order by 1
"""


@dataclass(frozen=True)
class WarehouseErasure:
    """What was taken out of the warehouse: table -> rows, and the texts that were personal."""

    n_rows: dict[str, int]
    texts: tuple[str, ...]


def accounts_of(session: Session, customer_id: str) -> list[str]:
    """Return all accounts of the person that an account or person id belongs to."""
    return [row[0] for row in session.rows(ACCOUNTS, {"id": customer_id})]


def is_known(session: Session, accounts: Sequence[str]) -> bool:
    """Whether any row was landed of one of these accounts."""
    _register(session, accounts)
    return bool(session.rows(f"select 1 from warehouse.accounts where {THEIRS} limit 1"))


def addresses_of(session: Session, accounts: Sequence[str]) -> list[tuple[str, str]]:
    """Return (channel, hash) of every e-mail and phone that these accounts have or had."""
    _register(session, accounts)
    rows = session.rows(
        "select distinct value_hash from warehouse.contact_points "
        f"where kind in ('email', 'phone') and {THEIRS} order by 1"
    )
    return [("any", row[0]) for row in rows]


def holders_of(session: Session, value_hash: str) -> list[str]:
    """Return the accounts that have or had an address."""
    rows = session.rows(
        "select distinct customer_id from warehouse.contact_points where value_hash = $hash "
        "order by 1",
        {"hash": value_hash},
    )
    return [row[0] for row in rows]


def clear(session: Session, accounts: Sequence[str]) -> WarehouseErasure:
    """Take these accounts out of every table; rows that were put aside lose their raw text."""
    _register(session, accounts)
    texts = _texts(session)
    n_rows = {"quarantine": _hide(session, texts, accounts)}
    for table, change in BLANKED:
        n_rows[table] = _count(session, table)
        session.run(f"update warehouse.{table} set {change} where {THEIRS}")
    tables = set(session.tables())
    session.run(
        "delete from warehouse.sightings as s using warehouse.identifiers as i "
        f"where s.source = i.source and s.source_id = i.source_id and i.{THEIRS}"
    )
    for table in DELETED:
        if table in tables:
            n_rows[table] = _count(session, table)
            session.run(f"delete from warehouse.{table} where {THEIRS}")
    for table, column in (("links", "into_id"), ("person_ids", "person_id")):
        if table in tables:
            theirs = f"{column} in (select customer_id from {PEOPLE})"
            session.run(f"delete from warehouse.{table} where {theirs}")
    session.run(
        "delete from warehouse.spellings where value in (select text from erased_texts) "
        "or spelled in (select text from erased_texts)"
    )
    return WarehouseErasure({name: n for name, n in n_rows.items() if n}, texts)


def _register(session: Session, accounts: Sequence[str]) -> None:
    session.register(PEOPLE, pa.table({"customer_id": pa.array(list(accounts), pa.string())}))


def _count(session: Session, table: str) -> int:
    return int(session.value(f"select count(*) from warehouse.{table} where {THEIRS}"))


def _texts(session: Session) -> tuple[str, ...]:
    """Return the texts that name these people: their addresses as they came and as spelt."""
    rows = session.rows(
        f"select value from warehouse.identifiers where {THEIRS} union "
        f"select value from warehouse.contact_points where {THEIRS}"
    )
    texts = tuple(sorted({row[0] for row in rows if row[0]}))
    session.register("erased_texts", pa.table({"text": pa.array(texts, pa.string())}))
    return texts


def _hide(session: Session, texts: Sequence[str], accounts: Sequence[str]) -> int:
    """Blank the raw text of rows put aside that hold an address or the id of these people."""
    bare = sorted({*accounts, *(one.rpartition(":")[2] for one in accounts)})
    session.register("erased_ids", pa.table({"id": pa.array(bare, pa.string())}))
    theirs = (
        "exists (select 1 from erased_texts as t where contains(q.raw, t.text)) "
        "or exists (select 1 from erased_ids as i where "
        "regexp_matches(q.raw, '\"(customer_id|ref)\": *\"' || regexp_escape(i.id) || '\"') "
        "or (not json_valid(q.raw) and regexp_matches(q.raw, "
        "'(^|[,;\t])\"?' || regexp_escape(i.id) || '\"?([,;\t]|$)')))"
    )
    n = int(session.value(f"select count(*) from warehouse.quarantine as q where {theirs}"))
    if n:
        session.run(
            'update warehouse.quarantine as q set raw = \'{"customer": "erased"}\', '
            "reasons = list_transform(reasons, lambda x: split_part(x, ':', 1) || ': erased') "
            f"where {theirs}"
        )
    return n
