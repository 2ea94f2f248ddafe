"""An interval for a mean by drawing customers again and again."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from xenorec.array_types import Floats

DRAWS = 2000
CELLS = 4_000_000


def mean_interval(values: Floats, *, seed: str, share: float = 0.95) -> tuple[Floats, Floats]:
    """Return (low, high) of the mean of each column by the percentile bootstrap (Efron 1979).

    ``values``: one row per customer. The same seed gives the same interval.
    """
    rng = np.random.default_rng(
        int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "big")
    )
    n = len(values)
    at_once = max(1, CELLS // n)
    means = [
        rng.multinomial(n, np.full(n, 1 / n), size=min(at_once, DRAWS - done)) @ values / n
        for done in range(0, DRAWS, at_once)
    ]
    tail = (1 - share) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail], axis=0)
    return low, high
