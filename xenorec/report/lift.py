"""Did it work? The difference between treated and held-out customers, with its uncertainty."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import asdict, dataclass, fields
from html import escape
from typing import Any, Literal, TypeAlias

from xenorec.errors import BadInput, XenorecWarning
from xenorec.report.arm_comparison import ArmComparison
from xenorec.report.effect_estimate import EffectEstimate
from xenorec.report.inconclusive import ALARM, InconclusiveReasons
from xenorec.report.trial_arms import TrialArms, read_arms

Verdict: TypeAlias = Literal["more", "less", "no difference shown", "cannot tell"]


@dataclass(frozen=True)
class Lift:
    """The effect per customer of being treated, and what it rests on.

    ``verdict``: more, less, no difference shown (the interval holds zero), or cannot tell, with
    the reasons in ``doubts``; the figures are then given all the same, but nothing follows from
    them. ``estimate`` with its interval at ``level`` is the difference in means, of amounts no
    larger than ``cap_amount`` (NaN where none is cut), after the covariate's correction where one
    was used. ``raw_estimate`` is the plain difference of ``mean_treated`` and ``mean_control``,
    the plain means. ``p_value`` is two-sided, and below 1 - ``level`` if and only if the interval
    excludes zero; an interval is infinite where arms are too small for one. ``method`` is score
    or re-randomisation. ``variance_reduction`` is the share of the estimate's variance that the
    covariate took away. ``p_srm`` is the probability of so uneven a split by chance (sample ratio
    mismatch), NaN when no expected share was given; ``p_balance`` that of so different a covariate,
    NaN without one.
    """

    metric: str
    estimate: float
    ci_low: float
    ci_high: float
    p_value: float
    n_treated: int
    n_control: int
    mean_treated: float
    mean_control: float
    p_srm: float
    variance_reduction: float
    level: float
    is_share: bool
    verdict: Verdict
    doubts: tuple[str, ...]
    method: str
    raw_estimate: float
    cap_amount: float
    p_balance: float

    @property
    def is_shown(self) -> bool:
        """Whether a difference is told: more, or less."""
        return self.verdict in ("more", "less")

    def to_json(self) -> str:
        """Return the fields as JSON; what is no number or infinite becomes null."""
        values = {name: _jsonable(value) for name, value in asdict(self).items()}
        return json.dumps(values)

    def __str__(self) -> str:
        return f"{self.metric}: {self._finding()}; {self._sizes()}{self._raw()}"

    def _repr_html_(self) -> str:
        head, _, rest = str(self).partition("; ")
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(field.name)}</th>"
            f"<td>{escape(_shown(getattr(self, field.name)))}</td></tr>"
            for field in fields(self)
        )
        return f"<p><b>{escape(head)}</b><br>{escape(rest)}</p><table>{rows}</table>"

    def _finding(self) -> str:
        seen = (
            f"{self._number(self.estimate, sign=True)}{self._unit()} "
            f"({self._interval()}, {self.level:.0%} interval"
        )
        means = f"{self._mean(self.mean_treated)} against {self._mean(self.mean_control)}"
        if self.verdict == "cannot tell":
            return f"cannot tell, as {', and '.join(self.doubts)}. Seen {seen}), {means}"
        return f"{seen}, p = {self.p_value:.3g}), {means}"

    def _sizes(self) -> str:
        return f"{self.n_treated:,} treated, {self.n_control:,} held out"

    def _raw(self) -> str:
        """Return the plain difference where the estimate is another, for amounts were cut."""
        if math.isnan(self.cap_amount):
            return ""
        raw = self._number(self.raw_estimate, sign=True)
        return f"; amounts over {self.cap_amount:,.4g} count as that, without it {raw}"

    def _interval(self) -> str:
        if not (math.isfinite(self.ci_low) and math.isfinite(self.ci_high)):
            return "too few for an interval"
        return f"{self._number(self.ci_low)} to {self._number(self.ci_high)}"

    def _unit(self) -> str:
        return " % points" if self.is_share else " per customer"

    def _number(self, value: float, *, sign: bool = False) -> str:
        shown = f"{abs(value) * 100:,.1f}" if self.is_share else f"{abs(value):,.4g}"
        if float(shown.replace(",", "")) == 0:
            return shown
        return ("−" if value < 0 else "+" if sign else "") + shown

    def _mean(self, value: float) -> str:
        return f"{value:.1%}".replace("%", " %") if self.is_share else f"{value:,.4g}"


def lift(
    frame: Any,
    metric: str = "spend",
    covariate: str | None = None,
    *,
    treatment: str = "treatment",
    control: str = "control",
    level: float = 0.95,
    expected_share: float | None = None,
    cap_amount: float | None = None,
    seed: str = "lift",
) -> Lift:
    """Return the difference in means of ``metric`` between two randomised arms.

    ``frame`` holds one row per customer: customer_id, arm, the metric (a number, a share as 0
    and 1, or true and false) and optionally a ``covariate`` known before the treatment, best the
    same metric earlier.

    A share without a covariate gets the score interval of Miettinen and Nurminen (1985), corrected
    for skewness (Gart and Nam 1990; Laud 2017). Amounts, and shares with a covariate, are compared
    by drawing the arms anew (Fisher 1935): a studentised difference, both tails alike, and its
    distribution for the interval too, as in a bootstrap-t (Efron 1981). The draws follow from
    ``seed`` and who is in which arm, so the answer is the same each time and for rows in any
    order; where both arms are large the distribution's limit stands in for them. Amounts beyond
    ``cap_amount`` on either side of zero count as it; left out, it is the 99 % quantile of those
    that are not zero, of both arms together, and ``math.inf`` cuts nothing. A covariate is cut
    likewise, and its slope is that of all customers together (CUPED: Deng, Xu, Kohavi and Walker
    2013).

    It cannot tell where the control has fewer than 10 events, where one customer makes over 10 %
    of the sum, where the split is not what was meant (``expected_share`` is the share of customers
    that was meant to be treated; chi-square), or where the covariate differs between the arms by
    more than chance; such a covariate is left out, with a warning.

    It compares customers as assigned: keep those who were never reached. It cannot repair arms
    that were not drawn by chance. An all-equal amount gives an estimate of zero with no width, and
    an all-equal metric warns, as the outcome was hardly joined.

    Raises ``UnknownColumn`` for a missing column and ``BadInput`` for unknown arms, an arm with
    fewer than two customers, empty or infinite values, a customer in two rows, a level outside
    (0, 1), or a cap that is not above zero.

    >>> import pandas as pd
    >>> shop = pd.DataFrame({"customer_id": list("abcdef"), "arm": ["treatment", "control"] * 3,
    ...                      "spend": [12.0, 10, 14, 9, 13, 11]})
    >>> lift(shop).estimate, lift(shop).verdict
    (3.0, 'cannot tell')
    """
    _in_unit("level", level)
    arms = read_arms(frame, metric, covariate, treatment=treatment, control=control)
    found = compare(
        arms,
        metric,
        covariate,
        level=level,
        expected_share=expected_share,
        cap_amount=cap_amount,
        seed=seed,
    )
    _warn(found, arms, covariate)
    return found


def compare(
    arms: TrialArms,
    metric: str,
    covariate: str | None = None,
    *,
    level: float = 0.95,
    expected_share: float | None = None,
    cap_amount: float | None = None,
    seed: str = "lift",
) -> Lift:
    """Return what ``lift`` does, of arms that were read; the names are for its words."""
    compared = ArmComparison(arms, cap_amount, seed)
    p_srm = _p_srm(arms.n_treated, arms.n_control, expected_share)
    doubts = InconclusiveReasons(arms, p_srm, compared.p_balance, covariate)
    effect, reduction, method = compared.effect(level=level, is_adjusted=not doubts.is_moved)
    means = arms.means(arms.metric)
    return Lift(
        metric=metric,
        estimate=effect.estimate,
        ci_low=effect.ci_low,
        ci_high=effect.ci_high,
        p_value=effect.p_value,
        n_treated=arms.n_treated,
        n_control=arms.n_control,
        mean_treated=means[0],
        mean_control=means[1],
        p_srm=p_srm,
        variance_reduction=reduction,
        level=level,
        is_share=arms.is_share,
        verdict=_verdict(effect, level, tuple(doubts)),
        doubts=tuple(doubts),
        method=method,
        raw_estimate=means[0] - means[1],
        cap_amount=compared.cap if math.isfinite(compared.cap) else math.nan,
        p_balance=compared.p_balance,
    )


def _verdict(effect: EffectEstimate, level: float, doubts: tuple[str, ...]) -> Verdict:
    if doubts:
        return "cannot tell"
    if effect.p_value >= 1 - level:
        return "no difference shown"
    return "more" if effect.estimate > 0 else "less"


def _warn(found: Lift, arms: TrialArms, covariate: str | None) -> None:
    """Warn of what is no finding but a fault: nothing was joined, or the covariate was touched."""
    text = ""
    if arms.is_flat:
        text = (
            f"lift-flat: {found.metric!r} is {arms.metric[0]:g} for every customer, so the lift is "
            "exactly zero; most likely the outcome was not joined, or the window has not begun."
        )
    elif found.p_balance < ALARM:
        text = (
            f"lift-covariate: {covariate!r} differs between the arms by more than chance "
            f"(p_balance = {found.p_balance:.2g}), so it is left out; give one that was known "
            "before the treatment, and see that the arms were drawn by chance."
        )
    if text:
        warnings.warn(text, XenorecWarning, stacklevel=3)


def _p_srm(n_treated: int, n_control: int, expected_share: float | None) -> float:
    """Chi-square test, one degree of freedom, of the split against the share meant."""
    if expected_share is None:
        return math.nan
    from scipy.special import chdtrc

    _in_unit("expected_share", expected_share)
    n = n_treated + n_control
    chi = (n_treated - n * expected_share) ** 2 / (n * expected_share * (1 - expected_share))
    return float(chdtrc(1, chi))


def _in_unit(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise BadInput(f"{name} is {value!r}; expected a share between 0 and 1, such as 0.95.")


def _jsonable(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "; ".join(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
