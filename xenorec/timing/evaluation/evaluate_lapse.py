"""Was the risk of losing a customer right? The chance of no order in a long window, scored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd

from xenorec.modeling.backtest import Origin
from xenorec.modeling.metrics.probability_metrics import BINS
from xenorec.timestamps import AsOf
from xenorec.timing.evaluation.evaluate_timing import TimingEvaluation, evaluate_timing


def evaluate_lapse(
    orders: Any,
    *,
    as_of: AsOf = None,
    origins: Iterable[Origin] | None = None,
    within: str | timedelta = "90d",
) -> TimingEvaluation:
    """Fit at each origin on what was known then, and score the chance of no order ``within``.

    As ``evaluate_timing`` with the outcome turned round: share_ordered becomes share_lapsed, and
    the calibration is of p_lapsed. ``recency`` is what a fixed number of silent days tells: the
    share that stayed away by days since the last order, learned on the window before.
    """
    found = evaluate_timing(orders, as_of=as_of, origins=origins, within=within)
    return replace(
        found,
        title="No order within",
        table=_opposite_scores(found.table),
        by_origin=_opposite_scores(found.by_origin),
        calibration=_opposite_calibration(found.calibration),
        dates=found.dates.iloc[:0],
    )


def _opposite_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Return scores of the opposite: the same losses, the other share."""
    return table.assign(share_ordered=1 - table["share_ordered"]).rename(
        columns={"share_ordered": "share_lapsed"}
    )


def _opposite_calibration(table: pd.DataFrame) -> pd.DataFrame:
    """Return the calibration of the opposite, the tenths from low to high again."""
    turned = table.assign(
        bin=BINS - 1 - table["bin"],
        predicted=1 - table["predicted"],
        observed=1 - table["observed"],
    )
    return turned.sort_values(["model", "bin"], key=_in_order(table), ignore_index=True)


def _in_order(table: pd.DataFrame) -> Any:
    """Return a key that keeps the models in the order they came in."""
    place = {name: at for at, name in enumerate(dict.fromkeys(table["model"]))}
    return lambda column: column.map(place) if column.name == "model" else column
