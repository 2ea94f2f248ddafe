"""What the customers of a campaign did in the window after it, and in the one before."""

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
, people as (
  select coalesce(l.into_id, c.customer_id) as customer_id, min(c.arm) as arm,
    min(c.starts_at) as starts_at
  from compared as c left join warehouse.links as l on l.customer_id = c.customer_id
  where coalesce(l.into_id, c.customer_id) not in (select owner_id from erased)
  group by 1 having count(distinct c.arm) = 1
),
owned as (
  select customer_id, ordered_at, cast(coalesce(net_amount, 0) as DOUBLE) as amount,
    true as is_order
  from orders
  union all
  select customer_id, ordered_at, cast(net_amount as DOUBLE), false
  from returns
),
placed as (
  select p.customer_id, o.is_order, o.amount, o.ordered_at > p.starts_at as is_after
  from people as p join owned as o on o.customer_id = p.customer_id
    and o.ordered_at > p.starts_at - $within and o.ordered_at <= p.starts_at + $within
)
select p.customer_id, p.arm,
  count(o.customer_id) filter (where o.is_order and o.is_after) as n_orders,
  coalesce(sum(o.amount) filter (where o.is_after), 0) as spend,
  count(o.customer_id) filter (where o.is_order and not o.is_after) as n_orders_before,
  coalesce(sum(o.amount) filter (where not o.is_after), 0) as spend_before,
  coalesce(bool_or(o.is_order and o.is_after), false) as has_ordered,
  coalesce(bool_or(o.is_order and not o.is_after), false) as had_ordered
from people as p left join placed as o on o.customer_id = p.customer_id
group by p.customer_id, p.arm
order by p.customer_id
"""

COLUMN: Mapping[str, tuple[str, str]] = {
    "repeat_order": ("has_ordered", "had_ordered"),
    "spend": ("spend", "spend_before"),
    "n_orders": ("n_orders", "n_orders_before"),
}


def measured(
    engine: DuckEngine, compared: pa.Table, *, as_of: datetime, within: timedelta
) -> pd.DataFrame:
    """Return one row per person of ``compared`` (customer_id, arm) with outcomes.

    n_orders, spend and has_ordered are of (as_of, as_of + within]; the same names with
    ``before`` are of the window of the same length that ends at as_of. With a column
    ``starts_at`` in ``compared`` each window is around that instant, and ``as_of`` is the latest of
    them. Goods sent back are no order, and leave the spend of the window in which they came back.

    Customers who turned out to be one person since are one row, of what all their accounts did.
    A person who came to be in both arms is in neither, and neither is one who was erased.
    """
    if "starts_at" not in compared.column_names:
        starts = pa.array([as_of] * compared.num_rows, pa.timestamp("us", "UTC"))
        compared = compared.append_column("starts_at", starts)
    with engine.reading() as session:
        session.register("compared", compared)
        frame: pd.DataFrame = session.arrow(
            cut_sql(OUTCOMES), {"within": within, "as_of": as_of + within}
        ).to_pandas()
    return frame


def latest_order(engine: DuckEngine) -> datetime | None:
    """Return the instant of the latest order that was loaded."""
    return reach(engine)[1]
