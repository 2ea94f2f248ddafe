"""The hours of the week that may be used, and the best stretch among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.config.quiet_hours import QuietHours
from xenorec.errors import BadInput
from xenorec.timing.local_time import HOURS

WINDOW_HOURS = 3
CLOSING_MINUTES = 5
"""The last minutes before quiet hours begin are never used: a slow provider would be too late."""


@dataclass(frozen=True)
class LegalWeek:
    """For each hour of the week whether no minute of it is quiet, and its minutes for sending."""

    hours: Bools
    minutes: Ints


def legal_week(quiet: QuietHours | None) -> LegalWeek:
    """Return the week of ``quiet``; raises BadInput where it leaves no whole hour."""
    if quiet is None:
        return LegalWeek(np.ones(HOURS, dtype=bool), np.full(HOURS, 60))
    day = quiet.legal_hours()
    if not any(day):
        raise BadInput(f"Quiet hours {quiet} leave no whole hour of the day; shorten them.")
    begins = quiet.start.hour * 60 + quiet.start.minute
    left = (begins - np.arange(24) * 60) % (24 * 60) - CLOSING_MINUTES
    return LegalWeek(np.tile(np.asarray(day), 7), np.tile(np.clip(left, 0, 60), 7))


def best_hour(curves: Floats, legal: Bools) -> Ints:
    """Return the most likely legal hour of each curve; of equal ones the earliest."""
    return np.asarray(np.where(legal, curves, -1.0).argmax(axis=1), dtype=np.int64)


def best_window(curves: Floats, legal: Bools) -> tuple[Ints, Ints]:
    """Return [from, to) of the most likely 3 legal hours in a row, in hours of the week.

    Shorter when no 3 hours in a row are legal. ``to`` is 1 to 168; a window over Sunday midnight
    ends at a small number again.
    """
    width = next(w for w in range(WINDOW_HOURS, 0, -1) if _starts(legal, w).any())
    mass = curves.copy()
    for shift in range(1, width):
        mass += np.roll(curves, -shift, axis=1)
    start = best_hour(mass, _starts(legal, width))
    return start, (start + width - 1) % HOURS + 1


def _starts(legal: Bools, width: int) -> Bools:
    shifted = np.array([np.roll(legal, -shift) for shift in range(width)])
    return np.asarray(shifted.all(axis=0), dtype=np.bool_)
