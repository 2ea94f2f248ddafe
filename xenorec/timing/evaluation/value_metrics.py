"""How good told amounts are: errors, level, coverage of intervals, and who is on top."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints
from xenorec.modeling.metrics.probability_metrics import bin_means

TENTHS = 10


def mae(told: Floats, truth: Floats) -> float:
    """Mean absolute error."""
    return float(np.abs(told - truth).mean())


def rmse(told: Floats, truth: Floats) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.mean((told - truth) ** 2)))


def bias(told: Floats, truth: Floats) -> float:
    """How far the total is off, as a share of the observed total; NaN when that is 0."""
    total = float(truth.sum())
    return float(told.sum()) / total - 1 if total else float("nan")


def top_decile(told: Floats, truth: Floats) -> float:
    """Share of the observed total that the tenth with the highest answers brought.

    Ties at the edge count with the mean of all that are tied. NaN when the total is 0.
    """
    total, places = float(truth.sum()), max(round(len(told) / TENTHS), 1)
    if not total:
        return float("nan")
    edge = np.sort(told)[-places]
    above, tied = told > edge, told == edge
    inside = truth[above].sum() + truth[tied].mean() * (places - above.sum())
    return float(inside / total)


def scores(told: Floats, truth: Floats, low: Floats, high: Floats) -> dict[str, float]:
    """Return observed, mae, rmse, bias, coverage (NaN without intervals) and top_decile."""
    inside = ((low <= truth) & (truth <= high)).mean()
    return {
        "observed": float(truth.mean()),
        "mae": mae(told, truth),
        "rmse": rmse(told, truth),
        "bias": bias(told, truth),
        "coverage": float("nan") if np.isnan(low).all() else float(inside),
        "top_decile": top_decile(told, truth),
    }


def calibration(told: Floats, truth: Floats) -> pd.DataFrame:
    """Return one row per non-empty tenth of the customers by answer, lowest first.

    decile (1 to 10), predicted and observed (means), n. Equal answers share a tenth.
    """
    return bin_means(_tenth(told), told, truth, name="decile")


def _tenth(told: Floats) -> Ints:
    below = np.searchsorted(np.sort(told), told, side="left")
    return (below * TENTHS // max(len(told), 1) + 1).astype(np.int64)
