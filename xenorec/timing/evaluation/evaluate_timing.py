"""Was the model of the next purchase right? Looked at from past origins, beside simple rules."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from xenorec.array_types import Floats
from xenorec.config.durations import span
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
from xenorec.timing.evaluation.rolling_origins import Origin, check_origins, read_origins
from xenorec.timing.event_log import EventLog, read_orders
from xenorec.timing.local_time import DAY_US
from xenorec.timing.next_purchase.model import NextPurchase

MODELS = ("next_purchase", "bg_nbd", "base_rate", "recency")


@dataclass(frozen=True, eq=False)
class TimingEvaluation:
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

    def to_json(self) -> str:
        """Return everything as one JSON text."""
        return json.dumps(
            {
                "title": self.title,
                "within_days": self.within / timedelta(days=1),
                "origins": [origin.isoformat() for origin in self.origins],
                "table": _records(self.table),
                "by_origin": _records(self.by_origin),
                "calibration": _records(self.calibration),
                "dates": _records(self.dates),
                "notes": list(self.notes),
            }
        )

    def figures(self) -> dict[str, Any]:
        """Return charts by name: ``calibration``, of the model and its probability model."""
        both = self.calibration[self.calibration["model"].isin(MODELS[:2])]
        days = self.within / timedelta(days=1)
        return {"calibration": draw_calibration(both, title=f"{self.title} {days:g} days")}

    def __str__(self) -> str:
        days, first = self.within / timedelta(days=1), self.origins[0].date().isoformat()
        parts = [
            f"{self.title} {days:g} days, {len(self.origins)} origin(s) from {first}",
            self.table.to_string(index=False, float_format="{:.4f}".format),
        ]
        if len(self.dates):
            parts += [
                f"\nDate of the next order, capped at {CAP:.0f} days",
                self.dates.to_string(index=False, float_format="{:.3f}".format),
            ]
        ours = self.calibration[self.calibration["model"] == MODELS[0]].drop(columns="model")
        parts += [
            f"\nOf {MODELS[0]}: predicted and observed share by tenth",
            ours.to_string(index=False, float_format="{:.4f}".format),
        ]
        return "\n".join([*parts, *self.notes])


class OriginResult(NamedTuple):
    """What was told at one origin: rows of probabilities, rows of dates, and notes."""

    chances: pd.DataFrame
    dates: pd.DataFrame
    notes: tuple[str, ...]


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
    moments = read_origins(as_of, origins)
    first = instant_of(everything.at.min(initial=microseconds(everything.as_of)))
    check_origins(moments, first=first, end=everything.as_of, within=length)
    looks = [_look(everything, origin, length) for origin in moments]
    chances = pd.concat([look.chances for look in looks], ignore_index=True)
    dates = pd.concat([look.dates for look in looks], ignore_index=True)
    return TimingEvaluation(
        within=length,
        origins=moments,
        table=_scores(chances, ["model"]),
        by_origin=_scores(chances, ["origin", "model"]),
        calibration=_calibration(chances),
        dates=date_scores(dates),
        notes=tuple(dict.fromkeys(note for look in looks for note in look.notes)),
    )


def _look(everything: EventLog, origin: datetime, length: timedelta) -> OriginResult:
    """Return one row per model and customer known at ``origin``: origin, model, p, ordered."""
    seen = everything.until(origin)
    plain = NextPurchase(use_learner=False, member="bg_nbd")
    models = [NextPurchase().fit(seen), plain.fit(seen)]
    told = [
        model.predict(seen.ids, within=length)["p_order"].to_numpy(dtype=np.float64)
        for model in models
    ]
    p = dict(zip(MODELS, (*told, base_rate(seen, length), recency_rule(seen, length)), strict=True))
    ordered = ordered_within(seen, everything, length)
    frames = [_rows(origin, name, values, ordered) for name, values in p.items()]
    known_for = (microseconds(everything.as_of) - microseconds(origin)) / DAY_US
    dates = pd.DataFrame()
    if known_for >= CAP:
        said = [_dates(model, seen) for model in models]
        dates = date_rows(seen, everything, dict(zip(DATE_MODELS, said, strict=True)))
    return OriginResult(pd.concat(frames, ignore_index=True), dates, models[0].notes_)


def _dates(model: NextPurchase, seen: EventLog) -> PredictedDates:
    cap = timedelta(days=CAP)
    p_order = model.predict(seen.ids, within=cap)["p_order"].to_numpy(dtype=np.float64)
    return PredictedDates(model.waits(seen.ids, within=cap), p_order)


def _rows(origin: datetime, model: str, p: Floats, ordered: Floats) -> pd.DataFrame:
    return pd.DataFrame({"origin": origin, "model": model, "p": p, "ordered": ordered})


def _scores(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rows = []
    for key, group in frame.groupby(keys, sort=False):
        p, ordered = group["p"].to_numpy(), group["ordered"].to_numpy()
        row = {
            "n": len(p),
            "share_ordered": float(ordered.mean()),
            **probability_scores(p, ordered),
        }
        rows.append({**dict(zip(keys, key, strict=True)), **row})
    return pd.DataFrame(rows)


def _calibration(frame: pd.DataFrame) -> pd.DataFrame:
    tables = []
    for name, group in frame.groupby("model", sort=False):
        table = calibration(group["p"].to_numpy(), group["ordered"].to_numpy())
        tables.append(table.assign(model=name)[["model", *table.columns]])
    return pd.concat(tables, ignore_index=True)


def _records(frame: pd.DataFrame) -> Any:
    return json.loads(frame.to_json(orient="records", date_format="iso", double_precision=10))
