"""The clock that tells days: of the store, else of the customer, else of the shop.

Models count days, so they read instants on local clocks: an evening and the next morning are two
days where they were, whatever day it was in UTC. The instant they are asked at is read on the
clock that most rows have. What they give out is put back, or is a length of time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import pyarrow as pa

from xenorec.array_types import Ints
from xenorec.dataset.coded_table import CodedTable
from xenorec.timestamps import instant_of, microseconds
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_time import by_zone, local_microseconds

Log = TypeVar("Log", bound=EventLog)

MINUTE_US = 60_000_000
CLOCK = ("time_zone", "utc_offset_minutes")
"""Columns that tell the clock of a row: an IANA zone, or how far it is before UTC."""


def on_local_clock(stamps: Log) -> Log:
    """Return stamps on the clocks of their zones; those without one on the most usual."""
    at, now = wall_clock(stamps.at, stamps.zone, stamps.zones, microseconds(stamps.as_of))
    return replace(stamps, at=at, as_of=instant_of(now))


def wall_clock(at: Ints, zone: Ints, zones: tuple[str, ...], now: int) -> tuple[Ints, int]:
    """Return instants and ``now`` as wall clock, in microseconds; unchanged without any zone.

    Nothing is later than ``now``, which is read on the most usual clock.
    """
    known = zone[zone >= 0]
    if not len(known):
        return at, now
    n = np.bincount(known, minlength=len(zones))
    usual = min(zip(-n, zones, strict=True))[1]
    wall = at.copy()
    for name, rows in by_zone(zone, zones, unknown=usual):
        wall[rows] = local_microseconds(at[rows], name)
    end = int(local_microseconds(np.array([now], dtype=np.int64), usual)[0])
    return np.minimum(wall, end), end


def wall_clock_of(table: CodedTable, at: Ints, now: int) -> tuple[Ints, int]:
    """Return the instants of a table's rows, and ``now``, as wall clock.

    The table may have ``utc_offset_minutes``, or else ``time_zone``; without them it is UTC.
    """
    minutes = _minutes(table)
    if minutes is not None and len(at):
        latest = int(minutes[at == at.max()].max())
        end = now + latest * MINUTE_US
        return np.minimum(at + minutes * MINUTE_US, end), end
    names, code = table.codes("time_zone")
    return wall_clock(at, code.astype(np.int64), tuple(names), now)


def _minutes(table: CodedTable) -> Ints | None:
    if not table.has("utc_offset_minutes"):
        return None
    column = table["utc_offset_minutes"]
    return np.asarray(column.cast(pa.int64()).fill_null(0).to_numpy(), dtype=np.int64)
