"""Was replenishment right? Looked at from past origins, beside simple gap models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints
from xenorec.config.durations import span
from xenorec.dataset.data_frames import positions
from xenorec.errors import BadInput
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
from xenorec.modeling.metrics.ranking_metrics import ndcg_of_pairs, pooled_average_precision
from xenorec.timestamps import AsOf, instant_of
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
class ReplenishmentEvaluation(Evaluation):
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
        table = as_text(self.table)
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
    everything = read_bought(lines, by=by)
    backtest = Backtest.of(
        as_of=as_of,
        origins=origins,
        within=span(within),
        first=instant_of(round(float(everything.trips.at.min(initial=everything.now)) * DAY_US)),
        end=everything.as_of - everything.ahead,
    )
    rows = backtest.run(partial(_rows_at, lines, everything, by))
    if rows["p"].empty:
        raise BadInput("Nobody had bought anything on two days by any origin; give a later one.")
    by_origin = score_table(rows["p"], ["origin", "method"], _scores)
    off = rows["due"]["off"].dropna()
    return ReplenishmentEvaluation(
        by=by,
        within=backtest.within,
        origins=backtest.origins,
        table=by_origin.drop(columns="origin").groupby("method", sort=False).mean().reset_index(),
        by_origin=by_origin,
        calibration=bin_table(rows["p"], ["method"], _calibration),
        due_error_days=float(off.median()) if len(off) else float("nan"),
        notes=tuple(rows.notes),
    )


def _rows_at(
    lines: Any, everything: ItemPurchases, by: str, origin: datetime, length: timedelta
) -> OriginRows:
    """Return what each method told of each pair known at ``origin``, and how far due dates are off.

    ``p``: one row per method and pair: method, p, customer, bought. ``due``: one row per pair.
    """
    model = Replenishment(by).fit(lines, as_of=origin)
    predicted, plain = model.predict(within=length), model.plain(within=length)
    pairs = predicted.merge(plain, on=["customer_id", "product_id"], how="left", validate="1:1")
    now = everything.on_days(origin)
    wait = _wait(everything, pairs, now)
    due = pairs["due_on"].to_numpy().astype("datetime64[D]").astype(np.float64)
    off = np.abs(np.maximum(due, np.floor(now)) - np.floor(now + wait))
    is_scored = (wait <= DUE_WITHIN) & (now + DUE_WITHIN <= everything.now)
    facts = {
        "customer": pd.factorize(pairs["customer_id"])[0],
        "bought": wait <= length / timedelta(days=1),
    }
    rows = [
        pd.DataFrame({"method": method, "p": pairs[column].to_numpy(dtype=np.float64), **facts})
        for method, column in METHODS.items()
    ]
    frames = {
        "p": pd.concat(rows, ignore_index=True),
        "due": pd.DataFrame({"off": np.where(is_scored, off, np.nan)}),
    }
    return OriginRows(frames, model.notes_)


def _wait(everything: ItemPurchases, pairs: pd.DataFrame, now: float) -> Floats:
    """Return the days from ``now`` to the next purchase of each pair; inf without one."""
    customer = positions(pairs["customer_id"].to_numpy(dtype=object), everything.customers)
    item = positions(pairs["product_id"].to_numpy(dtype=object), everything.items)
    at: Ints = np.searchsorted(everything.pairs.key, customer * len(everything.items) + item)
    return everything.pairs.first_after(now)[at]


def _scores(rows: pd.DataFrame) -> dict[str, float]:
    p, bought = rows["p"].to_numpy(), rows["bought"].to_numpy(dtype=bool)
    return {
        "n": float(len(p)),
        "share_bought": float(bought.mean()),
        "ndcg_10": ndcg_of_pairs(p, bought, rows["customer"].to_numpy()),
        "ap": pooled_average_precision(p, bought),
        **probability_scores(p, bought.astype(np.float64)),
    }


def _calibration(rows: pd.DataFrame) -> pd.DataFrame:
    return calibration(rows["p"].to_numpy(), rows["bought"].to_numpy(dtype=np.float64))
