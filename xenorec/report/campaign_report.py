"""The report of a campaign: what became of its audience, and whether it paid."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xenorec.config.durations import span
from xenorec.engine import DuckEngine, query_frames
from xenorec.errors import UnknownName, nearest
from xenorec.ledger import Ledger
from xenorec.profile import History
from xenorec.report.campaign_results import CampaignResults, Coverage
from xenorec.report.lift import Lift, lift
from xenorec.report.message_ids import Key
from xenorec.report.outcome_metrics import COLUMN, latest_order, measured
from xenorec.report.quality_summary import quick_look
from xenorec.report.report_page import report_body, report_page
from xenorec.report.shelf_revenue import earned

if TYPE_CHECKING:
    import pandas as pd

STATES = """
with latest as (
  select key, state, reason from (
    select *, row_number() over (partition by key order by attempt desc, seq desc) as place
    from deliveries
  ) where place = 1
)
select d.customer_id, d.arm, d.channel, d.reason as decided_reason, l.state,
  coalesce(l.reason, d.reason) as reason, d.planned_at, d.time_zone, d.shelves, d.creative_id,
  d.creative_propensity, d.created_at, timezone(d.time_zone, d.planned_at) as local_at
from decisions as d join latest as l on l.key = d.key
where d.campaign_id = $campaign and d.retry = (select max(retry) from decisions as later
  where later.campaign_id = d.campaign_id and later.step = d.step
    and later.customer_id = d.customer_id)
order by d.customer_id
"""
FEWEST = 10
"""Customers in a group below which nothing is compared."""


class CampaignReport(CampaignResults):
    """What became of a campaign's audience, and the difference to those left alone."""

    @classmethod
    def read(
        cls,
        ledger: Ledger,
        engine: DuckEngine,
        campaign_id: str,
        *,
        within: str | None = None,
        how_good: bool = False,
        key: Key | None = None,
    ) -> CampaignReport:
        """Read the ledger and the orders, and measure; raises UnknownName for no such campaign.

        ``how_good``: also test the models of time on the 14 days before the campaign's as_of;
        that fits them anew, seconds to a minute. ``key`` gives the secret that reads the
        tokens of links in clicks.
        """
        run = _run(ledger, campaign_id)
        record = json.loads(run["record"])
        metric = record["outcome"]["metric"]
        length = span(within or record["outcome"]["within"])
        frames = {name: ledger.snapshot(name) for name in ("decisions", "deliveries")}
        rows = query_frames(STATES, frames, {"campaign": campaign_id}).to_pylist()
        planned = [row for row in rows if row["arm"] == "treatment" and not row["decided_reason"]]
        latest, compared = latest_order(engine), _compared(rows)
        starts = sorted({row["created_at"] for row in compared}) or [run["as_of"]]
        gap = _gap(compared, latest, starts[0])
        frame = None if gap else _measured(engine, compared, starts[-1], length)
        if frame is not None:
            gap = _too_few(Counter(frame["arm"]))
        found = None if gap or frame is None else _lift(frame, record)
        return cls(
            campaign_id=campaign_id,
            as_of=run["as_of"],
            plan_hash=run["plan_hash"],
            approved_by=run["approved_by"],
            within=length,
            metric=metric,
            n_audience=len(rows),
            states=dict(Counter((row["state"], row["reason"] or "") for row in rows)),
            holdout_ids=tuple(row["customer_id"] for row in rows if row["arm"] == "control"),
            coverage=_coverage(planned),
            earned=earned(ledger, engine, campaign_id, key),
            send_hours=_hours(planned),
            creatives=_creatives(planned),
            lift=found,
            is_window_complete=latest is not None and latest >= starts[-1] + length,
            was_simulated=_was_simulated(frames["deliveries"]),
            how_good=quick_look(History(engine, run["as_of"])) if how_good else None,
            not_compared=gap,
            n_left_out=0 if found is None else len(compared) - found.n_treated - found.n_control,
        )

    def to_html(self) -> str:
        """Return the whole page."""
        return report_page(self)

    def _repr_html_(self) -> str:
        return report_body(self)


def _run(ledger: Ledger, campaign_id: str) -> Mapping[str, Any]:
    runs = ledger.snapshot("campaign_runs").to_pylist()
    mine = [run for run in runs if run["campaign_id"] == campaign_id]
    if not mine:
        known = sorted({run["campaign_id"] for run in runs})
        raise UnknownName(
            f"No campaign {campaign_id!r} was approved here.{nearest(campaign_id, known)} "
            f"Campaigns: {', '.join(known) or 'none'}."
        )
    return max(mine, key=lambda run: (run["created_at"], run["as_of"]))


def _compared(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those who were to be written to, and those who would have been but for the holdout."""
    return [row for row in rows if row["decided_reason"] in (None, "control")]


def _gap(compared: list[dict[str, Any]], latest: datetime | None, as_of: datetime) -> str:
    """Return why the groups cannot be compared, or an empty text."""
    if few := _too_few(Counter(row["arm"] for row in compared)):
        return few
    if latest is None:
        return "no orders are loaded."
    if latest <= as_of:
        return (
            f"it takes orders from after the plan, as of {as_of:%Y-%m-%d %H:%M} UTC; the latest "
            f"that is loaded is of {latest:%Y-%m-%d %H:%M} UTC."
        )
    return ""


def _too_few(arms: Mapping[str, int]) -> str:
    """Return which group is too small, or an empty text."""
    few = [
        f"{arms[arm]:,} {words}"
        for arm, words in (("treatment", "to be written to"), ("control", "held out from these"))
        if arms[arm] < FEWEST
    ]
    if not few:
        return ""
    return f"it takes {FEWEST} customers in each group, and there are {' and '.join(few)}."


def _measured(
    engine: DuckEngine, compared: list[dict[str, Any]], as_of: datetime, within: timedelta
) -> pd.DataFrame:
    """Return what everybody did who is compared, each from when it was decided on them."""
    columns = {"customer_id": "customer_id", "arm": "arm", "starts_at": "created_at"}
    table = pa.table({name: [row[key] for row in compared] for name, key in columns.items()})
    return measured(engine, table, as_of=as_of, within=within)


def _lift(frame: pd.DataFrame, record: Mapping[str, Any]) -> Lift:
    outcome, before = COLUMN[record["outcome"]["metric"]]
    share = 1 - record["holdout"]["share"]
    return lift(frame, metric=outcome, covariate=before, expected_share=share)


def _coverage(planned: list[dict[str, Any]]) -> tuple[Coverage, ...]:
    found: dict[str, list[list[str]]] = {}
    for row in planned:
        for shelf in json.loads(row["shelves"]):
            ids = [item["product_id"] for item in shelf["items"]]
            found.setdefault(shelf["shelf"], []).append(ids)
    rows = [
        Coverage(name, len(lists), sum(map(len, lists)), len({i for ids in lists for i in ids}))
        for name, lists in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.n_messages, row.shelf)))


def _hours(planned: list[dict[str, Any]]) -> dict[int, int]:
    counts = Counter(row["local_at"].hour for row in planned)
    return {hour: counts.get(hour, 0) for hour in range(24)}


def _creatives(planned: list[dict[str, Any]]) -> tuple[tuple[str, int, float], ...]:
    by: dict[str, list[float]] = {}
    for row in planned:
        if row["creative_id"]:
            by.setdefault(row["creative_id"], []).append(row["creative_propensity"])
    return tuple((name, len(p), sum(p) / len(p)) for name, p in sorted(by.items()))


def _was_simulated(deliveries: pa.Table) -> bool:
    providers = {row for row in deliveries.column("provider").to_pylist() if row}
    return providers <= {"file"}
