"""When each customer acted, in local hours of the week, and how much each time counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from xenorec.array_types import Bools, Floats, Ints, Texts, most_frequent
from xenorec.dataset.data_frames import positions
from xenorec.timestamps import microseconds
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_time import DAY_US, HOUR_US, HOURS, by_zone, local_microseconds, week_hour
from xenorec.timing.send_time.country_conventions import keeps_ramadan
from xenorec.timing.send_time.engagement_events import EngagementEvents
from xenorec.timing.send_time.ramadan import in_ramadan

Hours = npt.NDArray[np.uint8]
Days = npt.NDArray[np.int32]


@dataclass(frozen=True)
class HourVisits:
    """One entry per customer and local hour of one day, by customer and then by time.

    Customer ``i`` has the entries ``start[i]`` to ``start[i + 1]``. ``hour`` is the local hour of
    the week, ``day`` the local day since 1970; ``zone`` a position in ``zones`` per customer, the
    one they are in most often. ``today`` is the day of ``as_of`` in UTC.
    """

    ids: Texts
    start: Ints
    hour: Hours
    day: Days
    is_click: Bools
    is_ramadan: Bools
    zone: Ints
    zones: tuple[str, ...]
    shop_zone: str
    today: int

    @property
    def code(self) -> Ints:
        """The customer of each entry."""
        return np.repeat(np.arange(len(self.ids)), np.diff(self.start))

    def only(self, keep: Bools, *, today: int) -> HourVisits:
        """Return the entries to ``keep``; the list of customers stays."""
        before = np.append(0, np.cumsum(keep))
        return replace(
            self,
            start=before[self.start],
            hour=self.hour[keep],
            day=self.day[keep],
            is_click=self.is_click[keep],
            is_ramadan=self.is_ramadan[keep],
            today=today,
        )

    def of(self, rows: Ints) -> HourVisits:
        """Return the visits of some customers, by their rising positions."""
        chosen = np.zeros(len(self.ids), dtype=bool)
        chosen[rows] = True
        kept = self.only(np.repeat(chosen, np.diff(self.start)), today=self.today)
        start = kept.start[np.append(rows, len(self.ids))]
        return replace(kept, ids=self.ids[rows], start=start, zone=self.zone[rows])

    def with_customers(self, others: Texts) -> HourVisits:
        """Return the same with ``others`` among the customers, those without entries too."""
        ids = np.unique(np.concatenate([self.ids, others]).astype(object))
        where = positions(self.ids, ids)
        n, zone = np.zeros(len(ids), dtype=np.int64), np.full(len(ids), len(self.zones) - 1)
        n[where], zone[where] = np.diff(self.start), self.zone
        return replace(self, ids=ids, start=np.append(0, np.cumsum(n)), zone=zone)


@dataclass(frozen=True)
class WeightedVisits:
    """The weight of each visit: half of it goes with every half-life, a click counts more.

    ``n`` is the sum per customer.
    """

    start: Ints
    hour: Hours
    weight: Floats
    n: Floats

    def total(self) -> Floats:
        """Return the weight in each hour of the week, over all customers."""
        total = np.bincount(self.hour, weights=self.weight, minlength=HOURS)
        return total.astype(np.float64)

    def rows(self, rows: Ints) -> Any:
        """Return a sparse row of 168 weights for each of ``rows``.

        Its product with a dense array does not depend on who else is in it, to the last bit.
        """
        from scipy.sparse import csr_array

        lengths = self.start[rows + 1] - self.start[rows]
        bounds = np.append(0, np.cumsum(lengths))
        at = np.repeat(self.start[rows] - bounds[:-1], lengths) + np.arange(bounds[-1])
        parts = (self.weight[at], self.hour[at].astype(np.int32), bounds)
        return csr_array(parts, shape=(len(rows), HOURS))


def weigh(visits: HourVisits, *, half_life: float, click: float) -> WeightedVisits:
    """Return the visits with their weights; ``half_life`` in days, ``click`` in other acts."""
    age = np.maximum(visits.today - visits.day, 0)
    weight = 0.5 ** (age / half_life) * np.where(visits.is_click, click, 1.0)
    sums = np.bincount(visits.code, weights=weight, minlength=len(visits.ids))
    return WeightedVisits(visits.start, visits.hour, weight, sums.astype(np.float64))


def local_hours(stamps: EventLog, *, unknown: str) -> Ints:
    """Return the local hour of the week of every row, in the row's own zone."""
    return week_hour(_clock_hours(stamps, unknown=unknown))


def gather(acts: EngagementEvents, *, ramadan: bool | None) -> HourVisits:
    """Return the visits of ``acts``; rows without a zone count in the shop's most usual one.

    Several events of a customer in one local hour of one day are one visit and count once: the
    second receipt of a trip says nothing new about the hour. ``ramadan`` tells whether its days
    are marked; ``None`` leaves it to the zone.
    """
    stamps, shop_zone = acts.stamps, _usual_zone(acts.stamps)
    clock = _clock_hours(stamps, unknown=shop_zone)
    fasts = _fasts(stamps, clock, shop_zone, ramadan)
    code, clock, flags = _distinct(stamps.code, clock, 2 * acts.is_click + fasts)
    n = np.bincount(code, minlength=len(stamps.ids))
    zone = most_frequent(stamps.code, stamps.zone, len(stamps.ids), len(stamps.zones))
    return HourVisits(
        ids=stamps.ids,
        start=np.append(0, np.cumsum(n)),
        hour=week_hour(clock).astype(np.uint8),
        day=(clock // 24).astype(np.int32),
        is_click=flags >= 2,
        is_ramadan=flags % 2 == 1,
        zone=np.where(zone < 0, len(stamps.zones), zone),
        zones=(*stamps.zones, shop_zone),
        shop_zone=shop_zone,
        today=microseconds(stamps.as_of) // DAY_US,
    )


def _clock_hours(stamps: EventLog, *, unknown: str) -> Ints:
    """Return the wall-clock hour of every row, counted from 1970."""
    hours = np.zeros(len(stamps.at), dtype=np.int64)
    for name, rows in by_zone(stamps.zone, stamps.zones, unknown=unknown):
        hours[rows] = local_microseconds(stamps.at[rows], name) // HOUR_US
    return hours


def _fasts(stamps: EventLog, clock: Ints, shop_zone: str, ramadan: bool | None) -> Bools:
    """Return which rows lie in Ramadan where it is kept."""
    names = (*stamps.zones, shop_zone)
    kept = np.array([keeps_ramadan(name) if ramadan is None else ramadan for name in names])
    fasts = kept[stamps.zone]
    if fasts.any():
        fasts[fasts] = in_ramadan(clock[fasts] // 24)
    return fasts


def _distinct(code: Ints, clock: Ints, flags: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the distinct pairs of customer and clock hour, in order, with the largest flag."""
    if not len(code):
        return code, clock, flags
    start, span = int(clock.min()), int(clock.max() - clock.min()) + 1
    key = np.sort((code * span + (clock - start)) * 4 + flags)
    pair = key // 4
    last = np.append(pair[1:] != pair[:-1], True)
    pair = pair[last]
    return pair // span, pair % span + start, key[last] % 4


def _usual_zone(stamps: EventLog) -> str:
    known = stamps.zone[stamps.zone >= 0]
    return stamps.zones[int(np.bincount(known).argmax())] if len(known) else "UTC"
