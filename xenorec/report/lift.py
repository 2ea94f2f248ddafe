"""Did it work? The difference between treated and held-out customers, with its uncertainty."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import asdict, dataclass, fields
from html import escape
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from xenorec.errors import BadInput, UnknownColumn, XenorecWarning, nearest

Floats: TypeAlias = npt.NDArray[np.float64]

SRM_ALARM = 0.001
"""Below this the split of the arms is hardly chance: look for lost or doubled customers."""


@dataclass(frozen=True)
class Lift:
    """The effect per customer of being treated, and what it rests on.

    ``estimate`` with its interval at ``level`` is the difference in means, after the covariate's
    correction where one was given; ``mean_treated`` and ``mean_control`` are the plain means.
    ``p_value`` is two-sided. ``variance_reduction`` is the share of the estimate's variance that
    the covariate took away. ``p_srm`` is the probability of so uneven a split by chance (sample
    ratio mismatch), NaN when no expected share was given.
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

    def to_json(self) -> str:
        """Return the fields as JSON; NaN becomes null."""
        values = {name: _jsonable(value) for name, value in asdict(self).items()}
        return json.dumps(values)

    def __str__(self) -> str:
        text = (
            f"{self.metric}: {self._number(self.estimate, sign=True)}{self._unit()} "
            f"({self._number(self.ci_low)} to {self._number(self.ci_high)}, "
            f"{self.level:.0%} interval, p = {self.p_value:.3g}), "
            f"{self._mean(self.mean_treated)} against {self._mean(self.mean_control)}; "
            f"{self.n_treated:,} treated, {self.n_control:,} held out"
        )
        return text + self._split_alarm()

    def _repr_html_(self) -> str:
        head, _, rest = str(self).partition("; ")
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(field.name)}</th>"
            f"<td>{escape(_shown(getattr(self, field.name)))}</td></tr>"
            for field in fields(self)
        )
        return f"<p><b>{escape(head)}</b><br>{escape(rest)}</p><table>{rows}</table>"

    def _unit(self) -> str:
        return " % points" if self.is_share else " per customer"

    def _number(self, value: float, *, sign: bool = False) -> str:
        shown = f"{abs(value) * 100:,.1f}" if self.is_share else f"{abs(value):,.4g}"
        if float(shown.replace(",", "")) == 0:
            return shown
        return ("−" if value < 0 else "+" if sign else "") + shown

    def _mean(self, value: float) -> str:
        return f"{value:.1%}".replace("%", " %") if self.is_share else f"{value:,.4g}"

    def _split_alarm(self) -> str:
        if not self.p_srm < SRM_ALARM:
            return ""
        return f". The arms are not of the size they were meant to be (p_srm = {self.p_srm:.2g})"


@dataclass(frozen=True)
class _Arm:
    """One arm's metric, and its covariate (zeros when there is none)."""

    metric: Floats
    covariate: Floats

    def __len__(self) -> int:
        return len(self.metric)

    def error(self, theta: float) -> float:
        """Variance of the mean of metric - theta * covariate."""
        return float(np.var(self.metric - theta * self.covariate, ddof=1) / len(self))


def lift(
    frame: Any,
    metric: str = "spend",
    covariate: str | None = None,
    *,
    treatment: str = "treatment",
    control: str = "control",
    level: float = 0.95,
    expected_share: float | None = None,
) -> Lift:
    """Return the difference in means of ``metric`` between two randomised arms.

    ``frame`` holds one row per customer: customer_id, arm, the metric (a number, a share as 0
    and 1, or true and false) and optionally a ``covariate`` known before the treatment, best the
    same metric earlier. The interval is Welch's (unequal variances). With a covariate the metric
    is first corrected by CUPED, theta pooled over the arms (Deng, Xu, Kohavi and Walker 2013).
    ``expected_share`` is the share of customers that was meant to be treated; with it the split
    is tested by chi-square.

    It compares customers as assigned: keep those who were never reached. It cannot repair arms
    that were not drawn by chance, or a covariate that the treatment has touched. An all-equal
    metric gives an estimate of zero with no width and warns, as the outcome was hardly joined.

    Raises ``UnknownColumn`` for a missing column and ``BadInput`` for unknown arms, an arm with
    fewer than two customers, empty values, a customer in two rows, or a level outside (0, 1).

    >>> import pandas as pd
    >>> shop = pd.DataFrame({"customer_id": list("abcdef"), "arm": ["treatment", "control"] * 3,
    ...                      "spend": [12.0, 10, 14, 9, 13, 11]})
    >>> lift(shop).estimate
    3.0
    """
    _in_unit("level", level)
    table = _table(frame, metric, covariate)
    treated, held = _arms(table, metric, covariate, treatment, control)
    _warn_if_flat(metric, treated, held)
    theta = _theta(treated, held) if covariate is not None else 0.0
    raw, variance = (_variance(treated, held, value) for value in (0.0, theta))
    estimate = _mean(treated, theta) - _mean(held, theta)
    p_value, width = _welch(estimate, treated.error(theta), held.error(theta), treated, held, level)
    values = np.concatenate([treated.metric, held.metric])
    return Lift(
        metric=metric,
        estimate=estimate,
        ci_low=estimate - width,
        ci_high=estimate + width,
        p_value=p_value,
        n_treated=len(treated),
        n_control=len(held),
        mean_treated=float(treated.metric.mean()),
        mean_control=float(held.metric.mean()),
        p_srm=_p_srm(len(treated), len(held), expected_share),
        variance_reduction=1 - variance / raw if raw > 0 else 0.0,
        level=level,
        is_share=bool(np.isin(values, (0.0, 1.0)).all()),
    )


def _table(frame: Any, metric: str, covariate: str | None) -> pd.DataFrame:
    names = ["customer_id", "arm", metric, *([] if covariate is None else [covariate])]
    if not isinstance(frame, pd.DataFrame):
        if not hasattr(frame, "__arrow_c_stream__"):
            raise BadInput(f"Expected a data frame, got {type(frame).__name__}.")
        frame = pa.table(frame).to_pandas()
    have = [str(column) for column in frame.columns]
    for name in names:
        if name not in have:
            raise UnknownColumn(
                f"The frame has no column {name!r}; it has {', '.join(map(repr, have)) or 'none'}."
                f"{nearest(name, have)}"
            )
    table: pd.DataFrame = frame[list(dict.fromkeys(names))]
    _refuse_gaps(table)
    _refuse_twice(table)
    return table


def _refuse_gaps(table: pd.DataFrame) -> None:
    for name, n in table.isna().sum().items():
        if n:
            raise BadInput(
                f"{name!r} is empty in {n:,} of {len(table):,} rows; fill it first (a customer "
                f"who did nothing has 0, not nothing) or leave those customers out of both arms."
            )


def _refuse_twice(table: pd.DataFrame) -> None:
    twice = table["customer_id"].astype(str).duplicated()
    if twice.any():
        raise BadInput(
            f"{int(twice.sum()):,} rows repeat a customer (customer_id, such as "
            f"{table.loc[twice, 'customer_id'].iloc[0]!r}); sum the metric to one row per customer."
        )


def _arms(
    table: pd.DataFrame, metric: str, covariate: str | None, treatment: str, control: str
) -> tuple[_Arm, _Arm]:
    if treatment == control:
        raise BadInput(f"treatment and control are both {treatment!r}; name two different arms.")
    arm = table["arm"].astype(str)
    other = sorted(set(arm) - {treatment, control})
    if other:
        raise BadInput(
            f"arm holds {', '.join(map(repr, other[:5]))}; expected only {treatment!r} and "
            f"{control!r}. Keep two arms, or name them with treatment=... and control=..."
        )
    values = _numbers(table, metric)
    beside = np.zeros(len(table)) if covariate is None else _numbers(table, covariate)
    beside = beside - beside.mean() if len(beside) else beside
    arms = [(name, (arm == name).to_numpy()) for name in (treatment, control)]
    for name, rows in arms:
        if rows.sum() < 2:
            raise BadInput(
                f"Arm {name!r} has {int(rows.sum())} customer(s); at least two are needed."
            )
    treated, held = (_Arm(values[rows], beside[rows]) for _, rows in arms)
    return treated, held


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    try:
        values = np.asarray(table[name].astype(float), dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(
            f"{name!r} is of type {table[name].dtype}; expected numbers or true and false."
        ) from None
    if not np.isfinite(values).all():
        raise BadInput(f"{name!r} is infinite in {int((~np.isfinite(values)).sum()):,} rows.")
    return values


def _warn_if_flat(metric: str, treated: _Arm, held: _Arm) -> None:
    values = np.concatenate([treated.metric, held.metric])
    if np.ptp(values) == 0:
        warnings.warn(
            f"lift-flat: {metric!r} is {values[0]:g} for every customer, so the lift is exactly "
            f"zero; most likely the outcome was not joined, or the window has not begun.",
            XenorecWarning,
            stacklevel=3,
        )


def _theta(treated: _Arm, held: _Arm) -> float:
    """Slope of the metric on the covariate within the arms, pooled; 0 for a constant covariate."""
    cross = square = 0.0
    for arm in (treated, held):
        beside = arm.covariate - arm.covariate.mean()
        cross += float(beside @ (arm.metric - arm.metric.mean()))
        square += float(beside @ beside)
    return cross / square if square > 0 else 0.0


def _mean(arm: _Arm, theta: float) -> float:
    return float(arm.metric.mean() - theta * arm.covariate.mean())


def _variance(treated: _Arm, held: _Arm, theta: float) -> float:
    return treated.error(theta) + held.error(theta)


def _welch(
    estimate: float, error_t: float, error_c: float, treated: _Arm, held: _Arm, level: float
) -> tuple[float, float]:
    """Return the two-sided p-value and half the width of the interval."""
    from scipy.special import stdtr, stdtrit

    total = error_t + error_c
    if total == 0:
        return (1.0 if estimate == 0 else 0.0), 0.0
    freedom = total**2 / (error_t**2 / (len(treated) - 1) + error_c**2 / (len(held) - 1))
    p_value = 2 * stdtr(freedom, -abs(estimate) / math.sqrt(total))
    return float(p_value), float(stdtrit(freedom, (1 + level) / 2) * math.sqrt(total))


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
    return None if isinstance(value, float) and math.isnan(value) else value


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
