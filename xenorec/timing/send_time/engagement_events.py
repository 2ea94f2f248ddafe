"""What customers did of themselves, and which of it were clicks on messages of one channel."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xenorec.array_types import Bools
from xenorec.config.time_zones import zone_info
from xenorec.dataset.coded_table import CodedTable
from xenorec.dataset.data_frames import arrow, texts
from xenorec.dataset.dataset import Dataset, is_history
from xenorec.errors import XenorecWarning
from xenorec.timestamps import AsOf
from xenorec.timing.event_log import EVENT_COLUMNS, EventLog, read_events
from xenorec.timing.local_time import DAY_US

CLICKS = frozenset({"clicked", "message_clicked"})
OPENS = frozenset({"opened", "message_opened"})
NOT_ACTS = frozenset(
    {
        "bounced",
        "complained",
        "deferred",
        "delivered",
        "offer_received",
        "order_refunded",
        "queued",
        "rejected",
        "sent",
        "unknown",
        "unsubscribed",
    }
)
"""Kinds of events whose hour is not the customer's choice, or that are no wish for more."""


SEVERAL, NEARLY_ALL = 20, 0.9
"""Acts, and the share of them at midnight, from which on times are taken for bare days."""


@dataclass(frozen=True)
class EngagementEvents:
    """Rows of (customer, instant, zone), and for each whether it is a click that leads."""

    stamps: EventLog
    is_click: Bools


def warn_of_bare_days(acts: EngagementEvents) -> None:
    """Warn with the code ``days-only`` where nearly all times are midnight: days, not times."""
    at = acts.stamps.at
    share = float((at % DAY_US == 0).mean()) if len(at) else 0.0
    if len(at) >= SEVERAL and share >= NEARLY_ALL:
        warnings.warn(
            f"days-only: {share:.0%} of the times are exactly midnight UTC, so they seem to be "
            "days without a time of day, and the hours learned from them mean nothing. Give the "
            "times of the receipts, or do without a SendTime.",
            XenorecWarning,
            stacklevel=3,
        )


def read_acts(source: Any, *, as_of: AsOf, channel: str | None) -> EngagementEvents:
    """Read events at or before ``as_of``: customer_id, at, time_zone, and maybe name and channel.

    With a ``channel``, its clicks are told apart, and opens and clicks of other channels are left
    out; an open or click that names no channel belongs to every one. Without, all acts are alike.
    """
    if isinstance(source, EventLog):
        stamps = read_events(source, as_of=as_of)
        return EngagementEvents(stamps, np.zeros(len(stamps.at), dtype=bool))
    is_frame = not isinstance(source, Dataset) and not is_history(source)
    dataset = Dataset.of(_with_event_columns(source) if is_frame else source, "events", as_of)
    events = dataset.table("events").require(*EVENT_COLUMNS, may=("name", "channel"))
    rows, end = dataset.cut(events.where(events.is_there("customer_id")), "at")
    is_act, is_click = _kinds(rows, channel)
    rows, is_click = rows.where(is_act), is_click[is_act]
    (ids, code), (zones, zone) = rows.codes("customer_id"), rows.codes("time_zone")
    who, where, at = code.astype(np.int64), zone.astype(np.int64), rows.instants("at")
    stamps = EventLog(ids, who, at, where, tuple(zones), end)
    ranked = np.lexsort((is_click, zone, at, code))  # sums depend on it
    return EngagementEvents(stamps.rows(ranked), is_click[ranked])


def with_default_zone(acts: EngagementEvents, zone: str | None) -> EngagementEvents:
    """Return the acts with ``zone`` for those that name none; raises ``BadInput`` if unknown."""
    if zone is None:
        return acts
    zone_info(zone)
    stamps = acts.stamps
    names = stamps.zones if zone in stamps.zones else (*stamps.zones, zone)
    filled = np.where(stamps.zone < 0, names.index(zone), stamps.zone)
    return replace(acts, stamps=replace(stamps, zone=filled, zones=names))


def warn_without_zone(acts: EngagementEvents) -> None:
    """Warn with the code ``no-time-zone`` where there are acts and none names a zone."""
    if len(acts.stamps.zone) and (acts.stamps.zone < 0).all():
        warnings.warn(
            "no-time-zone: no act names a time zone, so hours are learned and quiet hours kept in "
            "UTC. Give the column time_zone, of customers or stores in a workspace, or say where "
            "the shop is: SendTime(time_zone='Asia/Riyadh'), time_zone under [workspace].",
            XenorecWarning,
            stacklevel=3,
        )


def zones_in(customers: Any) -> dict[str, str] | None:
    """Return the zones in a frame of customers by customer_id; None where it has no such column."""
    if "time_zone" not in [str(name) for name in getattr(customers, "columns", ())]:
        return None
    table = arrow(customers, need=("customer_id", "time_zone"))
    pairs = zip(texts(table["customer_id"]), texts(table["time_zone"]), strict=True)
    zones = {customer: zone for customer, zone in pairs if zone is not None}
    for zone in set(zones.values()):
        zone_info(zone)
    return zones


def _with_event_columns(frame: Any) -> Any:
    """Return a frame of orders with its ``ordered_at`` as ``at``, any other as it is."""
    names = [str(name) for name in getattr(frame, "columns", ())]
    if "at" in names or "ordered_at" not in names or not hasattr(frame, "rename"):
        return frame
    try:
        return frame.rename(columns={"ordered_at": "at"})
    except TypeError:  # polars
        return frame.rename({"ordered_at": "at"})


def _kinds(events: CodedTable, channel: str | None) -> tuple[Bools, Bools]:
    """Return for each row whether it is an act, and whether it is a click that leads."""
    is_act, nothing = ~_among(events, "name", NOT_ACTS), np.zeros(len(events), dtype=bool)
    if channel is None or "name" not in events.column_names:
        return is_act, nothing
    is_click = _among(events, "name", CLICKS)
    is_own = _among(events, "channel", frozenset({channel})) | (events.codes("channel")[1] < 0)
    elsewhere = (is_click | _among(events, "name", OPENS)) & ~is_own
    return is_act & ~elsewhere, is_click & ~elsewhere


def _among(events: CodedTable, column: str, names: frozenset[str]) -> Bools:
    known, code = events.codes(column)
    is_named = np.array([name in names for name in known] + [False], dtype=bool)
    return is_named[code]
