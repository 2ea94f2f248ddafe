"""How good predicted amounts are: errors, level, coverage of intervals, and who is on top."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints
from xenorec.modeling.metrics.probability_metrics import bin_means

TENTHS = 10


def mae(predicted: Floats, observed: Floats) -> float:
    """Mean absolute error."""
    return float(np.abs(predicted - observed).mean())


def rmse(predicted: Floats, observed: Floats) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.mean((predicted - observed) ** 2)))


def bias(predicted: Floats, observed: Floats) -> float:
    """How far the total is off, as a share of the observed total; NaN when that is 0."""
    total = float(observed.sum())
    return float(predicted.sum()) / total - 1 if total else float("nan")


def top_decile(predicted: Floats, observed: Floats) -> float:
    """Share of the observed total that the tenth with the highest answers brought.

    Ties at the edge count with the mean of all that are tied. NaN when the total is 0.
    """
    total, places = float(observed.sum()), max(round(len(predicted) / TENTHS), 1)
    if not total:
        return float("nan")
    edge = np.sort(predicted)[-places]
    above, tied = predicted > edge, predicted == edge
    inside = observed[above].sum() + observed[tied].mean() * (places - above.sum())
    return float(inside / total)


def scores(predicted: Floats, observed: Floats, low: Floats, high: Floats) -> dict[str, float]:
    """Return observed, mae, rmse, bias, coverage (NaN without intervals) and top_decile."""
    inside = ((low <= observed) & (observed <= high)).mean()
    return {
        "observed": float(observed.mean()),
        "mae": mae(predicted, observed),
        "rmse": rmse(predicted, observed),
        "bias": bias(predicted, observed),
        "coverage": float("nan") if np.isnan(low).all() else float(inside),
        "top_decile": top_decile(predicted, observed),
    }


def calibration(predicted: Floats, observed: Floats) -> pd.DataFrame:
    """Return one row per non-empty tenth of the customers by answer, lowest first.

    decile (1 to 10), predicted and observed (means), n. Equal answers share a tenth.
    """
    return bin_means(_tenth(predicted), predicted, observed, name="decile")


def _tenth(predicted: Floats) -> Ints:
    below = np.searchsorted(np.sort(predicted), predicted, side="left")
    return (below * TENTHS // max(len(predicted), 1) + 1).astype(np.int64)
