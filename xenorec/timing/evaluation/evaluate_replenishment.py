"""Was replenishment right? Looked at from past origins, beside simple gap models."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats, Ints
from xenorec.config.durations import span
from xenorec.dataset.data_frames import positions
from xenorec.errors import BadInput
from xenorec.modeling.charts import draw_calibration
from xenorec.modeling.metrics.probability_metrics import calibration, probability_scores
from xenorec.modeling.metrics.ranking_metrics import ndcg_of_pairs, pooled_average_precision
from xenorec.timestamps import AsOf, instant_of
from xenorec.timing.evaluation.rolling_origins import Origin, check_origins, read_origins
from xenorec.timing.local_time import DAY_US
from xenorec.timing.replenishment.item_purchases import ItemPurchases, read_bought
from xenorec.timing.replenishment.model import Replenishment

METHODS = {
    "replenishment": "p_buy",
    "poisson_gamma": "p_poisson_gamma",
    "modified_poisson_gamma": "p_modified",
    "own_frequency": "p_frequency",
}
DUE_WITHIN = 56.0
"""Days in which a pair must be bought again for its due date to be scored."""


@dataclass(frozen=True, eq=False)
class ReplenishmentEvaluation:
    """Scores of p_buy against what was bought in (origin, origin + within].

    ``table``: one row per method, the mean over origins: n (pairs), share_bought, ndcg_10 (mean
    over customers who bought one of theirs; the ideal puts all of these first), ap (average
    precision of all pairs pooled), log_loss, auc, brier, ece. ``by_origin``: the same per origin.
    ``calibration``: one row per method and tenth: method, bin, predicted, observed, n.
    ``due_error_days``: median absolute days between the due date (that of the origin where it is
    overdue) and the purchase, among pairs bought again within 56 days, at origins whose 56 days
    are over; NaN without. ``notes``: what the fits had to say.
    """

    by: str
    within: timedelta
    origins: tuple[datetime, ...]
    table: pd.DataFrame
    by_origin: pd.DataFrame
    calibration: pd.DataFrame
    due_error_days: float
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """Return everything as one JSON text."""
        error = None if np.isnan(self.due_error_days) else self.due_error_days
        return json.dumps(
            {
                "by": self.by,
                "within_days": self.within / timedelta(days=1),
                "origins": [origin.isoformat() for origin in self.origins],
                "table": _records(self.table),
                "by_origin": _records(self.by_origin),
                "calibration": _records(self.calibration),
                "due_error_days": error,
                "notes": list(self.notes),
            }
        )

    def figures(self) -> dict[str, Any]:
        """Return charts by name: ``calibration``, of the model and the Poisson-gamma gap model."""
        both = self.calibration[self.calibration["method"].isin(list(METHODS)[:2])]
        title = f"Bought again within {self.within / timedelta(days=1):g} days"
        table = both.rename(columns={"method": "model"})
        return {"calibration": draw_calibration(table, title=title)}

    def __str__(self) -> str:
        days, first = self.within / timedelta(days=1), self.origins[0].date().isoformat()
        head = f"Bought again within {days:g} days, by {self.by}, "
        head += f"{len(self.origins)} origin(s) from {first}"
        table = self.table.to_string(index=False, float_format="{:.4f}".format)
        due = f"Due date: {self._due_words()}"
        return "\n".join([head, table, due, *self.notes])

    def _due_words(self) -> str:
        if np.isnan(self.due_error_days):
            return (
                f"not known: no window of {DUE_WITHIN:g} days is over at these origins, or nothing "
                "was bought again in one"
            )
        return f"{self.due_error_days:.1f} days off (median)"


def evaluate_replenishment(
    lines: Any,
    *,
    as_of: AsOf = None,
    origins: Iterable[Origin] | None = None,
    within: str | timedelta = "14d",
    by: str = "product",
) -> ReplenishmentEvaluation:
    """Fit at each origin on what was known then, and score p_buy on the window after it.

    ``lines`` as for ``Replenishment.fit``; it must reach to the end of the last window. Every pair
    of customer and item bought on two days or more by the origin is scored. Without ``origins``
    the one origin is ``as_of``. Raises ``BadInput`` when the data ends before a window does, or no
    origin has such a pair.
    """
    everything, length = read_bought(lines, by=by), span(within)
    moments = read_origins(as_of, origins)
    first = instant_of(round(float(everything.trips.at.min(initial=everything.now)) * DAY_US))
    check_origins(moments, first=first, end=everything.as_of - everything.ahead, within=length)
    looks = [_look(lines, everything, origin, length, by) for origin in moments]
    rows = pd.concat([look for look, _ in looks], ignore_index=True)
    if rows.empty:
        raise BadInput("Nobody had bought anything on two days by any origin; give a later one.")
    by_origin = _by_origin(rows)
    return ReplenishmentEvaluation(
        by=by,
        within=length,
        origins=moments,
        table=by_origin.drop(columns="origin").groupby("method", sort=False).mean().reset_index(),
        by_origin=by_origin,
        calibration=_calibration(rows),
        due_error_days=_due_error(rows),
        notes=tuple(dict.fromkeys(note for _, notes in looks for note in notes)),
    )


def _look(
    lines: Any, everything: ItemPurchases, origin: datetime, length: timedelta, by: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return one row per pair known at ``origin``: what each method says and what happened."""
    model = Replenishment(by).fit(lines, as_of=origin)
    told = model.predict(within=length)
    plain = model.plain(within=length)
    rows = told.merge(plain, on=["customer_id", "product_id"], how="left", validate="1:1")
    now = everything.on_days(origin)
    wait = _wait(everything, rows, now)
    due = rows["due_on"].to_numpy().astype("datetime64[D]").astype(np.float64)
    off = np.abs(np.maximum(due, np.floor(now)) - np.floor(now + wait))
    is_scored = (wait <= DUE_WITHIN) & (now + DUE_WITHIN <= everything.now)
    rows["origin"], rows["bought"] = origin, wait <= length / timedelta(days=1)
    rows["due_error"] = np.where(is_scored, off, np.nan)
    return rows, model.notes_


def _wait(everything: ItemPurchases, rows: pd.DataFrame, now: float) -> Floats:
    """Return the days from ``now`` to the next purchase of each row; inf without one."""
    customer = positions(rows["customer_id"].to_numpy(dtype=object), everything.customers)
    item = positions(rows["product_id"].to_numpy(dtype=object), everything.items)
    at: Ints = np.searchsorted(everything.pairs.key, customer * len(everything.items) + item)
    return everything.pairs.first_after(now)[at]


def _by_origin(rows: pd.DataFrame) -> pd.DataFrame:
    found = []
    for origin, group in rows.groupby("origin", sort=True):
        customer = pd.factorize(group["customer_id"])[0]
        bought: Bools = group["bought"].to_numpy(dtype=bool)
        for method, column in METHODS.items():
            scores = _scores(group[column].to_numpy(dtype=np.float64), bought, customer)
            found.append({"origin": origin, "method": method, **scores})
    return pd.DataFrame(found)


def _scores(p: Floats, bought: Bools, customer: Ints) -> dict[str, float]:
    """Return the scores of one row per pair of customer and item."""
    return {
        "n": float(len(p)),
        "share_bought": float(bought.mean()),
        "ndcg_10": ndcg_of_pairs(p, bought, customer),
        "ap": pooled_average_precision(p, bought),
        **probability_scores(p, bought.astype(np.float64)),
    }


def _calibration(rows: pd.DataFrame) -> pd.DataFrame:
    bought, tables = rows["bought"].to_numpy(dtype=np.float64), []
    for method, column in METHODS.items():
        table = calibration(rows[column].to_numpy(dtype=np.float64), bought)
        tables.append(table.assign(method=method)[["method", *table.columns]])
    return pd.concat(tables, ignore_index=True)


def _due_error(rows: pd.DataFrame) -> float:
    errors = rows["due_error"].dropna()
    return float(errors.median()) if len(errors) else float("nan")


def _records(frame: pd.DataFrame) -> Any:
    return json.loads(frame.to_json(orient="records", date_format="iso", double_precision=10))
