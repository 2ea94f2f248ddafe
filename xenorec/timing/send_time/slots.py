"""The local hours that begin within a window of time, in one zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from xenorec.instants import microseconds
from xenorec.numbers import Floats, Ints
from xenorec.timing.local_time import HOUR_US, local_microseconds, week_hour

_QUARTER_US = HOUR_US // 4
_MINUTE_US = HOUR_US // 60


@dataclass(frozen=True)
class Slots:
    """Legal local hours in time order: their start (UTC microseconds), hour of week and minutes.

    ``minutes`` is how much of the hour lies before the end of the window.
    """

    start: Ints
    hour: Ints
    minutes: Ints

    def choose(self, curves: Floats, spread: Floats) -> tuple[Ints, Ints]:
        """Return (send time, hour of week) of the best slot for each curve.

        ``spread`` in [0, 1) places each customer at a whole minute within the hour. Of equal
        slots the earliest is taken.
        """
        best = curves[:, self.hour].argmax(axis=1)
        minute = np.floor(spread * self.minutes[best]).astype(np.int64)
        return self.start[best] + minute * _MINUTE_US, self.hour[best]


def legal_slots(
    after: datetime, within: timedelta, zone: str, legal: npt.NDArray[np.bool_]
) -> Slots:
    """Return the hours of ``zone`` that start in [after, after + within) and are legal.

    Real instants are walked, so an hour that the clock skips is never offered and an hour that
    it repeats is offered twice.
    """
    first, end = microseconds(after), microseconds(after + within)
    quarters = np.arange(-(-first // _QUARTER_US) * _QUARTER_US, end, _QUARTER_US)
    wall = local_microseconds(quarters, zone)
    last = local_microseconds(quarters + 59 * _MINUTE_US, zone)
    hour = week_hour(wall // HOUR_US)
    usable = (wall % HOUR_US == 0) & (last // HOUR_US == wall // HOUR_US) & legal[hour]
    start = quarters[usable]
    minutes = np.minimum(60, -(-(end - start) // _MINUTE_US))
    return Slots(start, hour[usable], minutes)
