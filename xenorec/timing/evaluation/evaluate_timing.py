"""Was the model of the next purchase right? Looked at from past origins, beside simple rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from xenorec.config.durations import span
from xenorec.modeling.backtest import (
    Backtest,
    Evaluation,
    Origin,
    OriginRows,
    as_text,
    bin_table,
    score_table,
)
from xenorec.modeling.charts import draw_calibration
from xenorec.modeling.metrics.probability_metrics import calibration, probability_scores
from xenorec.timestamps import AsOf, instant_of, microseconds
from xenorec.timing.evaluation.date_metrics import (
    CAP,
    DATE_MODELS,
    PredictedDates,
    date_rows,
    date_scores,
)
from xenorec.timing.evaluation.order_baselines import base_rate, ordered_within, recency_rule
from xenorec.timing.event_log import EventLog, read_orders
from xenorec.timing.local_time import DAY_US
from xenorec.timing.next_purchase.model import NextPurchase

MODELS = ("next_purchase", "bg_nbd", "base_rate", "recency")


@dataclass(frozen=True, eq=False)
class TimingEvaluation(Evaluation):
    """Scores of p_order against what happened in (origin, origin + within].

    ``table``: one row per model over all origins: model, n, share_ordered, log_loss, auc, brier,
    ece. ``by_origin``: the same per origin. ``calibration``: one row per model and tenth:
    model, bin, predicted, observed, n. ``dates``: the next date against the real one, both
    capped at 56 days, from the origins with 56 days after them: model, n, mae_days, coverage
    (the share of real dates within the 80 % interval), coverage_open (the same, where not every
    date after the cap counts as inside). ``notes``: what the fits had to say.
    """

    within: timedelta
    origins: tuple[datetime, ...]
    table: pd.DataFrame
    by_origin: pd.DataFrame
    calibration: pd.DataFrame
    dates: pd.DataFrame
    notes: tuple[str, ...]
    title: str = "Order within"

    def figures(self) -> dict[str, Any]:
        """Return charts by name: ``calibration``, of the model and its probability model."""
        both = self.calibration[self.calibration["model"].isin(MODELS[:2])]
        days = self.within / timedelta(days=1)
        return {"calibration": draw_calibration(both, title=f"{self.title} {days:g} days")}

    def __str__(self) -> str:
        days, first = self.within / timedelta(days=1), self.origins[0].date().isoformat()
        parts = [
            f"{self.title} {days:g} days, {len(self.origins)} origin(s) from {first}",
            as_text(self.table),
        ]
        if len(self.dates):
            parts += [
                f"\nDate of the next order, capped at {CAP:.0f} days",
                as_text(self.dates, digits=3),
            ]
        ours = self.calibration[self.calibration["model"] == MODELS[0]].drop(columns="model")
        parts += [
            f"\nOf {MODELS[0]}: predicted and observed share by tenth",
            as_text(ours),
        ]
        return "\n".join([*parts, *self.notes])


def evaluate_timing(
    orders: Any,
    *,
    as_of: AsOf = None,
    origins: Iterable[Origin] | None = None,
    within: str | timedelta = "14d",
) -> TimingEvaluation:
    """Fit at each origin on what was known then, and score p_order on the window after it.

    ``orders`` as for ``NextPurchase.fit``; it must reach to the end of the last window. Everybody
    with an order at or before the origin is scored; somebody who never orders again counts too.
    Beside the model stand BG/NBD alone (``bg_nbd``) and two rules learned on the
    window before the origin: ``base_rate`` (the share that ordered) and ``recency`` (the share by
    days since the last order). Without ``origins`` the one origin is ``as_of``. Raises
    ``BadInput`` when the data ends before a window does.
    """
    everything, length = read_orders(orders), span(within)
    first = instant_of(everything.at.min(initial=microseconds(everything.as_of)))
    backtest = Backtest.of(
        as_of=as_of, origins=origins, within=length, first=first, end=everything.as_of
    )
    rows = backtest.run(partial(_rows_at, everything))
    return TimingEvaluation(
        within=length,
        origins=backtest.origins,
        table=score_table(rows["p"], ["model"], _scores),
        by_origin=score_table(rows["p"], ["origin", "model"], _scores),
        calibration=bin_table(rows["p"], ["model"], _calibration),
        dates=date_scores(rows["dates"]),
        notes=tuple(rows.notes),
    )


def _rows_at(everything: EventLog, origin: datetime, length: timedelta) -> OriginRows:
    """Return what each model told of each customer known at ``origin``, and of their dates.

    ``p``: one row per model and customer: model, p, ordered.
    """
    seen = everything.until(origin)
    plain = NextPurchase(use_learner=False, member="bg_nbd")
    models = [NextPurchase().fit(seen), plain.fit(seen)]
    p_order = [
        model.predict(seen.ids, within=length)["p_order"].to_numpy(dtype=np.float64)
        for model in models
    ]
    rules = (base_rate(seen, length), recency_rule(seen, length))
    ordered = ordered_within(seen, everything, length)
    frames = [
        pd.DataFrame({"model": name, "p": p, "ordered": ordered})
        for name, p in zip(MODELS, (*p_order, *rules), strict=True)
    ]
    known_for = (microseconds(everything.as_of) - microseconds(origin)) / DAY_US
    dates = pd.DataFrame()
    if known_for >= CAP:
        predicted = [_dates(model, seen) for model in models]
        dates = date_rows(seen, everything, dict(zip(DATE_MODELS, predicted, strict=True)))
    rows = {"p": pd.concat(frames, ignore_index=True), "dates": dates}
    return OriginRows(rows, models[0].notes_)


def _dates(model: NextPurchase, seen: EventLog) -> PredictedDates:
    cap = timedelta(days=CAP)
    p_order = model.predict(seen.ids, within=cap)["p_order"].to_numpy(dtype=np.float64)
    return PredictedDates(model.waits(seen.ids, within=cap), p_order)


def _scores(rows: pd.DataFrame) -> dict[str, float]:
    p, ordered = rows["p"].to_numpy(), rows["ordered"].to_numpy()
    return {"share_ordered": float(ordered.mean()), **probability_scores(p, ordered)}


def _calibration(rows: pd.DataFrame) -> pd.DataFrame:
    return calibration(rows["p"].to_numpy(), rows["ordered"].to_numpy())
