"""The cut at ``as_of``: canonical tables as they were, under their own names.

Every model and every profile query starts from these common table expressions, so that no row
later than ``as_of`` can be seen. Merged accounts carry the id of the customer they belong to.
"""

from __future__ import annotations

from datetime import date, datetime

from xenorec.schema.order_rules import MARKED_LINES, SUMMED_LINES, amount, kind
from xenorec.timestamps import as_instant

_CUT = """
moment as (select cast($as_of as TIMESTAMPTZ) as as_of),
store_facts as (
  select store_id, any_value(name order by source) as name,
    any_value(time_zone order by source) as time_zone
  from warehouse.stores group by store_id
),
accounts as (
  select coalesce(l.into_id, c.customer_id) as owner_id, c.*
  from warehouse.customers as c
  left join warehouse.links as l on l.customer_id = c.customer_id
  where (c.created_at is null or c.created_at <= $as_of)
),
erased as (select distinct owner_id from accounts where status = 'erased'),
marked_lines as (MARKED_LINES),
summed_lines as (SUMMED_LINES),
receipts as (
  select o.*, s.time_zone as store_zone, n.refund_amount, n.n_lines, AMOUNT as value_amount,
    KIND as kind, coalesce(l.into_id, o.customer_id) as owner_id,
    coalesce(s.time_zone, c.time_zone, getvariable('shop_zone')) as zone,
    timezone(coalesce(zone, 'UTC'), o.ordered_at) as local_at
  from warehouse.orders as o
  left join warehouse.links as l on l.customer_id = o.customer_id
  left join store_facts as s on s.store_id = o.store_id
  left join (
    select customer_id, any_value(time_zone order by source) as time_zone
    from warehouse.customers group by customer_id
  ) as c on c.customer_id = o.customer_id
  left join summed_lines as n on n.order_id = o.order_id
  where o.ordered_at <= $as_of and o.customer_id is not null
    and coalesce(l.into_id, o.customer_id) not in (select owner_id from erased)
),
orders as (
  select order_id, owner_id as customer_id, store_id, store_zone, channel, ordered_at,
    gross_amount, discount_amount,
    value_amount - least(coalesce(refund_amount, 0), value_amount) as net_amount, currency,
    zone, local_at, cast(local_at as DATE) as ordered_on
  from receipts where kind = 'order'
),
returns as (
  select order_id, owner_id as customer_id, store_id, ordered_at,
    -abs(value_amount) as net_amount, currency, zone
  from receipts where kind = 'return'
),
customers as (
  select owner_id as customer_id, created_at, first_name, last_name, locale, time_zone, country,
    home_store_id, birth_month, birth_day, gender, is_minor
  from (
    select *, row_number() over (partition by owner_id
      order by (customer_id = owner_id) desc, source, source_id) as place
    from accounts where owner_id not in (select owner_id from erased)
  ) where place = 1
  union all
  select distinct owner_id, cast(null as TIMESTAMPTZ), null, null, null, null, null, null,
    cast(null as INTEGER), cast(null as INTEGER), null, cast(null as BOOLEAN)
  from receipts where kind <> 'none' and owner_id not in (select owner_id from accounts)
),
identifiers as (
  select coalesce(l.into_id, i.customer_id) as customer_id, i.kind, i.value, i.is_blocked,
    i.first_seen_at, case when i.last_seen_at <= $as_of then i.last_seen_at end as last_seen_at,
    i.came_at
  from warehouse.contact_points as i
  left join warehouse.links as l on l.customer_id = i.customer_id
  where i.is_current and (i.first_seen_at is null or i.first_seen_at <= $as_of)
),
events as (
  select coalesce(l.into_id, e.customer_id) as customer_id, e.name, e."at", e.product_id,
    e.campaign_id, e.message_id, e.shelf, e.position, e.props
  from warehouse.events as e
  left join warehouse.links as l on l.customer_id = e.customer_id
  where e."at" <= $as_of
),
catalogue as (
  select product_id, title, brand, category_path, price_amount, currency, stock, url, image_url,
    active_from, active_to,
    coalesce(category_path[2], category_path[1]) as category,
    coalesce(try_cast(json_extract_string(attributes, '$.promotable') as BOOLEAN), true)
      as is_promotable,
    try_cast(json_extract_string(attributes, '$.margin_share') as DOUBLE) as margin_share
  from (
    select *, row_number() over (partition by product_id order by source, source_id) as place
    from warehouse.products
  ) where place = 1
),
lines as (
  select o.customer_id, o.order_id, o.ordered_at, o.local_at, o.store_id, o.currency,
    li.product_id,
    cast(li.quantity - coalesce(li.refunded_quantity, 0) as DECIMAL(12,3)) as quantity,
    cast(li.net_amount - li.refund_amount as DECIMAL(18,4)) as net_amount,
    li.unit_price_amount,
    cast(case when li.refund_amount > 0 then cast(li.discount_amount as DOUBLE)
      * (1 - cast(li.refund_amount as DOUBLE) / cast(li.net_amount as DOUBLE))
      else li.discount_amount end as DECIMAL(18,4)) as discount_amount,
    p.category, coalesce(p.is_promotable, true) as is_promotable
  from marked_lines as li
  join orders as o on o.order_id = li.order_id
  left join catalogue as p on p.product_id = li.product_id
  where not li.is_given_back and not li.is_refunded
),
given_back as (
  select o.owner_id as customer_id, o.order_id, o.ordered_at, o.local_at, o.store_id, o.currency,
    li.product_id, case when o.kind = 'return' then -abs(li.quantity) else li.quantity end
      as quantity, case when o.kind <> 'return' and not li.is_given_back then li.quantity end
      as refunded_quantity, li.net_amount, li.unit_price_amount, p.category
  from marked_lines as li
  join receipts as o on o.order_id = li.order_id
  left join catalogue as p on p.product_id = li.product_id
  where o.kind = 'return' or o.status = 'returned'
    or ((li.is_given_back or li.is_refunded)
      and coalesce(o.status, 'completed') not in ('cancelled', 'pending'))
)
"""
CUT = (
    _CUT.replace("MARKED_LINES", MARKED_LINES)
    .replace("SUMMED_LINES", SUMMED_LINES)
    .replace("AMOUNT", amount("o", "n"))
    .replace("KIND", kind("o", "n", "value_amount"))
)
"""The cut tables, all of which take the parameter ``$as_of``.

``receipts`` has a row per row of orders and says what it is (``xenorec.schema.order_rules``);
``orders`` and ``returns`` are of these, ``lines`` are goods bought and kept, ``given_back`` the
others. A local day is that of the store, else of the customer, else of the shop (``shop_zone``).
"""


CUT_NAMES = (
    *("moment", "orders", "returns", "lines", "given_back", "customers", "identifiers", "events"),
    *("catalogue", "store_facts"),
)
"""The cut tables that a profile model may read; ``moment`` has one row, with ``as_of``."""


def instant(value: str | date | datetime) -> datetime:
    """Return an ``as_of`` as an aware UTC instant; a bare date means 00:00 UTC.

    >>> instant("2017-11-01").isoformat()
    '2017-11-01T00:00:00+00:00'
    """
    return as_instant(value)


def cut_sql(select: str) -> str:
    """Return ``select`` over the cut tables; it takes the parameter ``$as_of``."""
    return f"with {CUT}\n{select}"
