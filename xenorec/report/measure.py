"""Measure: what the customers of a campaign did in the window after it, and in the one before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from xenorec.engine import DuckEngine

if TYPE_CHECKING:
    import pandas as pd

OUTCOMES = """
with owned as (
  select coalesce(l.into_id, o.customer_id) as customer_id, o.ordered_at,
    cast(coalesce(o.net_amount, 0) as DOUBLE) as amount
  from warehouse.orders as o
  left join warehouse.links as l on l.customer_id = o.customer_id
  where coalesce(o.status, 'completed') not in ('cancelled', 'pending')
    and o.ordered_at > $before and o.ordered_at <= $until
)
select c.customer_id, c.arm,
  count(o.customer_id) filter (where o.ordered_at > $as_of) as n_orders,
  coalesce(sum(o.amount) filter (where o.ordered_at > $as_of), 0) as spend,
  count(o.customer_id) filter (where o.ordered_at <= $as_of) as n_orders_before,
  coalesce(sum(o.amount) filter (where o.ordered_at <= $as_of), 0) as spend_before,
  coalesce(count(o.customer_id) filter (where o.ordered_at > $as_of) > 0, false) as has_ordered,
  coalesce(count(o.customer_id) filter (where o.ordered_at <= $as_of) > 0, false)
    as had_ordered
from compared as c left join owned as o on o.customer_id = c.customer_id
group by c.customer_id, c.arm
order by c.customer_id
"""

COLUMN: Mapping[str, tuple[str, str]] = {
    "repeat_order": ("has_ordered", "had_ordered"),
    "spend": ("spend", "spend_before"),
    "n_orders": ("n_orders", "n_orders_before"),
}


def measured(
    engine: DuckEngine, compared: pa.Table, *, as_of: datetime, within: timedelta
) -> pd.DataFrame:
    """Return one row per customer of ``compared`` (customer_id, arm) with outcomes.

    n_orders, spend and has_ordered are of (as_of, as_of + within]; the same names with
    ``before`` are of the window of the same length that ends at as_of.
    """
    with engine.reading() as session:
        session.register("compared", compared)
        frame: pd.DataFrame = session.arrow(
            OUTCOMES,
            {"as_of": as_of, "before": as_of - within, "until": as_of + within},
        ).to_pandas()
    return frame


def latest_order(engine: DuckEngine) -> datetime | None:
    """Return the instant of the latest order that was loaded."""
    with engine.reading() as session:
        found: datetime | None = session.value("select max(ordered_at) from warehouse.orders")
    return found
