"""Feedback report: what was shown, what came of it, and what is believed of every row then.

Ledger and warehouse are cut at ``as_of`` and joined here; ``xenorec.recommend.feedback`` says to
which shown cell an outcome goes and what it counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from xenorec.config.durations import span
from xenorec.engine import DuckEngine
from xenorec.ledger import Ledger
from xenorec.profile import cut_sql, reach
from xenorec.recommend.feedback import RowPriors
from xenorec.report.message_ids import Key, register_message_keys

if TYPE_CHECKING:
    import pandas as pd

WITHIN = "14d"
EVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for no cut at all."""

SHOWN = """
select coalesce(l.into_id, x.customer_id) as customer_id, x.key as message_key,
  split_part(x.key, '/', 1) as campaign_id, x.shelf, x.shelf_rank, x.position, x.product_id,
  x.score, x.segment, coalesce(x.shelf_propensity, 1.0) as propensity, x."at" as exposed_at
from exposed as x left join warehouse.links as l on l.customer_id = x.customer_id
where x.shelf_rank is not null and x.score between 0 and 1 and x.customer_id is not null
  and coalesce(l.into_id, x.customer_id) not in (select owner_id from erased)
order by exposed_at, message_key, shelf_rank, x.position
"""

OUTCOMES = """
, cells as (select distinct customer_id, product_id, exposed_at from shown),
messages as (
  select message_key, any_value(customer_id) as customer_id, any_value(campaign_id) as campaign_id,
    min(exposed_at) as sent_at
  from shown group by message_key
),
named as (
  select e.* replace (coalesce(k.message_key, e.message_id) as message_id)
  from events as e left join message_keys as k on k.message_id = e.message_id
),
clicks as (
  select coalesce(e.customer_id, m.customer_id) as customer_id, e.product_id, e.shelf, e.position,
    e."at", coalesce(e.message_id, (
      select max_by(n.message_key, n.sent_at) from messages as n
      where n.customer_id = e.customer_id and n.campaign_id = e.campaign_id and n.sent_at <= e."at"
    ), e.campaign_id) as message_key
  from named as e left join messages as m on m.message_key = e.message_id
  where e.name = 'message_clicked' or (e.name = 'product_viewed' and e.message_id is not null)
),
offered as (
  select offer_id as ref, unnest(product_ids) as product_id, len(product_ids) as n
  from warehouse.offers where product_ids is not null
  union
  select coupon_code, unnest(product_ids), len(product_ids)
  from warehouse.offers where product_ids is not null and coupon_code is not null
),
coupons as (
  select customer_id, product_id, "at", message_id, json_extract_string(props, '$.order_id') as
    order_id, coalesce(json_extract_string(props, '$.offer_id'),
      json_extract_string(props, '$.coupon_code')) as ref
  from named where name = 'coupon_redeemed'
),
redeemed as (
  select customer_id, product_id, "at", message_id from coupons where product_id is not null
  union all
  select c.customer_id, o.product_id, c."at", c.message_id
  from coupons as c join offered as o on o.ref = c.ref
  where c.product_id is null and (o.n = 1 or exists (
    select 1 from lines as b where b.order_id = c.order_id and b.product_id = o.product_id
  ))
),
came as (
  select customer_id, product_id, ordered_at as "at", 'bought' as kind,
    cast(null as VARCHAR) as message_key
  from lines
  union all
  select c.customer_id, coalesce(c.product_id, s.product_id), c."at", 'clicked', c.message_key
  from clicks as c left join shown as s on s.message_key = c.message_key and s.shelf = c.shelf
    and s.position = c.position
  union all
  select customer_id, product_id, "at", 'redeemed', message_id from redeemed
)
select distinct c.customer_id, c.product_id, c."at", c.kind, c.message_key
from came as c join cells as s
  on s.customer_id = c.customer_id and s.product_id = c.product_id
where c."at" >= s.exposed_at and c."at" <= s.exposed_at + $within
order by c."at", c.customer_id, c.product_id, c.kind, c.message_key
"""


@dataclass(frozen=True)
class FeedbackReport:
    """What was shown and what came of it, up to ``as_of``; without one, all that is known.

    ``key`` gives the secret that reads the tokens of links; without it only keys name messages.
    """

    ledger: Ledger
    engine: DuckEngine
    as_of: datetime | None = None
    key: Key | None = field(default=None, repr=False)

    def exposures(self) -> pd.DataFrame:
        """Return what was shown, one row per message, shelf and position.

        Columns: customer_id (of accounts put together, the one they belong to), message_key,
        campaign_id, shelf, shelf_rank, position, product_id, score (as predicted), segment,
        propensity (how likely the shelf stood at its rank), exposed_at. Left out are customers who
        were erased, and cells whose rank or probability is not known.
        """
        frame: pd.DataFrame = self._shown().to_pandas()
        return frame

    def outcomes(self, within: str | timedelta = WITHIN) -> pd.DataFrame:
        """Return what customers did with products they were shown, ``within`` the span after it.

        One row per customer, product, instant and kind: customer_id, product_id, at, kind (clicked,
        redeemed, bought), message_key (empty where none was named). A click is an event
        ``message_clicked``, or ``product_viewed`` that names its message: by ``message_id``, the
        token that stands in every link or the message's key, or by ``campaign_id``, then the
        customer's latest message of it. One without a product has that of its shelf and position. A
        redeemed coupon has its own product, or of its offer's those that the order held, or the
        only one.
        """
        frame: pd.DataFrame = self._came(self._shown(), within).to_pandas()
        return frame

    def row_priors(self, within: str | timedelta = WITHIN) -> RowPriors:
        """Return what is believed of every row: neutral, and saying so, when nothing was shown."""
        return self.learned(RowPriors(within=within))

    def learned(self, model: RowPriors, campaign_id: str | None = None) -> RowPriors:
        """Fit a model on what was shown and came of it, of one campaign or of all.

        Of a campaign nothing is new once the span after its last message is over.
        """
        shown = self._shown()
        if campaign_id is not None:
            shown = shown.filter(pc.equal(shown["campaign_id"], campaign_id))
        came = self._came(shown, model.within)
        at = self.as_of or self._latest(shown, came)
        if campaign_id is not None and shown.num_rows:
            at = min(at, pc.max(shown["exposed_at"]).as_py() + span(model.within))
        return model.fit(shown, came, at)

    def _shown(self) -> pa.Table:
        exposed = self.ledger.snapshot("exposures", until=self.as_of)
        return self._cut(SHOWN, {"exposed": exposed})

    def _came(self, shown: pa.Table, within: str | timedelta) -> pa.Table:
        return self._cut(OUTCOMES, {"shown": shown}, within=span(within))

    def _latest(self, shown: pa.Table, came: pa.Table) -> datetime:
        """Return the last instant that anything is known of."""
        known: list[datetime | None] = [reach(self.engine)[1]]
        known += [pc.max(shown["exposed_at"]).as_py(), pc.max(came["at"]).as_py()]
        return max((at for at in known if at is not None), default=EVER)

    def _cut(self, select: str, frames: dict[str, pa.Table], **params: Any) -> pa.Table:
        with self.engine.reading() as session:
            for name, frame in frames.items():
                session.register(name, frame)
            register_message_keys(session, self.key)
            return session.arrow(cut_sql(select), {"as_of": self.as_of or EVER, **params})
