"""A number per customer that decides who is learned from, the same on every machine."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Texts


def chances(ids: Texts) -> Floats:
    """Return a number in [0, 1) per id: its SipHash (``pandas.util.hash_array``) as a share."""
    hashed = pd.util.hash_array(ids.astype(object), hash_key="xenorec timing..")
    return np.asarray(hashed >> np.uint64(11), dtype=np.float64) / 2.0**53
