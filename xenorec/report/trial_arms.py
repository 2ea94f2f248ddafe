"""Two arms of customers, read from a frame: one row per customer, in the order of their ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.array_types import Bools, Floats
from xenorec.errors import BadInput, UnknownColumn, nearest

FEWEST = 2
"""Customers in an arm below which no variance is known."""


@dataclass(frozen=True)
class TrialArms:
    """The metric and the covariate (None where there is none) of each customer, and who is treated.

    ``is_flag``: the metric came as true and false.
    """

    metric: Floats
    covariate: Floats | None
    is_treated: Bools
    is_flag: bool

    @property
    def n_treated(self) -> int:
        """How many are treated."""
        return int(self.is_treated.sum())

    @property
    def n_control(self) -> int:
        """How many are held out."""
        return len(self.metric) - self.n_treated

    @property
    def is_flat(self) -> bool:
        """Whether everybody has the same value."""
        return bool((self.metric == self.metric[0]).all())

    @property
    def is_share(self) -> bool:
        """Whether the metric is yes or no; one number for everybody is that only as true, false."""
        return self.is_flag or (bool(np.isin(self.metric, (0, 1)).all()) and not self.is_flat)

    def means(self, values: Floats) -> tuple[float, float]:
        """Return the mean of the treated and of the control; large numbers do not overflow."""
        size = float(np.abs(values).max()) or 1.0
        arms = (values[self.is_treated], values[~self.is_treated])
        treated, control = (float((arm / size).mean()) * size for arm in arms)
        return treated, control

    def n_events(self, is_event: Bools) -> tuple[int, int]:
        """Return for how many of the treated and of the control something holds."""
        return int(is_event[self.is_treated].sum()), int(is_event[~self.is_treated].sum())


def read_arms(
    frame: Any, metric: str, covariate: str | None, *, treatment: str, control: str
) -> TrialArms:
    """Return the arms of a frame: customer_id, arm, the metric and optionally a covariate.

    Raises ``UnknownColumn`` for a missing column and ``BadInput`` for what cannot be compared.
    """
    table = _table(frame, metric, covariate)
    _refuse_gaps(table)
    _refuse_twice(table)
    arm = _arm(table, treatment, control)
    values = _numbers(table, metric)
    beside = None if covariate is None else _numbers(table, covariate)
    order = np.argsort(table["customer_id"].astype(str).to_numpy(dtype=object), kind="stable")
    return TrialArms(
        metric=values[order],
        covariate=None if beside is None else beside[order],
        is_treated=(arm == treatment).to_numpy()[order],
        is_flag=pd.api.types.is_bool_dtype(table[metric].dtype),
    )


def _table(frame: Any, metric: str, covariate: str | None) -> pd.DataFrame:
    if not isinstance(frame, pd.DataFrame):
        if not hasattr(frame, "__arrow_c_stream__"):
            raise BadInput(f"Expected a data frame, got {type(frame).__name__}.")
        frame = pa.table(frame).to_pandas()
    if metric in ("customer_id", "arm") or covariate in (metric, "customer_id", "arm"):
        raise BadInput(
            f"metric is {metric!r} and covariate is {covariate!r}; expected two different columns "
            "of numbers, the covariate of a time before the treatment."
        )
    names = ["customer_id", "arm", metric, *([] if covariate is None else [covariate])]
    have = [str(column) for column in frame.columns]
    for name in names:
        if name not in have:
            raise UnknownColumn(
                f"The frame has no column {name!r}; it has {', '.join(map(repr, have)) or 'none'}."
                f"{nearest(name, have)}"
            )
        if have.count(name) > 1:
            raise BadInput(f"The frame has {have.count(name)} columns {name!r}; keep one.")
    table: pd.DataFrame = frame[names]
    return table


def _refuse_gaps(table: pd.DataFrame) -> None:
    gaps = table.isna()
    for name in ("customer_id", "arm"):
        gaps[name] |= table[name].astype(str).str.strip() == ""
    for name in table.columns:
        if n := int(gaps[name].sum()):
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


def _arm(table: pd.DataFrame, treatment: str, control: str) -> pd.Series[str]:
    if treatment == control:
        raise BadInput(f"treatment and control are both {treatment!r}; name two different arms.")
    arm = table["arm"].astype(str)
    other = sorted(set(arm) - {treatment, control})
    if other:
        raise BadInput(
            f"arm holds {', '.join(map(repr, other[:5]))}; expected only {treatment!r} and "
            f"{control!r}.{nearest(other[0], (treatment, control))} Keep two arms, or name them "
            "with treatment=... and control=..."
        )
    for name in (treatment, control):
        if (n := int((arm == name).sum())) < FEWEST:
            raise BadInput(f"Arm {name!r} has {n} customer(s); at least two are needed.")
    return arm


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    try:
        values = np.asarray(table[name].astype(float), dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(
            f"{name!r} is of type {table[name].dtype}; expected numbers or true and false."
        ) from None
    if n := int((~np.isfinite(values)).sum()):
        raise BadInput(f"{name!r} is infinite or no number in {n:,} rows.")
    return values
