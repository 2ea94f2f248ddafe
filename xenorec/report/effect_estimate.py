"""Effect estimate: what a comparison of two arms found, whatever the method."""

from __future__ import annotations

from typing import NamedTuple


class EffectEstimate(NamedTuple):
    """A difference between two arms: estimate, interval, two-sided p-value, variance.

    The variance is NaN where the method has none of the estimate itself.
    """

    estimate: float
    ci_low: float
    ci_high: float
    p_value: float
    variance: float = float("nan")

    def times(self, scale: float) -> EffectEstimate:
        """Return the same effect in another unit."""
        low, high = self.ci_low * scale, self.ci_high * scale
        return EffectEstimate(
            self.estimate * scale, low, high, self.p_value, self.variance * scale * scale
        )
