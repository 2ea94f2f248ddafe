"""How often each customer did something in each local hour of the week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.numbers import Floats, Ints, Texts
from xenorec.timing.local_time import HOUR_US, HOURS, by_zone, local_microseconds, week_hour
from xenorec.timing.stamps import Stamps


@dataclass(frozen=True)
class HourCounts:
    """Counts per customer and local hour of the week, only where there are any.

    ``cell`` is customer position * 168 + hour, rising; ``count`` stands beside it. ``n`` is the
    number of visits per customer, ``zone`` the zone they are in most often.
    """

    ids: Texts
    cell: Ints
    count: Ints
    n: Ints
    zone: tuple[str, ...]
    shop_zone: str

    def dense(self, rows: Ints) -> Floats:
        """Return a row of 168 counts for each of ``rows``; zeros for -1."""
        counts = np.zeros((len(rows), HOURS))
        starts = np.searchsorted(self.cell, rows * HOURS)
        lengths = np.where(rows >= 0, np.searchsorted(self.cell, (rows + 1) * HOURS) - starts, 0)
        into = np.repeat(np.arange(len(rows)), lengths)
        first = np.repeat(np.cumsum(lengths) - lengths, lengths)
        at = np.repeat(starts, lengths) + np.arange(len(into)) - first
        counts[into, self.cell[at] % HOURS] = self.count[at]
        return counts

    def at(self, rows: Ints, hours: Ints) -> Floats:
        """Return the count of each (customer, hour) pair; 0 for a customer of -1."""
        if not len(self.cell):
            return np.zeros(len(rows))
        wanted = rows * HOURS + hours
        near = np.minimum(np.searchsorted(self.cell, wanted), len(self.cell) - 1)
        found = (rows >= 0) & (self.cell[near] == wanted)
        return np.where(found, self.count[near], 0).astype(np.float64)


def local_hours(stamps: Stamps, *, unknown: str) -> Ints:
    """Return the local hour of the week of every row, in the row's own zone."""
    return week_hour(_clock_hours(stamps, unknown=unknown))


def count_hours(stamps: Stamps) -> HourCounts:
    """Return the counts of ``stamps``; rows without a zone count in the shop's most usual one.

    Several events of a customer in one local hour of one day are one visit and count once: the
    second receipt of a trip says nothing new about the hour.
    """
    shop_zone = _usual_zone(stamps)
    code, clock = _visits(stamps.code, _clock_hours(stamps, unknown=shop_zone))
    cell, count = np.unique(code * HOURS + week_hour(clock), return_counts=True)
    return HourCounts(
        ids=stamps.ids,
        cell=cell,
        count=count.astype(np.int64),
        n=np.bincount(code, minlength=len(stamps.ids)).astype(np.int64),
        zone=_zone_of_customers(stamps, shop_zone),
        shop_zone=shop_zone,
    )


def _clock_hours(stamps: Stamps, *, unknown: str) -> Ints:
    """Return the wall-clock hour of every row, counted from 1970."""
    hours = np.zeros(len(stamps.at), dtype=np.int64)
    for name, rows in by_zone(stamps.zone, stamps.zones, unknown=unknown):
        hours[rows] = local_microseconds(stamps.at[rows], name) // HOUR_US
    return hours


def _visits(code: Ints, clock: Ints) -> tuple[Ints, Ints]:
    """Return the distinct pairs of customer and clock hour."""
    if not len(code):
        return code, clock
    start, span = int(clock.min()), int(clock.max() - clock.min()) + 1
    pair = np.unique(code * span + (clock - start))
    return pair // span, pair % span + start


def _usual_zone(stamps: Stamps) -> str:
    known = stamps.zone[stamps.zone >= 0]
    return stamps.zones[int(np.bincount(known).argmax())] if len(known) else "UTC"


def _zone_of_customers(stamps: Stamps, shop_zone: str) -> tuple[str, ...]:
    """Return each customer's most frequent zone; equal ones break by name."""
    names = [shop_zone] * len(stamps.ids)
    known, width = stamps.zone >= 0, len(stamps.zones) + 1
    pair, count = np.unique(stamps.code[known] * width + stamps.zone[known], return_counts=True)
    order = np.lexsort((-pair, count))  # the last one written wins: most events, first name
    for code, zone in zip(pair[order] // width, pair[order] % width, strict=True):
        names[code] = stamps.zones[zone]
    return tuple(names)
