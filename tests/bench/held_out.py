"""What is scored, split into what constants are chosen on and what is scored once.

By time and by shop. Constants are chosen on the ``development`` looks alone; the ``final`` ones
are scored with whatever came out of that, and nothing is changed after them. ``was_seen``: a
window that stood beside goals in earlier releases, so that older constants may know it; only the
others are free of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Texts

DEVELOPMENT, FINAL = "development", "final"
DRAWS = 2_000


@dataclass(frozen=True)
class Part:
    """Instants of one shop from which the time after is foretold."""

    part: str
    shop: str
    origins: tuple[str, ...]
    was_seen: bool = False

    def __str__(self) -> str:
        seen = ", had goals before" if self.was_seen else ""
        return f"{self.shop}, {len(self.origins)} from {self.origins[0]} ({self.part}{seen})"


NEXT_ORDERS = (
    Part(DEVELOPMENT, "journey", ("2017-06-19", "2017-07-31")),
    Part(DEVELOPMENT, "wholesaler", ("2010-09-01", "2010-12-01")),
    Part(DEVELOPMENT, "cdnow", ("1997-10-01",)),
    Part(DEVELOPMENT, "grocer", ("2006-12-01",)),
    Part(FINAL, "wholesaler", ("2011-04-01", "2011-07-01", "2011-10-01", "2011-11-15")),
    Part(FINAL, "cdnow", ("1998-02-01", "1998-04-01", "1998-06-01")),
    Part(FINAL, "grocer", ("2007-03-01", "2007-06-01", "2007-09-01"), was_seen=True),
    Part(FINAL, "journey", ("2017-09-11", "2017-10-16", "2017-11-20"), was_seen=True),
)
"""Will the customer order within 14 days?"""
VALUES = (
    Part(DEVELOPMENT, "journey", ("2017-05-01",)),
    Part(FINAL, "wholesaler", ("2011-06-01",)),
    Part(FINAL, "journey", ("2017-08-28",), was_seen=True),
)
"""Orders and spend of the 125 days after."""
HOURS = (
    Part(DEVELOPMENT, "journey", ("2017-06-01",)),
    Part(FINAL, "wholesaler", ("2011-06-01",)),
    Part(FINAL, "journey", ("2017-08-28",), was_seen=True),
)
"""The hour of the week of all orders after."""
SHELVES = (
    Part(DEVELOPMENT, "journey", ("2017-08-15",)),
    Part(FINAL, "wholesaler", ("2011-09-01",)),
    Part(FINAL, "journey", ("2017-11-01",), was_seen=True),
)
"""What is bought in the 14 days after, of ten products for each customer."""


@dataclass(frozen=True)
class Score:
    """A mean per row, ours and another's, with the interval of the difference by household."""

    n_rows: int
    n_households: int
    ours: float
    other: float
    low: float
    high: float

    def __str__(self) -> str:
        gain = self.ours - self.other
        told = (
            f"{self.ours:9.4f} {self.other:9.4f} {gain:+9.4f} ({self.low:+.4f} to {self.high:+.4f})"
        )
        return f"{told}  {self.n_rows:,} rows of {self.n_households:,} households"


def compared(households: Texts, ours: Floats, other: Floats) -> Score:
    """Return both means, and a 95 % interval of their difference.

    Households are drawn again, each with all its rows (percentile bootstrap, Efron 1979).
    """
    names, code = np.unique(households.astype(str), return_inverse=True)
    n = np.bincount(code).astype(np.float64)
    gain = np.bincount(code, ours - other)
    rng = np.random.default_rng(0)
    means = [_drawn(rng, gain, n) for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Score(len(ours), len(names), float(ours.mean()), float(other.mean()), low, high)


def _drawn(rng: np.random.Generator, gain: Floats, n: Floats) -> float:
    rows = rng.integers(0, len(n), len(n))
    return float(gain[rows].sum() / n[rows].sum())


def of(parts: tuple[Part, ...], part: str, shop: str) -> Iterator[Part]:
    """Yield the parts asked for; "all" is every shop."""
    for each in parts:
        if part in (each.part, "all") and shop in (each.shop, "all"):
            yield each


def last_order(orders: pd.DataFrame) -> pd.Timestamp:
    """Return when the data end."""
    return pd.Timestamp(orders["ordered_at"].max())
