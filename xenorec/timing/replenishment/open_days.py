"""Days on the clock that stands still while the shop is closed, put back to real ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np

from xenorec.array_types import Floats
from xenorec.timing.closures import WEEK, Closure

EPOCH = date(1970, 1, 1)


def begun(closures: Sequence[Closure], as_of: datetime) -> tuple[Closure, ...]:
    """Return the closures that had begun by ``as_of``: what comes later is not known then."""
    return tuple(closure for closure in closures if closure.first <= as_of.date())


def real_days(days: Floats, closures: Sequence[Closure]) -> Floats:
    """Return real days (whole, since 1970) for days on the clock of ``closures.without``.

    What falls on a closed day is put to the day on which the shop opens again.

    >>> shut = Closure(date(1970, 1, 11), date(1970, 1, 30))
    >>> real_days(np.array([9.0, 10.0, 12.0, 20.0]), [shut]).tolist()
    [9.0, 30.0, 30.0, 34.0]
    """
    for closure in sorted(closures, key=lambda closure: closure.first):
        first, last = (float((day - EPOCH).days) for day in (closure.first, closure.last))
        days = np.where(days < first, days, days + closure.n_days // WEEK * WEEK)
        days = np.where((days >= first) & (days <= last), last + 1, days)
    return days
