"""Was the model of the next purchase right? Looked at from past origins, beside simple rules."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from xenorec.errors import BadInput
from xenorec.instants import AsOf, as_instant, instant_of
from xenorec.numbers import Floats
from xenorec.spans import span
from xenorec.timing.evaluation.scores import all_scores, calibration
from xenorec.timing.evaluation.simple_rules import base_rate, ordered_within, recency_rule
from xenorec.timing.next_purchase.model import NextPurchase
from xenorec.timing.stamps import Stamps, read_orders

MODELS = ("next_purchase", "base_rate", "recency")


@dataclass(frozen=True, eq=False)
class TimingEvaluation:
    """Scores of p_order against what happened in (origin, origin + within].

    ``table``: one row per model over all origins: model, n, share_ordered, log_loss, auc, brier,
    ece. ``by_origin``: the same per origin. ``calibration``: one row per model and tenth:
    model, bin, predicted, observed, n. ``notes``: what the fits had to say.
    """

    within: timedelta
    origins: tuple[datetime, ...]
    table: pd.DataFrame
    by_origin: pd.DataFrame
    calibration: pd.DataFrame
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """Return everything as one JSON text."""
        return json.dumps(
            {
                "within_days": self.within / timedelta(days=1),
                "origins": [origin.isoformat() for origin in self.origins],
                "table": _records(self.table),
                "by_origin": _records(self.by_origin),
                "calibration": _records(self.calibration),
                "notes": list(self.notes),
            }
        )

    def __str__(self) -> str:
        days, first = self.within / timedelta(days=1), self.origins[0].date().isoformat()
        head = f"Order within {days:g} days, {len(self.origins)} origin(s) from {first}"
        table = self.table.to_string(index=False, float_format="{:.4f}".format)
        return "\n".join([head, table, *self.notes])


def evaluate_timing(
    orders: Any,
    *,
    as_of: AsOf = None,
    origins: Iterable[datetime | date | str] | None = None,
    within: str | timedelta = "14d",
) -> TimingEvaluation:
    """Fit at each origin on what was known then, and score p_order on the window after it.

    ``orders`` as for ``NextPurchase.fit``; it must reach to the end of the last window. Everybody
    with an order at or before the origin is scored; somebody who never orders again counts too.
    The rules beside it are learned on the window before the origin: ``base_rate`` (the share
    that ordered) and ``recency`` (the share by days since the last order). Without ``origins``
    the one origin is ``as_of``. Raises ``BadInput`` when the data ends before a window does.
    """
    everything, length = read_orders(orders), span(within)
    moments = _origins(as_of, origins)
    _check(moments, everything, length)
    looks = [_look(everything, origin, length) for origin in moments]
    frame = pd.concat([look for look, _ in looks], ignore_index=True)
    return TimingEvaluation(
        within=length,
        origins=moments,
        table=_scores(frame, ["model"]),
        by_origin=_scores(frame, ["origin", "model"]),
        calibration=_calibration(frame),
        notes=tuple(dict.fromkeys(note for _, notes in looks for note in notes)),
    )


def _origins(as_of: AsOf, origins: Iterable[datetime | date | str] | None) -> tuple[datetime, ...]:
    if origins is None and as_of is not None:
        origins = [as_of]
    given = [] if origins is None else [as_instant(origin, name="origin") for origin in origins]
    if not given:
        raise BadInput("There is no origin; give as_of='2017-08-28' or origins=[...].")
    return tuple(sorted(set(given)))


def _check(origins: tuple[datetime, ...], everything: Stamps, length: timedelta) -> None:
    end, last = everything.as_of, origins[-1]
    if last + length > end:
        raise BadInput(
            f"The window after {last.isoformat()} ends at {(last + length).isoformat()}, yet the "
            f"orders end at {end.isoformat()}; the latest origin is {(end - length).isoformat()}."
        )
    first = instant_of(everything.at.min())
    if origins[0] < first:
        raise BadInput(
            f"Nobody had ordered by {origins[0].isoformat()}; "
            f"the first order is of {first.isoformat()}."
        )


def _look(
    everything: Stamps, origin: datetime, length: timedelta
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return one row per model and customer known at ``origin``: origin, model, p, ordered."""
    seen = everything.until(origin)
    model = NextPurchase().fit(seen)
    told = model.predict(seen.ids, within=length)["p_order"].to_numpy(dtype=np.float64)
    p = dict(zip(MODELS, (told, base_rate(seen, length), recency_rule(seen, length)), strict=True))
    ordered = ordered_within(seen, everything, length)
    frames = [_rows(origin, name, values, ordered) for name, values in p.items()]
    return pd.concat(frames, ignore_index=True), model.notes_


def _rows(origin: datetime, model: str, p: Floats, ordered: Floats) -> pd.DataFrame:
    return pd.DataFrame({"origin": origin, "model": model, "p": p, "ordered": ordered})


def _scores(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rows = []
    for key, group in frame.groupby(keys, sort=False):
        p, ordered = group["p"].to_numpy(), group["ordered"].to_numpy()
        row = {"n": len(p), "share_ordered": float(ordered.mean()), **all_scores(p, ordered)}
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
