"""The hours of the week that may be used, and the best stretch among them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xenorec.errors import BadInput
from xenorec.numbers import Floats, Ints
from xenorec.timing.local_time import HOURS
from xenorec.timing.quiet_hours import QuietHours

WINDOW_HOURS = 3


def legal_week(quiet: QuietHours | None) -> npt.NDArray[np.bool_]:
    """Return for each hour of the week whether no minute of it is quiet."""
    day = (True,) * 24 if quiet is None else quiet.legal_hours()
    if not any(day):
        raise BadInput(f"Quiet hours {quiet} leave no whole hour of the day; shorten them.")
    return np.tile(np.asarray(day), 7)


def best_hour(curves: Floats, legal: npt.NDArray[np.bool_]) -> Ints:
    """Return the most likely legal hour of each curve; of equal ones the earliest."""
    return np.asarray(np.where(legal, curves, -1.0).argmax(axis=1), dtype=np.int64)


def best_window(curves: Floats, legal: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return [from, to) of the most likely 3 legal hours in a row, in hours of the week.

    Shorter when no 3 hours in a row are legal. ``to`` is 1 to 168; a window over Sunday midnight
    ends at a small number again.
    """
    width = next(w for w in range(WINDOW_HOURS, 0, -1) if _starts(legal, w).any())
    mass = np.sum([np.roll(curves, -shift, axis=1) for shift in range(width)], axis=0)
    start = best_hour(mass, _starts(legal, width))
    return start, (start + width - 1) % HOURS + 1


def _starts(legal: npt.NDArray[np.bool_], width: int) -> npt.NDArray[np.bool_]:
    shifted = np.array([np.roll(legal, -shift) for shift in range(width)])
    return np.asarray(shifted.all(axis=0), dtype=np.bool_)
