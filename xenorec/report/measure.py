"""Measure: what the customers of a campaign did in the window after it, and in the one before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from xenorec.engine import DuckEngine
from xenorec.profile import cut_sql, reach

if TYPE_CHECKING:
    import pandas as pd

OUTCOMES = """
, owned as (
  select customer_id, ordered_at, cast(coalesce(net_amount, 0) as DOUBLE) as amount,
    true as is_order
  from orders where ordered_at > $before
  union all
  select customer_id, ordered_at, cast(net_amount as DOUBLE), false
  from returns where ordered_at > $before
)
select c.customer_id, c.arm,
  count(o.customer_id) filter (where o.is_order and o.ordered_at > $start) as n_orders,
  coalesce(sum(o.amount) filter (where o.ordered_at > $start), 0) as spend,
  count(o.customer_id) filter (where o.is_order and o.ordered_at <= $start) as n_orders_before,
  coalesce(sum(o.amount) filter (where o.ordered_at <= $start), 0) as spend_before,
  coalesce(bool_or(o.is_order and o.ordered_at > $start), false) as has_ordered,
  coalesce(bool_or(o.is_order and o.ordered_at <= $start), false) as had_ordered
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
    ``before`` are of the window of the same length that ends at as_of. Goods sent back are no
    order, and leave the spend of the window in which they came back.
    """
    with engine.reading() as session:
        session.register("compared", compared)
        frame: pd.DataFrame = session.arrow(
            cut_sql(OUTCOMES),
            {"start": as_of, "before": as_of - within, "as_of": as_of + within},
        ).to_pandas()
    return frame


def latest_order(engine: DuckEngine) -> datetime | None:
    """Return the instant of the latest order that was loaded."""
    return reach(engine)[1]
