"""The week of Ramadan: what it taught, or the ordinary week shifted into the night."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.send_time.kernels import hour_kernel
from xenorec.timing.send_time.ramadan import PULL_OF_DEFAULT, PULL_OF_SHOP, shifted
from xenorec.timing.send_time.weighted_counts import HourVisits, WeightedVisits, weigh

_WIDTH = 1.2
_FOREVER = 1e9


@dataclass(frozen=True)
class RamadanCurves:
    """Curves of the week in Ramadan that sum to 1: the shop's, and customers' drawn to it."""

    evidence: WeightedVisits
    shop: Floats

    def of(self, rows: Ints) -> Floats:
        """Return one curve per position; the shop's for -1 and without events in Ramadan."""
        curves = np.tile(self.shop, (len(rows), 1))
        own = np.flatnonzero(rows >= 0)
        counts, n = self.evidence.rows(rows[own]), self.evidence.n[rows[own], None]
        spread = np.tile(hour_kernel(_WIDTH), (7, 7)) * self.shop
        smooth = counts @ (spread / spread.sum(axis=1)[:, None])
        curves[own] = (smooth + PULL_OF_SHOP * self.shop) / (n + PULL_OF_SHOP)
        return curves


def learn_ramadan(visits: HourVisits, ordinary: Floats) -> RamadanCurves:
    """Return the curves of the visits in Ramadan; ``ordinary`` is the shop's other curve."""
    fasting = visits.only(visits.is_ramadan, today=visits.today)
    evidence = weigh(fasting, half_life=_FOREVER, click=1.0)
    total = evidence.total() + PULL_OF_DEFAULT * shifted(ordinary)
    return RamadanCurves(evidence, np.asarray(total / total.sum()))
