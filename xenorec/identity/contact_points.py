"""Contact points: every identifier in its one spelling, its hash, and whether it still holds.

Grain of ``warehouse.contact_points``: one row per landed identifier that can be read. An e-mail or
phone holds until its source names other ones for the same customer, or, after a load that was said
to be complete, until it is not in it any more. Phones without a country code are read as of the
customer's country, else of the store they named or buy in, else of the shop.
"""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from xenorec.addresses import KINDS, spell
from xenorec.engine import Session
from xenorec.errors import BadInput
from xenorec.schema import SIGHTINGS

TABLES = (
    "create table if not exists warehouse.accounts (customer_id VARCHAR primary key, "
    "first_seen_at TIMESTAMPTZ)",
    *SIGHTINGS,
    "create table if not exists warehouse.spellings (kind VARCHAR, value VARCHAR, "
    "country VARCHAR, spelled VARCHAR)",
)
SEEN = ("customers", "identifiers", "orders", "events", "loyalty_accounts")
"""Tables in which an account can be seen first."""

COUNTRIES = """
create or replace temp table account_countries as
with own as (
  select customer_id, max(upper(trim(c.country))) filter (where length(trim(c.country)) = 2)
      as country,
    max(upper(s.country)) as home_country
  from warehouse.customers as c left join warehouse.stores as s on s.store_id = c.home_store_id
  group by customer_id
),
bought as (
  select o.customer_id, arg_max(s.country, n) as country from (
    select customer_id, store_id, count(*) as n from warehouse.orders
    where customer_id is not null and (select count(distinct country) from warehouse.stores) > 1
    group by customer_id, store_id
  ) as o join warehouse.stores as s on s.store_id = o.store_id
  group by o.customer_id
),
shop as (
  select coalesce($country, (select max(upper(country)) from warehouse.stores
    having count(distinct upper(country)) = 1)) as country
)
select a.customer_id,
  coalesce(own.country, own.home_country, upper(bought.country), shop.country) as country
from warehouse.accounts as a cross join shop
left join own on own.customer_id = a.customer_id
left join bought on bought.customer_id = a.customer_id
"""

READ = """
select i.*, case when i.kind = 'phone' then coalesce(c.country, '') else '' end as country
from warehouse.identifiers as i left join account_countries as c on c.customer_id = i.customer_id
"""

UNREAD = f"""
select distinct i.kind, i.value, i.country from ({READ}) as i
anti join warehouse.spellings as s
  on s.kind = i.kind and s.value = i.value and s.country = i.country
order by 1, 2, 3
"""

CONTACT_POINTS = f"""
create or replace table warehouse.contact_points as
with read as (
  select i.customer_id, i.kind, s.spelled as value, i.first_seen_at, i.last_seen_at,
    coalesce(i.is_blocked, false) as is_blocked, i.source, i.source_id,
    coalesce(g.came_at, i.ingested_at) as came_at
  from ({READ}) as i
  join warehouse.spellings as s
    on s.kind = i.kind and s.value = i.value and s.country = i.country and s.spelled is not null
  left join (
    select source, source_id, max(came_at) as came_at from warehouse.sightings group by all
  ) as g on g.source = i.source and g.source_id = i.source_id
)
select r.customer_id, r.kind, r.value, sha256(r.kind || ':' || r.value) as value_hash,
  r.first_seen_at, r.last_seen_at, r.is_blocked, r.source, r.source_id, r.came_at,
  r.came_at >= coalesce(f.loaded_at, r.came_at) and (r.kind not in ('email', 'phone')
    or r.came_at = max(r.came_at) over (partition by r.source, r.customer_id, r.kind))
    as is_current
from read as r
left join (
  select source, max(loaded_at) as loaded_at from warehouse.complete_loads group by source
) as f on f.source = r.source
"""


def refresh(session: Session, country: str | None, now: datetime) -> tuple[str, ...]:
    """Bring accounts, spellings and contact points up to what is landed; return notes in words."""
    for sql in TABLES:
        session.run(sql)
    _note_accounts(session, now)
    session.run(COUNTRIES, {"country": country})
    unread = session.rows(UNREAD)
    if unread:
        session.register("new_spellings", _spelled(unread))
        session.run("insert into warehouse.spellings select * from new_spellings")
    session.run(CONTACT_POINTS)
    return _notes(session)


def _note_accounts(session: Session, now: datetime) -> None:
    known = " union ".join(
        f"select customer_id from warehouse.{name} where customer_id is not null" for name in SEEN
    )
    session.run(
        f"insert into warehouse.accounts select customer_id, $now from ({known}) as s "
        "where not exists (select 1 from warehouse.accounts as a "
        "where a.customer_id = s.customer_id)",
        {"now": now},
    )


def _spelled(unread: list[tuple[str, str, str]]) -> pa.Table:
    rows = [(kind, value, country, _spell(kind, value, country)) for kind, value, country in unread]
    names = ("kind", "value", "country", "spelled")
    columns = zip(*rows, strict=True)
    return pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})


def _spell(kind: str, value: str, country: str) -> str | None:
    if kind not in KINDS:
        return value.strip() or None
    try:
        return spell(kind, value, country or None)
    except BadInput:
        return None


def _notes(session: Session) -> tuple[str, ...]:
    """Return how many identifiers are no address, by kind."""
    rows = session.rows(
        f"select i.kind, count(*) from ({READ}) as i join warehouse.spellings as s "
        "on s.kind = i.kind and s.value = i.value and s.country = i.country "
        "where s.spelled is null group by i.kind order by i.kind"
    )
    counts = dict(rows)
    if not counts:
        return ()
    told = ", ".join(f"{n:,} of kind {kind}" for kind, n in counts.items())
    return (f"identifiers-unread: {told} are no address; they link and reach nobody.",)
