"""The local hours that begin within a window of time, in one zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timestamps import microseconds
from xenorec.timing.local_time import DAY_US, HOUR_US, local_microseconds, week_hour
from xenorec.timing.send_time.legal_week import LegalWeek

MINUTE_US = HOUR_US // 60
_QUARTER_US = HOUR_US // 4


@dataclass(frozen=True)
class LocalSlots:
    """Legal local hours in time order: start (UTC microseconds), hour of week, local day, minutes.

    ``minutes`` is how much of the hour lies before the end of the window and before the last
    minutes that quiet hours leave free.
    """

    start: Ints
    hour: Ints
    day: Ints
    minutes: Ints

    def __len__(self) -> int:
        return len(self.start)

    def spread(self, slot: Ints, spread: Floats) -> Ints:
        """Return when to send to customers in a slot each; ``spread`` in [0, 1) is the minute."""
        minute = np.floor(spread * self.minutes[slot]).astype(np.int64)
        return np.asarray(self.start[slot] + minute * MINUTE_US, dtype=np.int64)


def legal_slots(after: datetime, within: timedelta, zone: str, legal: LegalWeek) -> LocalSlots:
    """Return the hours of ``zone`` that start in [after, after + within) and are legal.

    Real instants are walked, so an hour that the clock skips is never offered and an hour that
    it repeats is offered twice.
    """
    first, end = microseconds(after), microseconds(after + within)
    quarters = np.arange(-(-first // _QUARTER_US) * _QUARTER_US, end, _QUARTER_US)
    wall = local_microseconds(quarters, zone)
    last = local_microseconds(quarters + 59 * MINUTE_US, zone)
    hour = week_hour(wall // HOUR_US)
    whole = (wall % HOUR_US == 0) & (last // HOUR_US == wall // HOUR_US)
    usable = whole & legal.hours[hour] & (legal.minutes[hour] > 0)
    start = quarters[usable]
    left = -(-(end - start) // MINUTE_US)
    minutes = np.minimum(legal.minutes[hour[usable]], left)
    return LocalSlots(start, hour[usable], wall[usable] // DAY_US, minutes)
