"""What the purchase models need of a customer: how often, how lately, since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints, Texts, distinct
from xenorec.timestamps import microseconds
from xenorec.timing.event_log import EventLog
from xenorec.timing.local_time import DAY_US
from xenorec.timing.next_purchase.order_days import OrderDays, visits_of


@dataclass(frozen=True)
class RfmSummary:
    """One entry per customer, in days: the sufficient statistics of the probability models.

    ``frequency`` counts the days with an order after the first such day, ``recency`` is the last
    of them and ``age`` the day of ``as_of``, both in days since the first. ``zone`` is a
    position in ``zones`` (where the customer ordered last) or -1.
    """

    ids: Texts
    frequency: Ints
    recency: Ints
    age: Ints
    zone: Ints
    zones: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def patterns(self, rows: Ints) -> RfmPatterns:
        """Return those of customers at ``rows``, one entry each."""
        frequency, recency, age = (
            part[rows].astype(np.float64) for part in (self.frequency, self.recency, self.age)
        )
        return RfmPatterns(frequency, recency, age, np.ones(len(rows)))

    def ends(self, now: float) -> OrderDays:
        """Return the first and the last visit of each, where those between are not known."""
        n = np.minimum(self.frequency, 1) + 1
        bounds = np.append(0, np.cumsum(n))
        at = now - np.repeat(self.age.astype(np.float64), n)
        at[bounds[1:] - 1] += self.recency
        return OrderDays(bounds, at)


@dataclass(frozen=True)
class RfmPatterns:
    """The distinct (frequency, recency, age) and the number of customers that share each."""

    frequency: Floats
    recency: Floats
    age: Floats
    weight: Floats

    def take(self, rows: Ints) -> RfmPatterns:
        """Return some of the entries."""
        return RfmPatterns(
            self.frequency[rows], self.recency[rows], self.age[rows], self.weight[rows]
        )


def count_purchases(stamps: EventLog, visits: OrderDays | None = None) -> RfmSummary:
    """Return one entry per customer of ``stamps``; a day with several orders counts once.

    ``visits``: those of ``stamps``, where they are known already.
    """
    visits = visits_of(stamps) if visits is None else visits
    day = np.floor(visits.at).astype(np.int64)
    first, last = day[visits.bounds[:-1]], day[visits.bounds[1:] - 1]
    today = microseconds(stamps.as_of) // DAY_US
    return RfmSummary(
        ids=stamps.ids,
        frequency=np.diff(visits.bounds) - 1,
        recency=last - first,
        age=today - first,
        zone=_last_zone(stamps),
        zones=stamps.zones,
    )


def compress(purchases: RfmSummary) -> RfmPatterns:
    """Return the distinct patterns with their weights; the fit is the same, and faster."""
    parts = (purchases.frequency, purchases.recency, purchases.age)
    most = [int(part.max(initial=0)) + 1 for part in parts]
    key, weight = distinct((parts[0] * most[1] + parts[1]) * most[2] + parts[2])
    head, age = np.divmod(key, most[2])
    frequency, recency = (part.astype(np.float64) for part in np.divmod(head, most[1]))
    return RfmPatterns(frequency, recency, age.astype(np.float64), weight.astype(np.float64))


def _last_zone(stamps: EventLog) -> Ints:
    if len(stamps.zone) and (stamps.zone == stamps.zone[0]).all():
        return np.full(len(stamps.ids), stamps.zone[0])
    order = np.lexsort((stamps.zone, stamps.at, stamps.code))
    ends = np.searchsorted(stamps.code[order], np.arange(len(stamps.ids)), side="right") - 1
    return stamps.zone[order][ends]
