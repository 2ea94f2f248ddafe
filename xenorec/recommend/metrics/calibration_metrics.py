"""Were the predicted chances right? Predicted beside observed, by bin, by cell and by shelf."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints
from xenorec.errors import BadInput
from xenorec.recommend.metrics.page_grid import PageGrid, read_grid

Z = 1.959963984540054
TINY = 1e-15


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
    frame = _rates(pd.DataFrame({"bin": np.searchsorted(np.unique(edges), p), "p": p, "y": bought}))
    frame["bin"] = np.arange(1, len(frame) + 1)
    return frame


def expected_calibration_error(p_buy: Any, is_bought: Any, *, n_bins: int = 10) -> float:
    """Return the mean distance of predicted and observed rate over the bins' rows, 0 to 1.

    Bins as in ``reliability``. It is above 0 by chance alone, more so in small samples.
    Source: Naeini, Cooper and Hauskrecht 2015.
    """
    bins = reliability(p_buy, is_bought, n_bins=n_bins)
    p, rate, n = (bins[c].to_numpy(np.float64) for c in ("mean_predicted", "observed_rate", "n"))
    return float(np.average(np.abs(p - rate), weights=n))


def probability_scores(p_buy: Any, is_bought: Any) -> pd.DataFrame:
    """Return log loss (nats) and Brier score, beside those of always saying the base rate.

    One row per metric: metric (log_loss, brier), estimate, at_base_rate, base_rate, n. Lower is
    better; a model above ``at_base_rate`` knows less than one number does. Chances of 0 and 1
    are moved in by 1e-15 for the log loss. Source: Good 1952; Brier 1950.
    """
    p, bought = _checked(p_buy, is_bought)
    base = np.full(len(p), bought.mean())
    return pd.DataFrame(
        {
            "metric": ["log_loss", "brier"],
            "estimate": [_log_loss(p, bought), _brier(p, bought)],
            "at_base_rate": [_log_loss(base, bought), _brier(base, bought)],
            "base_rate": base[0],
            "n": len(p),
        }
    )


def cell_rates(
    page: Any, truth: Any, customers: Any, *, predicted: str | None = "score"
) -> pd.DataFrame:
    """Return predicted beside observed for each cell of the page, over all customers.

    One row per cell that somebody has: shelf_rank, item_rank, n (pages that have it),
    mean_predicted, observed_rate, ci_low, ci_high (Wilson, 95 %). ``predicted`` names the page's
    column of chances; without one mean_predicted is NaN. A product twice on a page counts in both
    cells. ``page``, ``truth`` and ``customers`` as for ``ndcg2d``.
    """
    grid = _grid(page, truth, customers, predicted)
    return _rates(
        pd.DataFrame(
            {
                "shelf_rank": grid.row,
                "item_rank": grid.column,
                "p": grid.predicted,
                "y": grid.is_hit.astype(np.float64),
            }
        )
    )


def shelf_rates(
    page: Any, truth: Any, customers: Any, *, predicted: str | None = "score"
) -> pd.DataFrame:
    """Return how each shelf did: one row per shelf, in order of name.

    Columns: shelf, n_cells, n_customers (who have it), hit_rate (share of its cells bought),
    predicted_rate (mean predicted; NaN without ``predicted``). Arguments as for ``cell_rates``.
    """
    grid = _grid(page, truth, customers, predicted)
    frame = pd.DataFrame(
        {"shelf": grid.shelf, "who": grid.customer, "y": grid.is_hit, "p": grid.predicted}
    )
    found = frame.groupby("shelf", sort=True).agg(
        n_cells=("y", "size"),
        n_customers=("who", "nunique"),
        hit_rate=("y", "mean"),
        predicted_rate=("p", "mean"),
    )
    return found.reset_index()


def _rates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per group (all columns but p and y) with its rates and interval."""
    groups = frame.groupby([c for c in frame.columns if c not in ("p", "y")], sort=True)
    found = groups.agg(n=("y", "size"), mean_predicted=("p", "mean"), observed_rate=("y", "mean"))
    n = found["n"].to_numpy(np.float64)
    low, high = wilson(found["observed_rate"].to_numpy(np.float64) * n, n)
    return found.assign(ci_low=low, ci_high=high).reset_index()


def _grid(page: Any, truth: Any, customers: Any, predicted: str | None) -> PageGrid:
    grid = read_grid(page, truth, customers, predicted=predicted)
    _chances(grid.predicted[~np.isnan(grid.predicted)], predicted or "")
    return grid


def _checked(p_buy: Any, is_bought: Any) -> tuple[Floats, Floats]:
    p, bought = np.asarray(p_buy, dtype=np.float64), np.asarray(is_bought, dtype=np.float64)
    if p.ndim != 1 or p.shape != bought.shape or not len(p):
        raise BadInput(
            f"p_buy has the shape {p.shape}, is_bought {bought.shape}; "
            f"expected two arrays of one length, at least 1."
        )
    if not np.isin(bought, (0.0, 1.0)).all():
        raise BadInput("is_bought holds other values than true and false.")
    _chances(p, "p_buy")
    return p, bought


def _chances(p: Floats, name: str) -> None:
    if not ((p >= 0) & (p <= 1)).all():
        raise BadInput(
            f"{name} holds values from {p.min():g} to {p.max():g}; a chance lies between 0 and 1. "
            f"Give a column of chances, or predicted=None for a page."
        )


def _log_loss(p: Floats, bought: Floats) -> float:
    inner = np.clip(p, TINY, 1 - TINY)
    return float(-(bought * np.log(inner) + (1 - bought) * np.log1p(-inner)).mean())


def _brier(p: Floats, bought: Floats) -> float:
    return float(((p - bought) ** 2).mean())
