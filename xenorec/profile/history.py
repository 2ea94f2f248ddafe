"""History: what a model may know, the canonical tables cut at ``as_of``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from xenorec.engine import DuckEngine
from xenorec.profile.as_of_cut import cut_sql

if TYPE_CHECKING:
    from xenorec.dataset.dataset import Dataset

LINES = """
select customer_id, order_id, ordered_at, product_id, quantity,
  cast(null as DECIMAL(12,3)) as refunded_quantity, net_amount, unit_price_amount, store_id,
  category, OFFSET as utc_offset_minutes
from lines
union all
select customer_id, order_id, ordered_at, product_id, quantity, refunded_quantity, net_amount,
  unit_price_amount, store_id, category, OFFSET
from given_back order by customer_id, ordered_at, order_id, product_id, quantity, net_amount
""".replace(
    "OFFSET",
    "cast(date_diff('minute', timezone('UTC', ordered_at), local_at) as SMALLINT)",
)

ORDERS = """
select customer_id, order_id, ordered_at, store_id, net_amount, currency, zone as time_zone
from orders
union all
select customer_id, order_id, ordered_at, store_id, net_amount, currency, zone
from returns where net_amount < 0
order by customer_id, ordered_at, order_id
"""

EVENTS = """
, z as (select customer_id, max_by(store_zone, (ordered_at, order_id)) as store_zone
  from orders where store_zone is not null group by customer_id)
select o.customer_id, o.ordered_at as "at", coalesce(o.store_zone, c.time_zone) as time_zone,
  'order_completed' as name, cast(null as VARCHAR) as channel
from orders as o left join customers as c on c.customer_id = o.customer_id
union all
select e.customer_id, e."at", coalesce(c.time_zone, z.store_zone), e.name,
  json_extract_string(e.props, '$.channel')
from events as e left join customers as c on c.customer_id = e.customer_id
left join z on z.customer_id = e.customer_id
where e.customer_id is not null and e.customer_id not in (select owner_id from erased)
  and e.name in ('message_clicked', 'page_viewed', 'product_viewed', 'product_list_viewed',
    'product_added', 'product_removed', 'cart_viewed', 'checkout_started')
order by 1, 2, 4, 5
"""

PRODUCTS = """
, sold as (
  select product_id, min(ordered_at) as first_sold_at,
    arg_max(currency, (ordered_at, order_id)) as currency
  from lines group by product_id
),
prices as (
  select product_id, unit_price_amount, count(*) as n, max(ordered_at) as latest
  from lines where unit_price_amount > 0 and ordered_at > $as_of - interval 56 day
  group by product_id, unit_price_amount
),
usual as (
  select product_id, unit_price_amount from (
    select *, row_number() over (partition by product_id
      order by n desc, latest desc, unit_price_amount) as place from prices
  ) where place = 1
)
select p.product_id, p.title, p.brand, p.category, p.category_path,
  cast(coalesce(p.price_amount, round(u.unit_price_amount, 2)) as DECIMAL(18,4)) as price_amount,
  coalesce(p.currency, s.currency) as currency, p.url, p.image_url,
  p.is_promotable, p.stock, p.active_from, p.active_to, p.margin_share, s.first_sold_at
from catalogue as p
left join sold as s on s.product_id = p.product_id
left join usual as u on u.product_id = p.product_id
where s.product_id is not null or p.active_from <= $as_of
order by p.product_id
"""

STORES = "select store_id, name, time_zone from store_facts order by store_id"

CUSTOMERS = """
, h as (select customer_id, max_by(store_id, (n, latest, store_id)) as usual_store_id from (
    select customer_id, store_id, count(*) as n, max(ordered_at) as latest
    from orders where store_id is not null group by customer_id, store_id
  ) group by customer_id),
z as (select customer_id, max_by(store_zone, (ordered_at, order_id)) as store_zone
  from orders where store_zone is not null group by customer_id)
select c.customer_id, coalesce(c.home_store_id, h.usual_store_id) as home_store_id,
  coalesce(c.time_zone, z.store_zone) as time_zone, c.country, c.locale, c.is_minor
from customers as c left join h on h.customer_id = c.customer_id
left join z on z.customer_id = c.customer_id
order by c.customer_id
"""

TABLES: Mapping[str, str] = {
    "lines": LINES,
    "orders": ORDERS,
    "events": EVENTS,
    "products": PRODUCTS,
    "stores": STORES,
    "customers": CUSTOMERS,
}
"""The queries by name; each ends with the order of its rows."""


class History:
    """The only object that hands data to a model; it holds no row later than ``as_of``.

    Tables are read when first asked for and kept. All are Arrow tables; instants are UTC.
    """

    def __init__(self, engine: DuckEngine, as_of: datetime) -> None:
        self.as_of = as_of
        self._engine = engine
        self._fingerprints: dict[str, str] = {}
        self._tables: dict[str, pa.Table] = {}

    def lines(self) -> pa.Table:
        """One row per order line of a known customer: goods kept, and goods given back.

        A line that was refunded in part has the quantity and amount that were kept. One given back
        has a negative quantity, or a ``refunded_quantity`` of all of it. ``utc_offset_minutes``
        tells the local clock of the order: of its store, else of the customer, else of the shop.
        """
        return self._read("lines")

    def orders(self) -> pa.Table:
        """One row per order of a known customer, and one per return.

        ``net_amount`` is what was left of the order after refunds; below 0 it is a return, which is
        no order and no visit. ``time_zone`` is the store's, else the customer's, else the shop's.
        """
        return self._read("orders")

    def events(self) -> pa.Table:
        """One row per purchase, click on a message and step in the web shop.

        customer_id, at, time_zone of the store or customer, name, channel of a click where its
        ``props`` name one. Left out is what comes with an order (coupons), what others did (offers)
        and opened messages: mail programs open them by themselves, just when they arrive.
        """
        return self._read("events")

    def products(self) -> pa.Table:
        """One row per product on sale or sold by ``as_of``.

        ``price_amount`` is the catalogue's, else the price most lines of the last 56 days paid
        before discounts.
        """
        return self._read("products")

    def stores(self) -> pa.Table:
        """One row per store."""
        return self._read("stores")

    def customers(self) -> pa.Table:
        """One row per customer, with the store they named or else go to most."""
        return self._read("customers")

    @cached_property
    def dataset(self) -> Dataset:
        """The same tables as models read them: each read and coded once for all of them."""
        from xenorec.dataset.dataset import Dataset

        return Dataset.of_history(self)

    def fingerprints(self, tables: Iterable[str]) -> dict[str, str]:
        """Return a mark of the rows of each table, the same for the same rows in any order.

        ``tables`` are names of methods above. The engine hashes the rows where they lie.
        """
        names = sorted(tables)
        missing = [name for name in names if name not in self._fingerprints]
        if missing:
            with self._engine.reading() as session:
                for name in missing:
                    found = session.value(_hashed(TABLES[name]), {"as_of": self.as_of})
                    self._fingerprints[name] = str(found)
        return {name: self._fingerprints[name] for name in names}

    def __repr__(self) -> str:
        return f"History(as_of={self.as_of.isoformat()})"

    def _read(self, name: str) -> pa.Table:
        if name not in self._tables:
            with self._engine.reading() as session:
                found = session.arrow(cut_sql(TABLES[name]), {"as_of": self.as_of})
            self._tables[name] = found
        return self._tables[name]


def _hashed(select: str) -> str:
    """Return the query of how many rows another gives, and the sum of their hashes."""
    rows = cut_sql(select.rpartition("order by")[0])
    return (
        f"select count(*) || ':' || coalesce(sum(cast(hash(t) as HUGEINT)), 0) from ({rows}) as t"
    )
