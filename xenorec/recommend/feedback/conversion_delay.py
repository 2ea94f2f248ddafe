"""Conversion delay: which share of a cell's rewards can have come by now.

A cell that was shown yesterday has had one day to earn what was predicted for the whole horizon.
Counted in full it would look worse than it is (delayed feedback: Chapelle 2014).
"""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Floats, Ints

STRENGTH = 20.0  # rewarded cells after which the data weigh as much as the prior


def arrived(age: Ints, wait: Ints, horizon: int) -> Floats:
    """Return for each cell the share, 0 to 1, of its rewards that come within its age.

    Learned from cells whose horizon is over: (k * age / horizon + rewarded cells whose wait was
    not longer than age) / (k + rewarded cells), with k = 20. The prior is an even spread over the
    horizon. ``age``, ``wait`` (-1 for no reward) and ``horizon`` are microseconds.
    """
    seen = np.clip(age, 0, horizon)
    waits = np.sort(wait[(age >= horizon) & (wait >= 0)])
    n_by_then = np.searchsorted(waits, seen, side="right")
    share: Floats = (STRENGTH * seen / horizon + n_by_then) / (STRENGTH + len(waits))
    return share
