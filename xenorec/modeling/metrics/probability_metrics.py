"""How good predicted probabilities are: log loss, Brier score, AUC and calibration.

There are two calibration errors because there are two ways to cut predictions into bins, and each
is meant. Where chances spread over all of [0, 1], as those of an order do, ten bins of equal width
(``expected_calibration_error``; Guo et al. 2017) are read like the calibration table beside them.
Where nearly all are small, as those of a product on a page, one such bin would hold everything and
hide what is wrong, so bins of equal size are taken (``adaptive_calibration_error``; Nixon et al.
2019, "Measuring calibration in deep learning").
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints
from xenorec.errors import BadInput

BINS = 10
TINY = 1e-15
Z = 1.959963984540054


def log_loss(p: Floats, happened: Floats) -> float:
    """Mean negative log-likelihood in nats; a probability is kept 1e-15 away from 0 and 1."""
    safe = np.clip(p, TINY, 1 - TINY)
    return float(-np.mean(np.where(happened > 0, np.log(safe), np.log1p(-safe))))


def brier(p: Floats, happened: Floats) -> float:
    """Mean squared error of the probability (Brier 1950)."""
    return float(np.mean((p - happened) ** 2))


def auc(p: Floats, happened: Floats) -> float:
    """Chance that a row where it happened ranks above one where it did not; ties count half.

    NaN when it happened everywhere or nowhere.
    """
    n, n_happened = len(p), float(happened.sum())
    if n_happened in (0.0, float(n)):
        return float("nan")
    _, where, counts = np.unique(p, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[where][happened > 0].sum()
    return float((ranks - n_happened * (n_happened + 1) / 2) / (n_happened * (n - n_happened)))


def calibration(p: Floats, happened: Floats) -> pd.DataFrame:
    """Return one row per non-empty tenth of [0, 1]: bin, predicted, observed, n."""
    tenth = np.minimum((p * BINS).astype(int), BINS - 1)
    return bin_means(tenth, p, happened, name="bin")


def bin_means(number: Ints, predicted: Floats, observed: Floats, *, name: str) -> pd.DataFrame:
    """Return one row per bin, lowest first: ``name``, predicted and observed (means), n."""
    frame = pd.DataFrame({name: number, "predicted": predicted, "observed": observed})
    grouped = frame.groupby(name, as_index=False)
    return grouped.agg(
        predicted=("predicted", "mean"), observed=("observed", "mean"), n=("observed", "size")
    )


def expected_calibration_error(p: Floats, happened: Floats) -> float:
    """Mean distance of predicted and observed share over ten bins of equal width, 0 to 1."""
    table = calibration(p, happened)
    gap = (table["predicted"] - table["observed"]).abs()
    return float((gap * table["n"]).sum() / table["n"].sum())


def probability_scores(p: Floats, happened: Floats) -> dict[str, float]:
    """Return log_loss, auc, brier and ece."""
    return {
        "log_loss": log_loss(p, happened),
        "auc": auc(p, happened),
        "brier": brier(p, happened),
        "ece": expected_calibration_error(p, happened),
    }


def wilson(n_hits: Ints | Floats, n: Ints | Floats) -> tuple[Floats, Floats]:
    """Return (low, high) of a share, 95 % (Wilson 1927); NaN where there are no trials.

    It takes the trials as independent. Cells of one page are not quite, so that intervals over
    many cells of few customers are somewhat too narrow.
    """
    trials = np.where(np.asarray(n) > 0, n, np.nan).astype(np.float64)
    rate, z2 = n_hits / trials, Z * Z
    middle = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z / (1 + z2 / trials) * np.sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    return np.clip(middle - half, 0.0, rate), np.clip(middle + half, rate, 1.0)


def reliability(p_buy: Any, is_bought: Any, *, n_bins: int = 10) -> pd.DataFrame:
    """Return predicted beside observed in up to ``n_bins`` bins of about equal size.

    ``p_buy``: predicted chances, 0 to 1; ``is_bought``: what happened, as long. Equal predictions
    share a bin, so there may be fewer bins. One row per bin, lowest first: bin (from 1), n,
    mean_predicted, observed_rate, ci_low, ci_high (of the observed rate, Wilson, 95 %).
    Raises BadInput for chances outside 0 to 1, empty ones, or arrays of different length.
    """
    p, bought = _checked(p_buy, is_bought)
    edges = np.quantile(p, np.arange(1, n_bins) / n_bins, method="inverted_cdf")
    number = np.searchsorted(np.unique(edges), p)
    frame = observed_rates(pd.DataFrame({"bin": number, "p": p, "y": bought}))
    frame["bin"] = np.arange(1, len(frame) + 1)
    return frame


def observed_rates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per group (all columns but p and y) with its rates and interval."""
    groups = frame.groupby([c for c in frame.columns if c not in ("p", "y")], sort=True)
    found = groups.agg(n=("y", "size"), mean_predicted=("p", "mean"), observed_rate=("y", "mean"))
    n = found["n"].to_numpy(np.float64)
    low, high = wilson(found["observed_rate"].to_numpy(np.float64) * n, n)
    return found.assign(ci_low=low, ci_high=high).reset_index()


def adaptive_calibration_error(p_buy: Any, is_bought: Any, *, n_bins: int = 10) -> float:
    """Return the mean distance of predicted and observed rate over bins of equal size, 0 to 1.

    Bins as in ``reliability``. It is above 0 by chance alone, more so in small samples.
    """
    bins = reliability(p_buy, is_bought, n_bins=n_bins)
    p, rate, n = (bins[c].to_numpy(np.float64) for c in ("mean_predicted", "observed_rate", "n"))
    return float(np.average(np.abs(p - rate), weights=n))


def check_chances(p: Floats, name: str) -> None:
    """Raise BadInput unless all values lie between 0 and 1."""
    if not ((p >= 0) & (p <= 1)).all():
        raise BadInput(
            f"{name} holds values from {p.min():g} to {p.max():g}; a chance lies between 0 and 1. "
            f"Give a column of chances, or predicted=None for a page."
        )


def _checked(p_buy: Any, is_bought: Any) -> tuple[Floats, Floats]:
    p, bought = np.asarray(p_buy, dtype=np.float64), np.asarray(is_bought, dtype=np.float64)
    if p.ndim != 1 or p.shape != bought.shape or not len(p):
        raise BadInput(
            f"p_buy has the shape {p.shape}, is_bought {bought.shape}; "
            f"expected two arrays of one length, at least 1."
        )
    if not np.isin(bought, (0.0, 1.0)).all():
        raise BadInput("is_bought holds other values than true and false.")
    check_chances(p, "p_buy")
    return p, bought
