"""The comparison of two arms by the method that fits the metric."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xenorec.array_types import Floats
from xenorec.errors import BadInput
from xenorec.report.effect_estimate import EffectEstimate
from xenorec.report.inconclusive import FEWEST
from xenorec.report.rerandomisation import Rerandomisation
from xenorec.report.score_interval import ShareDifference
from xenorec.report.trial_arms import TrialArms

CAPPED = 0.99
"""The quantile of the amounts that are not zero, of both arms together, that is the cap."""
STEADY = 1e-9
"""A covariate that varies by less, in parts of its size, is constant; so is what it leaves."""
PLAIN, ADJUSTED, BESIDE = range(3)
"""The columns that are compared."""
DRAWN = "re-randomisation"


@dataclass(frozen=True)
class ArmComparison:
    """Two arms, the cap of their amounts (None: the quantile; infinite: none), a seed of draws."""

    arms: TrialArms
    given_cap: float | None
    seed: str

    @cached_property
    def cap(self) -> float:
        """The amount beyond which every amount counts as it; infinite where none is cut."""
        if self.given_cap is not None and not self.given_cap > 0:
            raise BadInput(
                f"cap_amount is {self.given_cap!r}; expected an amount above zero, declared before "
                "the outcome was seen, or math.inf to cut nothing."
            )
        if self.arms.is_share:
            return math.inf
        cap = _cap(self.arms.metric) if self.given_cap is None else float(self.given_cap)
        return cap if (np.abs(self.arms.metric) > cap).any() else math.inf

    @cached_property
    def p_balance(self) -> float:
        """The probability of covariates so different by chance; NaN without one."""
        if self.arms.covariate is None:
            return math.nan
        return self._drawn.p_value(BESIDE) if self._beside.any() else 1.0

    def effect(self, *, level: float, is_adjusted: bool) -> tuple[EffectEstimate, float, str]:
        """Return the effect, which share of its variance the covariate took away, and the method.

        ``is_adjusted``: for the covariate, where there is one that can be taken out.
        """
        adjusts = is_adjusted and self._is_separable
        if self.arms.is_share and not (adjusts and self._has_both):
            return self._shares.effect(level=level), 0.0, "score"
        if self.arms.is_flat:
            return EffectEstimate(0.0, 0.0, 0.0, 1.0), 0.0, DRAWN
        plain = self._drawn.effect(PLAIN, level=level)
        if not adjusts:
            return self._in_metric_unit(plain), 0.0, DRAWN
        rest = self._drawn.effect(ADJUSTED, level=level).times(1 / self._share_left)
        reduction = 1 - rest.variance / plain.variance if plain.variance else 0.0
        return self._in_metric_unit(rest), reduction, DRAWN

    def _in_metric_unit(self, effect: EffectEstimate) -> EffectEstimate:
        """Return the effect in the metric's own unit.

        Unbounded where an arm had no event, and so no variance to tell how far zero is off.
        """
        is_empty = not all(self.arms.n_events(self.arms.metric != 0))
        if is_empty and effect.ci_low <= 0 <= effect.ci_high:
            effect = effect._replace(ci_low=-math.inf, ci_high=math.inf)
        return effect.times(self._unit)

    @property
    def _has_both(self) -> bool:
        """Whether enough in both arms had an event, and had none, to adjust a share."""
        has = self.arms.metric != 0
        return min(*self.arms.n_events(has), *self.arms.n_events(~has)) >= FEWEST

    @property
    def _shares(self) -> ShareDifference:
        treated, control = self.arms.n_events(self.arms.metric != 0)
        return ShareDifference(treated, self.arms.n_treated, control, self.arms.n_control)

    @cached_property
    def _drawn(self) -> Rerandomisation:
        """The metric, what the covariate leaves of it, and the covariate."""
        plain = self._capped / self._unit
        rest = plain - self._slope(plain) * self._beside
        rest = rest if np.std(rest) > STEADY else np.zeros(len(rest))
        columns = [plain] if self.arms.covariate is None else [plain, rest, self._beside]
        return Rerandomisation(np.column_stack(columns), self.arms.is_treated, self.seed)

    def _slope(self, values: Floats) -> float:
        """Return the slope of values on the covariate, of all customers: no draw changes it."""
        square = float(self._beside @ self._beside)
        return float(self._beside @ values) / square if square else 0.0

    @cached_property
    def _share_left(self) -> float:
        """Which share of being treated the covariate leaves, so that least squares come out."""
        treated, control = self.arms.means(self._beside)
        return 1 - self._slope(self.arms.is_treated.astype(np.float64)) * (treated - control)

    @property
    def _is_separable(self) -> bool:
        return bool(self._beside.any()) and self._share_left > STEADY

    @cached_property
    def _capped(self) -> Floats:
        return np.clip(self.arms.metric, -self.cap, self.cap)

    @cached_property
    def _unit(self) -> float:
        """How far the metric scatters: in it nothing overflows, and nothing is lost."""
        return _scatter(self._capped) or 1.0

    @cached_property
    def _beside(self) -> Floats:
        """The covariate, cut, centred and in units of its own; all zero where it tells nothing."""
        values = self.arms.covariate
        if values is None:
            return np.zeros(len(self.arms.metric))
        values = np.clip(values, -_cap(values), _cap(values))
        size, scatter = float(np.abs(values).max()), _scatter(values)
        if scatter <= STEADY * size:
            return np.zeros(len(values))
        return values / scatter - float((values / scatter).mean())


def _cap(values: Floats) -> float:
    """Return the quantile of the amounts that are not zero, one of them; infinite of none."""
    amounts = np.abs(values[values != 0])
    return float(np.quantile(amounts, CAPPED, method="higher")) if len(amounts) else math.inf


def _scatter(values: Floats) -> float:
    size = float(np.abs(values).max()) or 1.0
    return float(np.std(values / size)) * size
