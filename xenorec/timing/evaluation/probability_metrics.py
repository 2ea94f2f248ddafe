"""How good predicted probabilities are: four scores and a calibration table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xenorec.array_types import Floats

BINS = 10
_FLOOR = 1e-15


def log_loss(p: Floats, ordered: Floats) -> float:
    """Mean negative log-likelihood in nats; a probability is kept 1e-15 away from 0 and 1."""
    safe = np.clip(p, _FLOOR, 1 - _FLOOR)
    return float(-np.mean(np.where(ordered > 0, np.log(safe), np.log1p(-safe))))


def brier(p: Floats, ordered: Floats) -> float:
    """Mean squared error of the probability."""
    return float(np.mean((p - ordered) ** 2))


def auc(p: Floats, ordered: Floats) -> float:
    """Chance that somebody who ordered ranks above somebody who did not; ties count half.

    NaN when everybody or nobody ordered.
    """
    n, n_ordered = len(p), float(ordered.sum())
    if n_ordered in (0.0, float(n)):
        return float("nan")
    _, where, counts = np.unique(p, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[where]
    return float(
        (rank[ordered > 0].sum() - n_ordered * (n_ordered + 1) / 2) / (n_ordered * (n - n_ordered))
    )


def calibration(p: Floats, ordered: Floats) -> pd.DataFrame:
    """Return one row per non-empty tenth of [0, 1]: bin, predicted, observed, n."""
    tenth = np.minimum((p * BINS).astype(int), BINS - 1)
    frame = pd.DataFrame({"bin": tenth, "predicted": p, "observed": ordered})
    grouped = frame.groupby("bin", as_index=False)
    return grouped.agg(
        predicted=("predicted", "mean"), observed=("observed", "mean"), n=("observed", "size")
    )


def expected_calibration_error(p: Floats, ordered: Floats) -> float:
    """Mean distance of predicted and observed share over ten equal bins, weighted by size."""
    table = calibration(p, ordered)
    gap = (table["predicted"] - table["observed"]).abs()
    return float((gap * table["n"]).sum() / table["n"].sum())


def all_scores(p: Floats, ordered: Floats) -> dict[str, float]:
    """Return log_loss, auc, brier and ece."""
    return {
        "log_loss": log_loss(p, ordered),
        "auc": auc(p, ordered),
        "brier": brier(p, ordered),
        "ece": expected_calibration_error(p, ordered),
    }
