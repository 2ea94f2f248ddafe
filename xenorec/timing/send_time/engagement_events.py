"""What customers did of themselves, and which of it were clicks on messages of one channel."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow.compute as pc

from xenorec.array_types import Bools
from xenorec.config.time_zones import zone_info
from xenorec.dataset.data_frames import arrow, encode, instants, texts
from xenorec.errors import XenorecWarning
from xenorec.timestamps import AsOf, as_instant, instant_of, microseconds
from xenorec.timing.event_log import EVENT_COLUMNS, EventLog, EventSource, history_cut, read_events
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
    table, moment = _cut(source, as_of)
    is_act, is_click = _kinds(table, channel)
    stamps, is_click = read_events(table.filter(is_act), as_of=moment), is_click[is_act]
    ranked = np.lexsort((is_click, stamps.zone, stamps.at, stamps.code))  # sums depend on it
    at, zone = stamps.at[ranked], stamps.zone[ranked]
    sorted_ = replace(stamps, code=stamps.code[ranked], at=at, zone=zone)
    return EngagementEvents(sorted_, is_click[ranked])


def placed(acts: EngagementEvents, zone: str | None) -> EngagementEvents:
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


def _cut(source: Any, as_of: AsOf) -> tuple[Any, Any]:
    """Return the rows that may be read, and the instant up to which they are."""
    is_history = isinstance(source, EventSource)
    frame = source.events() if is_history else _named(source)
    table = arrow(frame, need=EVENT_COLUMNS, may=("name", "channel"))
    table = table.filter(pc.is_valid(table["customer_id"]))
    at = instants(table["at"], "at")
    if is_history:
        moment = history_cut(source, as_of)
    elif as_of is not None:
        moment = as_instant(as_of)
    else:
        moment = instant_of(at.max()) if len(at) else read_events(table).as_of
    return table.filter(at <= microseconds(moment)), moment


def _named(frame: Any) -> Any:
    """Return a frame of orders with its ``ordered_at`` as ``at``, any other as it is."""
    names = [str(name) for name in getattr(frame, "columns", ())]
    if "at" in names or "ordered_at" not in names or not hasattr(frame, "rename"):
        return frame
    try:
        return frame.rename(columns={"ordered_at": "at"})
    except TypeError:  # polars
        return frame.rename({"ordered_at": "at"})


def _kinds(table: Any, channel: str | None) -> tuple[Bools, Bools]:
    """Return for each row whether it is an act, and whether it is a click that leads."""
    everything, nothing = np.ones(table.num_rows, dtype=bool), np.zeros(table.num_rows, dtype=bool)
    if "name" not in table.column_names:
        return everything, nothing
    is_act = ~_among(table["name"], NOT_ACTS)
    if channel is None:
        return is_act, nothing
    is_click = _among(table["name"], CLICKS)
    elsewhere = (is_click | _among(table["name"], OPENS)) & ~_of_channel(table, channel)
    return is_act & ~elsewhere, is_click & ~elsewhere


def _of_channel(table: Any, channel: str) -> Bools:
    if "channel" not in table.column_names:
        return np.ones(table.num_rows, dtype=bool)
    return _among(table["channel"], frozenset({channel})) | (encode(table["channel"])[1] < 0)


def _among(column: Any, names: frozenset[str]) -> Bools:
    known, code = encode(column)
    is_named = np.array([name in names for name in known] + [False], dtype=bool)
    return is_named[code]
