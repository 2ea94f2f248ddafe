"""One store: whose customers it has, its country, and the money on its price tags."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from xenorec.engine import Session
from xenorec.errors import UnknownName, XenorecWarning, nearest
from xenorec.profile import cut_sql

STORES = """
select distinct store_id from warehouse.stores where store_id is not null
union select distinct store_id from warehouse.orders where store_id is not null
"""

COUNTRY = """
select any_value(country order by source) from warehouse.stores where store_id = $store_id
"""

CURRENCIES = """
with sold as (
  select o.store_id, s.country, o.currency, o.ordered_at
  from warehouse.orders as o
  left join (
    select store_id, any_value(country order by source) as country
    from warehouse.stores group by store_id
  ) as s on s.store_id = o.store_id
  where o.ordered_at <= $as_of
),
here as (
  select currency, ordered_at from sold where store_id = $store_id
  qualify ordered_at > max(ordered_at) over () - interval 90 day
),
near as (
  select currency, ordered_at from sold where country = $country and store_id <> $store_id
)
select place, currency from (
  select 1 as place, currency, count(*) as n, max(ordered_at) as latest from here group by currency
  union all
  select 2, currency, count(*), max(ordered_at) from near group by currency
  union all
  select 3, currency, count(*), max(ordered_at) from sold group by currency
) order by place, n desc, latest desc, currency
"""

CUSTOMERS = """
select customer_id from orders where store_id = $store_id
union
select customer_id from customers where home_store_id = $store_id
"""

PLACES = """
select count(*) from (
  select 1 from orders where store_id is not null
  union all select 1 from customers where home_store_id is not null
)
"""

PRICES = """
, paid as (
  select product_id, unit_price_amount, store_id = $store_id as is_here, count(*) as n,
    max(ordered_at) as latest
  from lines
  where unit_price_amount > 0 and currency = $currency
    and ordered_at > $as_of - interval 56 day
  group by all
),
usual as (
  select product_id, unit_price_amount from paid
  qualify row_number() over (partition by product_id
    order by coalesce(is_here, false) desc, n desc, latest desc, unit_price_amount) = 1
)
select c.product_id, coalesce(
  case when c.currency = $currency or (c.currency is null and $is_only) then c.price_amount end,
  u.unit_price_amount)
from catalogue as c left join usual as u on u.product_id = c.product_id
"""


@dataclass(frozen=True)
class StoreCurrency:
    """The currency of one store, and how many decimals its amounts have."""

    currency: str
    decimals: int
    is_only: bool
    """Whether the whole chain sells in it."""

    def text(self, amount: Decimal | None) -> str | None:
        """Return an amount as the store writes it, without the currency."""
        if amount is None:
            return None
        return str(amount.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP))


@dataclass(frozen=True)
class Store:
    """One store as it is in the warehouse at ``as_of``."""

    store_id: str
    as_of: datetime

    def check(self, session: Session) -> None:
        """Raise UnknownName, with the nearest name, for a store that was never loaded."""
        known = known_stores(session)
        if known and self.store_id not in known:
            raise UnknownName(
                f"There is no store {self.store_id!r}.{nearest(self.store_id, known)}"
            )

    def country(self, session: Session) -> str | None:
        """Return the store's country: two letters of ISO 3166."""
        found = session.value(COUNTRY, {"store_id": self.store_id})
        return None if found is None else str(found)

    def money(
        self, session: Session, country: str | None, shop_currency: str | None
    ) -> StoreCurrency:
        """Return the currency in which the store sells.

        It is that of its own orders of the last 90 days it sold; a store without orders has that of
        the stores of its country, else the shop's own, else the only one of the chain.
        """
        told = {"store_id": self.store_id, "as_of": self.as_of, "country": country}
        rows = session.rows(CURRENCIES, told)
        by_place = dict(reversed(rows))
        all_of_chain = {currency for place, currency in rows if place == 3}
        found = by_place.get(1) or by_place.get(2) or shop_currency
        if found is None:
            found = by_place[3]
            if len(all_of_chain) > 1:
                _warn_of_guess(self.store_id, found)
        return StoreCurrency(found, decimals_of(found), all_of_chain <= {found})

    def customers(self, session: Session) -> set[str]:
        """Return who ordered in the store or named it as theirs; all, where no store is known."""
        told: dict[str, Any] = {"as_of": self.as_of, "store_id": self.store_id}
        if not session.value(cut_sql(PLACES), {"as_of": self.as_of}):
            everybody = cut_sql("select customer_id from customers")
            return {row[0] for row in session.rows(everybody, {"as_of": self.as_of})}
        return {row[0] for row in session.rows(cut_sql(CUSTOMERS), told)}

    def prices(self, session: Session, money: StoreCurrency) -> dict[str, str | None]:
        """Return the price of each product in the store's money, as text.

        It is the catalogue's where that is in this currency, else what most lines of the last 56
        days paid before discounts, of this store where it sold the product.
        """
        told = {
            "as_of": self.as_of,
            "store_id": self.store_id,
            "currency": money.currency,
            "is_only": money.is_only,
        }
        rows = session.rows(cut_sql(PRICES), told)
        return {product_id: money.text(amount) for product_id, amount in rows}


def known_stores(session: Session) -> set[str]:
    """Return every store that was loaded, or in which something was sold."""
    return {row[0] for row in session.rows(STORES)}


def decimals_of(currency: str) -> int:
    """Return how many decimals amounts of a currency have, such as 0 for JPY and 3 for KWD."""
    from xenorec.messages.money_format import currency_decimals

    return currency_decimals(currency)


def _warn_of_guess(store_id: str, currency: str) -> None:
    warnings.warn(
        f"till-currency: store {store_id!r} has no orders, and no store of its country has; "
        f"{currency} was taken, in which most of the chain sells. Say which it is: currency in "
        "[workspace] of xenorec.toml, or load an order of the store.",
        XenorecWarning,
        stacklevel=4,
    )
