"""Were the predicted chances of pages right? Predicted beside observed, by cell and by shelf."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from xenorec.modeling.metrics.probability_metrics import check_chances, observed_rates
from xenorec.recommend.evaluation_metrics.page_grid import PageGrid, read_grid


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
    return observed_rates(
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


def _grid(page: Any, truth: Any, customers: Any, predicted: str | None) -> PageGrid:
    grid = read_grid(page, truth, customers, predicted=predicted)
    check_chances(grid.predicted[~np.isnan(grid.predicted)], predicted or "")
    return grid
