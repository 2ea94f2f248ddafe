"""The score interval of a difference of two shares, and the p-value that goes with it.

Miettinen and Nurminen (1985): the variance is that of the shares that are likeliest where the
difference is what is supposed, times N / (N - 1). So a control without an event still has one, and
the smaller arm borrows from the larger. With the correction for skewness of Gart and Nam (1990) in
the form of Laud (2017) both sides of the interval err equally often, also where one arm is a small
share of all; without it a small control errs upwards or downwards, by how rare events are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from xenorec.report.effect_estimate import EffectEstimate

TINY = 1e-12
HALVINGS = 60


@dataclass(frozen=True)
class ShareDifference:
    """How many of the treated and of the control had an event."""

    n_events: int
    n: int
    n_events_control: int
    n_control: int

    def effect(self, *, level: float, is_corrected: bool = True) -> EffectEstimate:
        """Return the difference of the shares; ``is_corrected``: for skewness.

        The interval holds the differences that the score test does not reject at ``level``, so it
        holds zero if and only if the p-value is at least 1 - ``level``.
        """
        from scipy.special import ndtr, ndtri

        z, estimate = float(ndtri((1 + level) / 2)), self._shares[0] - self._shares[1]
        p_value = min(1.0, 2 * float(ndtr(-abs(self.score(0.0, is_corrected=is_corrected)))))
        low, high = (self._edge(side, z, is_corrected) for side in (-1, 1))
        return EffectEstimate(estimate, low, high, p_value)

    def score(self, difference: float, *, is_corrected: bool = True) -> float:
        """Return how many standard errors the shares are off from a supposed difference."""
        gap = self._shares[0] - self._shares[1] - difference
        if abs(gap) < TINY and not is_corrected:
            return 0.0
        treated, control = self._restricted(difference)
        spread = treated * (1 - treated), control * (1 - control)
        n_all = self.n + self.n_control
        variance = (spread[0] / self.n + spread[1] / self.n_control) * n_all / max(n_all - 1, 1)
        if variance < TINY**2:
            return 0.0 if abs(gap) < TINY else math.copysign(math.inf, gap)
        third = spread[0] * (1 - 2 * treated) / self.n**2
        third -= spread[1] * (1 - 2 * control) / self.n_control**2
        skewness = third / (6 * variance**1.5) if is_corrected else 0.0
        return _unskewed(gap / math.sqrt(variance), skewness)

    @property
    def _shares(self) -> tuple[float, float]:
        return self.n_events / self.n, self.n_events_control / self.n_control

    def _restricted(self, difference: float) -> tuple[float, float]:
        """Return the likeliest shares that differ by ``difference``: the root of a cubic."""
        n_all, events = self.n + self.n_control, self.n_events + self.n_events_control
        if difference == 0:
            return events / n_all, events / n_all
        square = (self.n + 2 * self.n_control) * difference - n_all - events
        linear = (self.n_control * difference - n_all - 2 * self.n_events_control) * difference
        linear += events
        constant = self.n_events_control * difference * (1 - difference)
        middle = square / (3 * n_all)
        q = middle**3 - linear * square / (6 * n_all**2) + constant / (2 * n_all)
        p = math.copysign(math.sqrt(max(middle**2 - linear / (3 * n_all), 0.0)), q)
        ratio = q / p**3 if p else 0.0
        angle = (math.pi + math.acos(min(max(ratio, -1.0), 1.0))) / 3
        control = 2 * p * math.cos(angle) - middle
        control = min(max(control, 0.0, -difference), 1.0, 1 - difference)
        return control + difference, control

    def _edge(self, side: int, z: float, is_corrected: bool) -> float:
        """Return the farthest difference to one side that is not rejected; zero is asked first."""

        def is_kept(difference: float) -> bool:
            return -side * self.score(difference, is_corrected=is_corrected) <= z

        near, far = self._shares[0] - self._shares[1], float(side)
        if near * side < 0:
            near, far = (0.0, far) if is_kept(0.0) else (near, 0.0)
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            near, far = (middle, far) if is_kept(middle) else (near, middle)
        return near


def _unskewed(z: float, skewness: float) -> float:
    """Return the score whose skewness is taken away: the root of a quadratic (Laud 2017)."""
    if abs(skewness) < TINY:
        return z
    root = max(1 + 4 * skewness * (z + skewness), 0.0)
    return (math.sqrt(root) - 1) / (2 * skewness)
