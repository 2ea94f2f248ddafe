"""Rounding of scores, so that a replay stores the same bytes."""

from __future__ import annotations

import numpy as np

from xenorec.timing.stamps import Floats

DIGITS = 6


def significant(values: Floats) -> Floats:
    """Return ``values`` rounded to 6 significant decimal digits; 0, NaN and infinity stay."""
    plain = np.isfinite(values) & (values != 0)
    size = np.abs(np.where(plain, values, 1.0))
    shift = DIGITS - 1 - np.floor(np.log10(size)).astype(np.int64)
    up, down = 10.0 ** np.clip(shift, 0, 300), 10.0 ** np.clip(-shift, 0, 300)
    rounded: Floats = np.where(plain, np.round(values * up / down) * down / up, values)
    return rounded
