"""Was lifetime value right? Looked at from past origins, beside two simple rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats
from xenorec.config.durations import span
from xenorec.dataset.data_frames import positions
from xenorec.modeling.backtest import (
    Backtest,
    Evaluation,
    Origin,
    OriginRows,
    as_text,
    bin_table,
    score_table,
)
from xenorec.modeling.charts import draw_amounts
from xenorec.timestamps import AsOf, instant_of, microseconds
from xenorec.timing.evaluation.value_metrics import calibration, scores
from xenorec.timing.lifetime_value.model import LifetimeValue
from xenorec.timing.lifetime_value.spend_log import SpendLog, read_spending
from xenorec.timing.lifetime_value.value_by_currency import CurrencyValue
from xenorec.timing.local_clock import on_local_clock
from xenorec.timing.local_time import DAY_US

METHODS = ("lifetime_value", "probability_model", "last_window")


@dataclass(frozen=True, eq=False)
class ValueEvaluation(Evaluation):
    """Errors of expected orders and spend against (origin, origin + within].

    ``table``: one row per currency, target (orders, spend) and method over all origins: n,
    observed (its mean), mae, rmse, bias (told total / observed total - 1), coverage (share
    within the 80 % interval; NaN for the rules), top_decile (share of the observed total that
    the tenth of customers with the highest answer brought). ``by_origin``: the same per origin.
    ``calibration``: one row per currency, target, method and tenth of the customers by answer:
    decile, predicted, observed, n. ``notes``: what the fits had to say.
    """

    within: timedelta
    origins: tuple[datetime, ...]
    table: pd.DataFrame
    by_origin: pd.DataFrame
    calibration: pd.DataFrame
    notes: tuple[str, ...]

    def figures(self) -> dict[str, Any]:
        """Return charts by name: ``orders`` and ``spend`` told and come, one per currency too."""
        charts, days = {}, self.within / timedelta(days=1)
        for (currency, target), table in self.calibration.groupby(["currency", "target"]):
            unit = f", {currency}" if currency and target == "spend" else ""
            title = f"{str(target).capitalize()} within {days:g} days{unit}"
            charts[f"{target}_{currency}".strip("_").lower()] = draw_amounts(table, title=title)
        return charts

    def __str__(self) -> str:
        days, first = self.within / timedelta(days=1), self.origins[0].date().isoformat()
        head = f"Value within {days:g} days, {len(self.origins)} origin(s) from {first}"
        table = as_text(self.table, digits=3)
        told = "coverage: the share of customers within their range; 80 % is promised"
        return "\n".join([head, table, told, *self.notes])


def evaluate_value(
    orders: Any,
    *,
    as_of: AsOf = None,
    origins: Iterable[Origin] | None = None,
    within: str | timedelta = "125d",
) -> ValueEvaluation:
    """Fit at each origin on what was known then, and score orders and spend of the window after.

    ``orders`` as for ``LifetimeValue.fit``; it must reach to the end of the last window. Orders
    are days with an order, spend is net of returns. Everybody with an order at or before the
    origin is scored, in the currency of that order. The rules beside it: ``last_window`` (the
    same again as in the window before, stretched when the data are shorter) and
    ``probability_model`` (MBG/NBD or BG/NBD times Gamma-Gamma, without the learner). Without
    ``origins`` the one origin is ``as_of``. Raises ``BadInput`` when the data ends before a window
    does.
    """
    everything, length = read_spending(orders), span(within)
    first = instant_of(everything.at.min()) if len(everything.at) else everything.as_of
    backtest = Backtest.of(
        as_of=as_of, origins=origins, within=length, first=first, end=everything.as_of
    )
    rows = backtest.run(partial(_rows_at, everything))
    keys = ["currency", "target", "method"]
    return ValueEvaluation(
        within=length,
        origins=backtest.origins,
        table=score_table(rows["amounts"], keys, _scores),
        by_origin=score_table(rows["amounts"], ["origin", *keys], _scores),
        calibration=bin_table(rows["amounts"], keys, _calibration),
        notes=tuple(rows.notes),
    )


def _rows_at(everything: SpendLog, origin: datetime, length: timedelta) -> OriginRows:
    """Return one row per currency, customer, target and method, and the notes of the fit."""
    model = LifetimeValue().fit(everything, as_of=origin)
    frames = [
        _currency(everything, value, currency, origin, length)
        for currency, value in model.worths_.items()
    ]
    return OriginRows({"amounts": pd.concat(frames, ignore_index=True)}, model.notes_)


def _currency(
    everything: SpendLog, value: CurrencyValue, currency: str, origin: datetime, length: timedelta
) -> pd.DataFrame:
    rows = everything.where(_in_currency(everything, currency))
    place = positions(value.ids, rows.ids)
    start, end = microseconds(origin), microseconds(origin + length)
    n, spend = (values[place] for values in _totals(rows, start, end))
    before = _before(rows, value, start, end - start)
    days = length / timedelta(days=1)
    ours, plain = value.answer(days), value.base.n_expected(days)
    predicted = {
        "orders": (ours.n, plain, before[0][place]),
        "spend": (ours.value, plain * value.base.mean * value.kept, before[1][place]),
    }
    truth = {"orders": n, "spend": spend}
    between = {"orders": (ours.n_from, ours.n_to), "spend": (ours.value_from, ours.value_to)}
    frames = [
        pd.DataFrame(
            {
                "currency": currency,
                "target": target,
                "method": method,
                "predicted": answer,
                "observed": truth[target],
                "low": between[target][0] if method == METHODS[0] else np.nan,
                "high": between[target][1] if method == METHODS[0] else np.nan,
            }
        )
        for target, answers in predicted.items()
        for method, answer in zip(METHODS, answers, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def _in_currency(rows: SpendLog, currency: str) -> Bools:
    code = rows.currencies.index(currency) if currency else -1
    return np.asarray(rows.currency == code, dtype=bool)


def _totals(rows: SpendLog, start: int, end: int) -> tuple[Floats, Floats]:
    """Return each customer's days with an order, and spend, in (start, end] (microseconds)."""
    keep = (rows.at > start) & (rows.at <= end)
    n = len(rows.ids)
    spend = np.bincount(rows.code[keep], rows.amount[keep], minlength=n).astype(np.float64)
    bought = keep & (rows.amount >= 0)
    day = on_local_clock(rows).at[bought] // DAY_US
    pairs = np.unique(np.stack([rows.code[bought], day]), axis=1)
    return np.bincount(pairs[0], minlength=n).astype(np.float64), spend


def _before(rows: SpendLog, value: CurrencyValue, start: int, length: int) -> tuple[Floats, Floats]:
    """Return what was seen in the window before ``start``, stretched when the data are shorter."""
    known = max(min(length, value.span * DAY_US), 1)
    n, spend = _totals(rows, start - known, start)
    return n * (length / known), spend * (length / known)


def _scores(rows: pd.DataFrame) -> dict[str, float]:
    names = ("predicted", "observed", "low", "high")
    return scores(*(rows[name].to_numpy() for name in names))


def _calibration(rows: pd.DataFrame) -> pd.DataFrame:
    return calibration(rows["predicted"].to_numpy(), rows["observed"].to_numpy())
