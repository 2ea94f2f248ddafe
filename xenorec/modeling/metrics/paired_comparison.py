"""Is one method better than another? Customers drawn again, both methods on the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats
from xenorec.errors import BadInput, UnknownName, nearest
from xenorec.modeling.bootstrap import mean_interval

COLUMNS = ["method", "metric", "estimate", "ci_low", "ci_high", "n_customers"]


def differences(
    scores: Mapping[str, Floats], reference: str, metrics: Sequence[str], *, seed: str = "compare"
) -> pd.DataFrame:
    """Return how much each method differs from the reference, with a 95 % interval.

    ``scores``: method -> customers x metrics, the same customers in the same order in each; one
    column may be a plain array. One row per other method and metric: method, metric, estimate
    (method minus reference), ci_low, ci_high, n_customers. Customers are drawn in pairs
    (percentile bootstrap, Efron 1979), the same draws for all methods. A customer for whom either
    value is NaN is left out of that row. The interval holds for one row, not for all at once.
    Raises UnknownName for a reference without scores, BadInput for shapes that differ.
    """
    tables = _tables(scores, metrics)
    if reference not in tables:
        raise UnknownName(
            f"The reference {reference!r} has no scores; there are {', '.join(tables)}."
            f"{nearest(reference, tables)}"
        )
    others = {
        name: values - tables[reference] for name, values in tables.items() if name != reference
    }
    return _rows(others, metrics, seed)


def summarize(
    scores: Mapping[str, Floats], metrics: Sequence[str], *, seed: str = "compare"
) -> pd.DataFrame:
    """Return the mean of each method and metric with a 95 % interval.

    ``scores`` as for ``differences``; one row per method and metric with the same columns. Two
    intervals that overlap say little about the difference: ``differences`` tells it.
    """
    return _rows(_tables(scores, metrics), metrics, seed)


def _tables(scores: Mapping[str, Floats], metrics: Sequence[str]) -> dict[str, Floats]:
    tables = {name: _two(values) for name, values in scores.items()}
    shapes = {name: values.shape for name, values in tables.items()}
    if len(set(shapes.values())) > 1 or any(s[1] != len(metrics) for s in shapes.values()):
        raise BadInput(
            f"Expected customers x {len(metrics)} metrics of every method, got {shapes}; "
            f"score the same customers with each of them."
        )
    return tables


def _two(values: Floats) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    return found[:, None] if found.ndim == 1 else found


def _rows(tables: Mapping[str, Floats], metrics: Sequence[str], seed: str) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=COLUMNS)
    names = [(method, metric) for method in tables for metric in metrics]
    values = np.hstack(list(tables.values()))
    return pd.DataFrame(
        [(*name, *numbers) for name, numbers in zip(names, _intervals(values, seed), strict=True)],
        columns=COLUMNS,
    )


def _intervals(values: Floats, seed: str) -> list[tuple[float, float, float, int]]:
    """Return (mean, low, high, n) of each column; columns known for the same people go together."""
    known = ~np.isnan(values)
    groups, which = np.unique(known, axis=1, return_inverse=True)
    found = [(np.nan, np.nan, np.nan, 0)] * values.shape[1]
    for number, people in enumerate(groups.T):
        columns = np.flatnonzero(which.ravel() == number)
        for column, row in zip(columns, _of(values[:, columns], people, seed), strict=True):
            found[column] = row
    return found


def _of(values: Floats, people: Bools, seed: str) -> list[tuple[float, float, float, int]]:
    n = int(people.sum())
    if not n:
        return [(np.nan, np.nan, np.nan, 0)] * values.shape[1]
    low, high = mean_interval(values[people], seed=seed)
    mean = values[people].mean(axis=0)
    rows = zip(mean.tolist(), low.tolist(), high.tolist(), strict=True)
    return [(middle, least, most, n) for middle, least, most in rows]
