"""Evaluation metrics: how good lists and pages were, how they differ, and pictures of it.

Pure functions on arrays and frames; altair is loaded when a figure is drawn. What holds for any
model comes from ``xenorec.modeling.metrics``.
"""

from __future__ import annotations

from typing import Any

from xenorec.modeling.charts import check_drawing, write_figures
from xenorec.modeling.metrics.paired_comparison import differences, summarize
from xenorec.modeling.metrics.probability_metrics import (
    adaptive_calibration_error,
    reliability,
    wilson,
)
from xenorec.modeling.metrics.ranking_metrics import (
    METRICS,
    average_precision,
    ndcg,
    rank_metrics,
    recall,
)
from xenorec.recommend.evaluation_metrics.beyond_accuracy import (
    coverage,
    diversity,
    exposures,
    gini,
    novelty,
    repeat_share,
    top_share,
)
from xenorec.recommend.evaluation_metrics.metric_charts import (
    draw_cells,
    draw_history,
    draw_methods,
    draw_reliability,
    draw_shelves,
)
from xenorec.recommend.evaluation_metrics.page_metrics import (
    cell_values,
    lay_out,
    ndcg2d,
    page_frame,
    themes_per_page,
)
from xenorec.recommend.evaluation_metrics.page_rates import cell_rates, shelf_rates
from xenorec.recommend.evaluation_metrics.repeat_and_new import PARTS, only, split, split_recall
from xenorec.renamed import renamed

__all__ = [
    "METRICS",
    "PARTS",
    "adaptive_calibration_error",
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
    "exposures",
    "gini",
    "lay_out",
    "ndcg",
    "ndcg2d",
    "novelty",
    "only",
    "page_frame",
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

_RENAMED = {"expected_calibration_error": "adaptive_calibration_error"}
"""Its bins are of equal size; the error with bins of equal width has the old name now."""


def __getattr__(name: str) -> Any:
    """Give what was renamed by its old name, with a warning (PEP 562)."""
    return renamed(__name__, name, _RENAMED)
