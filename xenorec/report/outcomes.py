"""Outcomes: what came of each message, written into the ledger once.

Events, orders, consents and suppressions stay where they were loaded and are what models learn
from; ``outcomes`` says to which message each of them goes. A click that names its message goes to
that one. What names none goes to the latest message the customer got before it, within the
``outcome.within`` of its campaign, so no order counts twice. Whether a message caused an order is
another question: that is the lift of the report.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from xenorec.config.durations import span
from xenorec.engine import DuckEngine
from xenorec.ledger import Ledger
from xenorec.profile import cut_sql
from xenorec.report.feedback_report import EVER, WITHIN
from xenorec.report.message_ids import register_message_keys
from xenorec.timestamps import AsOf, as_instant

log = logging.getLogger("xenorec")

WENT_OUT = ("sent", "delivered", "in_doubt")

OUTCOMES = """
, sent as (
  select m.key, m.campaign_id, m.customer_id, coalesce(l.into_id, m.customer_id) as owner_id,
    m.channel, m.purpose, m.address_hash, m."at" as sent_at, m."at" + w.within as ends_at
  from messages as m
  join windows as w on w.campaign_id = m.campaign_id
  left join warehouse.links as l on l.customer_id = m.customer_id
  where coalesce(l.into_id, m.customer_id) not in (select owner_id from erased)
),
named_events as (
  select e.source || '/' || e.event_id as ref, coalesce(l.into_id, e.customer_id) as owner_id,
    case e.name when 'message_clicked' then 'clicked' when 'message_opened' then 'opened'
      when 'coupon_redeemed' then 'redeemed' else 'visited' end as kind,
    e."at", e.campaign_id, coalesce(k.message_key, e.message_id) as message_id,
    json_extract_string(e.props, '$.order_id') as order_id
  from warehouse.events as e left join warehouse.links as l on l.customer_id = e.customer_id
    left join message_keys as k on k.message_id = e.message_id
  where e."at" <= $as_of and (e.name in ('message_clicked', 'message_opened', 'coupon_redeemed')
    or (e.name in ('page_viewed', 'product_viewed') and e.message_id is not null))
),
bought as (
  select order_id, any_value(customer_id order by ordered_at) as owner_id,
    min(ordered_at) as ordered_at, any_value(net_amount order by ordered_at) as net_amount
  from orders group by order_id
),
no_amount as (select cast(null as DECIMAL(18,4)) as value_amount),
found as (
  select e.kind, e.ref, e."at", e.order_id, n.value_amount, s.*
  from named_events as e join sent as s on s.key = e.message_id and e."at" >= s.sent_at
  cross join no_amount as n
  union all
  select e.kind, e.ref, e."at", e.order_id, n.value_amount, s.*
  from named_events as e join sent as s on s.owner_id = e.owner_id
    and e."at" >= s.sent_at and e."at" <= s.ends_at
    and (e.campaign_id is null or e.campaign_id = s.campaign_id)
  cross join no_amount as n
  where e.message_id is null
  union all
  select 'ordered', b.order_id, b.ordered_at, b.order_id, b.net_amount, s.*
  from bought as b join sent as s on s.owner_id = b.owner_id
    and b.ordered_at > s.sent_at and b.ordered_at <= s.ends_at
  union all
  select case p.reason when 'bounce' then 'bounced' else 'complained' end,
    p.source || '/' || p.source_id, p."at", null, n.value_amount, s.*
  from suppressions as p join sent as s on s.address_hash = p.value_hash
    and p.channel in (s.channel, 'any') and p."at" >= s.sent_at and p."at" <= s.ends_at
  cross join no_amount as n
  where p.reason in ('bounce', 'complaint') and p."at" <= $as_of
  union all
  select 'unsubscribed', c.source || '/' || c.source_id, c."at", null, n.value_amount, s.*
  from consents as c join sent as s on s.customer_id = c.customer_id and c.purpose = s.purpose
    and c.channel in (s.channel, 'any') and c."at" >= s.sent_at and c."at" <= s.ends_at
  cross join no_amount as n
  where c.status = 'withdrawn' and c."at" <= $as_of
),
latest as (
  select *, row_number() over (partition by kind, ref order by sent_at desc, key desc) as place
  from found
)
select kind || '/' || ref as outcome_id, key, campaign_id, customer_id, kind, value_amount,
  order_id, cast(null as VARCHAR) as raw, "at"
from latest where place = 1
union all
select case d.state when 'delivered' then 'delivered' else 'rejected' end || '/' || d.key, d.key,
  split_part(d.key, '/', 1), regexp_replace(d.key, '^[^/]*/[^/]*/', ''),
  case d.state when 'delivered' then 'delivered' else 'rejected' end, null, null, null, min(d."at")
from deliveries as d
where d."at" <= $as_of
  and (d.state = 'delivered' or (d.state = 'failed' and d.reason = 'provider_refused'))
group by d.key, d.state
order by 1
"""


class KeyedProject(Protocol):
    """What has the shop's secret, with which links are signed."""

    def key(self) -> bytes: ...  # noqa: D102


class OutcomeSources(Protocol):
    """What a workspace has of a ledger, a warehouse and a project."""

    @property
    def ledger(self) -> Ledger: ...  # noqa: D102
    @property
    def engine(self) -> DuckEngine: ...  # noqa: D102
    @property
    def project(self) -> KeyedProject: ...  # noqa: D102


@dataclass(frozen=True)
class CollectedOutcomes:
    """How many outcomes there are up to an instant, by kind, and how many of them are new."""

    as_of: datetime | None
    kinds: Mapping[str, int]
    n_new: int

    @property
    def n_found(self) -> int:
        """Outcomes up to the instant, new or written before."""
        return sum(self.kinds.values())

    def __str__(self) -> str:
        told = ", ".join(f"{n:,} {kind}" for kind, n in self.kinds.items()) or "none"
        return f"Outcomes: {self.n_new:,} new of {self.n_found:,} ({told})"

    __repr__ = __str__


def collect_outcomes(crm: OutcomeSources, *, as_of: AsOf = None) -> CollectedOutcomes:
    """Write what came of the messages up to ``as_of`` (all that is known) into ``outcomes``.

    Kinds: delivered and rejected, as channels said; bounced and complained, from suppressions;
    unsubscribed, from consents; opened, clicked, visited and redeemed, from events; ordered, from
    orders. What was written stays as it was: calling it again adds only what has come since, so
    call it after each load. Erased customers are left out.
    """
    at = None if as_of is None else as_instant(as_of)
    rows = _found(crm, at)
    n_new = crm.ledger.append("outcomes", rows.to_pylist())
    kinds = Counter(rows.column("kind").to_pylist())
    log.info("action=collect_outcomes found=%d new=%d", rows.num_rows, n_new)
    return CollectedOutcomes(at, dict(sorted(kinds.items(), key=lambda kv: (-kv[1], kv[0]))), n_new)


def _found(crm: OutcomeSources, at: datetime | None) -> pa.Table:
    ledger = crm.ledger
    sent = ledger.messages(until=at)
    frames = {
        "messages": sent.filter(pc.is_in(sent["state"], pa.array(WENT_OUT))),
        "windows": _windows(ledger.snapshot("campaign_runs")),
        **{name: ledger.snapshot(name) for name in ("deliveries", "consents", "suppressions")},
    }
    with crm.engine.reading() as session:
        for name, frame in frames.items():
            session.register(name, frame)
        register_message_keys(session, crm.project.key)
        return session.arrow(cut_sql(OUTCOMES), {"as_of": at or EVER})


def _windows(runs: pa.Table) -> pa.Table:
    """Return for how long an outcome counts, by campaign: as its latest plan says."""
    found: dict[str, Any] = {}
    for run in sorted(runs.to_pylist(), key=lambda run: run["created_at"]):
        outcome = json.loads(run["record"]).get("outcome", {})
        found[run["campaign_id"]] = span(outcome.get("within", WITHIN))
    within = pa.array(list(found.values()), pa.duration("us"))
    return pa.table({"campaign_id": pa.array(list(found), pa.string()), "within": within})
