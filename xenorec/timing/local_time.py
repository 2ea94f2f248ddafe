"""Instants on local clocks, whole arrays at once, right across clock changes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xenorec.array_types import Ints
from xenorec.config.time_zones import zone_info

HOURS = 168
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def local_microseconds(at: Ints, zone: str) -> Ints:
    """Return the wall clock of ``zone`` at UTC microseconds ``at``, as microseconds."""
    moments = pd.DatetimeIndex(at.astype("datetime64[us]")).tz_localize("UTC")
    wall = moments.tz_convert(zone_info(zone)).tz_localize(None)
    return wall.to_numpy().astype("datetime64[us]").astype(np.int64)


def week_hour(clock: Ints) -> Ints:
    """Return the hour of the week of wall-clock hours since 1970: 0 = Monday 00:00, to 167."""
    return (clock + 3 * 24) % HOURS  # 1970-01-01 was a Thursday


def by_zone(zone: Ints, zones: tuple[str, ...], *, unknown: str) -> list[tuple[str, Ints]]:
    """Return (zone name, row numbers) for each zone present; -1 counts as ``unknown``."""
    order = np.argsort(zone, kind="stable")
    present, starts = np.unique(zone[order], return_index=True)
    groups = np.split(order, starts[1:]) if len(present) else []
    names = [zones[code] if code >= 0 else unknown for code in present]
    return list(zip(names, groups, strict=True))
