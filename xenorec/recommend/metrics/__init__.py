"""Metrics: how good lists and pages were, how they differ, and pictures of it.

Pure functions on arrays and frames. Importing this folder is cheap; numpy, pandas and pyarrow are
loaded when first asked for, altair when a figure is drawn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xenorec.recommend.metrics.beyond_accuracy import (
        coverage,
        diversity,
        exposures,
        gini,
        novelty,
        repeat_share,
        top_share,
    )
    from xenorec.recommend.metrics.calibration_metrics import (
        cell_rates,
        expected_calibration_error,
        probability_scores,
        reliability,
        shelf_rates,
        wilson,
    )
    from xenorec.recommend.metrics.metric_charts import (
        check_drawing,
        draw_cells,
        draw_history,
        draw_methods,
        draw_reliability,
        draw_shelves,
        write_figures,
    )
    from xenorec.recommend.metrics.page_metrics import (
        cell_values,
        lay_out,
        ndcg2d,
        page_frame,
        themes_per_page,
    )
    from xenorec.recommend.metrics.paired_comparison import differences, summarize
    from xenorec.recommend.metrics.ranking_metrics import (
        METRICS,
        average_precision,
        ndcg,
        rank_metrics,
        recall,
    )
    from xenorec.recommend.metrics.repeat_and_new import PARTS, only, split, split_recall

__all__ = [
    "METRICS",
    "PARTS",
    "average_precision",
    "cell_rates",
    "cell_values",
    "check_drawing",
    "coverage",
    "differences",
    "diversity",
    "draw_cells",
    "draw_history",
    "draw_methods",
    "draw_reliability",
    "draw_shelves",
    "expected_calibration_error",
    "exposures",
    "gini",
    "lay_out",
    "ndcg",
    "ndcg2d",
    "novelty",
    "only",
    "page_frame",
    "probability_scores",
    "rank_metrics",
    "recall",
    "reliability",
    "repeat_share",
    "shelf_rates",
    "split",
    "split_recall",
    "summarize",
    "themes_per_page",
    "top_share",
    "wilson",
    "write_figures",
]

_NAMES = {
    "calibration_metrics": (
        "cell_rates",
        "expected_calibration_error",
        "probability_scores",
        "reliability",
        "shelf_rates",
        "wilson",
    ),
    "paired_comparison": ("differences", "summarize"),
    "metric_charts": (
        "check_drawing",
        "draw_cells",
        "draw_history",
        "draw_methods",
        "draw_reliability",
        "draw_shelves",
        "write_figures",
    ),
    "page_metrics": ("cell_values", "lay_out", "ndcg2d", "page_frame", "themes_per_page"),
    "ranking_metrics": ("METRICS", "average_precision", "ndcg", "rank_metrics", "recall"),
    "repeat_and_new": ("PARTS", "only", "split", "split_recall"),
    "beyond_accuracy": (
        "coverage",
        "diversity",
        "exposures",
        "gini",
        "novelty",
        "repeat_share",
        "top_share",
    ),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'xenorec.recommend.metrics' has no attribute {name!r}")
    return getattr(import_module(f"xenorec.recommend.metrics.{_HOMES[name]}"), name)
