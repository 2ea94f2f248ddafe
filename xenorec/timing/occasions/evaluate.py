"""Was the uplift right? Each occasion forecast from the days before it, beside simple rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats
from xenorec.config.occasion_types import is_monthly
from xenorec.errors import BadInput
from xenorec.modeling.backtest import Evaluation, as_text
from xenorec.modeling.charts import draw_bars
from xenorec.timestamps import AsOf
from xenorec.timing.occasions.daily_sales import DailySales, read_daily
from xenorec.timing.occasions.occasion_calendar import Occasions
from xenorec.timing.occasions.occasion_days import (
    BEFORE,
    BUSY,
    MONTHLY,
    OFFSETS,
    OccasionDays,
    windows,
    within,
)
from xenorec.timing.occasions.uplift import OccasionUplift

MODELS = ("uplift", "same_weekday", "last_year")
WEEKS = 8
"""Weeks before the forecast whose same weekdays make the plain level."""
LEAST = 28
"""Days of sales that a forecast needs before it."""
FLOOR = 0.05
"""Lines that are expected at least, so that a sale is never thought impossible."""


@dataclass(frozen=True, eq=False)
class OccasionEvaluation(Evaluation):
    """Scores of forecast daily lines per category, over the days around each occasion.

    ``table``: one row per part and model: part ("all" occasions, or "seen": those with a past
    one), model, n, mae (lines per day and category), log_loss (Poisson, nats). ``by_occasion``:
    the same per occasion: occasion, on, n_years, model, n, mae, log_loss.
    """

    table: pd.DataFrame
    by_occasion: pd.DataFrame
    notes: tuple[str, ...]

    def figures(self) -> dict[str, Any]:
        """Return charts by name: ``error``, of each forecast, over all occasions."""
        table = self.table[self.table["part"] == "all"]
        label = "mean error, lines per day and category"
        title = "Sales around occasions, foretold"
        return {"error": draw_bars(table, "mae", label=label, title=title, by="model")}

    def __str__(self) -> str:
        tables = [as_text(frame) for frame in (self.table, self.by_occasion)]
        head = "Lines per day and category around occasions, forecast before each"
        return "\n".join([head, *tables, *self.notes])


def evaluate_occasions(
    lines: Any,
    *,
    occasions: Occasions,
    as_of: AsOf = None,
    only: Sequence[str] | None = None,
    time_zone: str = "UTC",
) -> OccasionEvaluation:
    """Forecast the sales around each occasion from the days before, and compare with what came.

    ``lines`` as for ``OccasionUplift.fit``; nothing later than ``as_of`` is read. The forecast for
    an occasion stands on the day before its days begin (21 before a yearly, 3 before a monthly
    one), and is scored on days -14 to 7 (-3 to 5). Models: ``same_weekday`` (mean of the same
    weekday in the last 8 weeks), ``last_year`` (what was sold on the same offset of the last past
    occasion; ``same_weekday`` where there is none) and ``uplift`` (``same_weekday`` times what the
    occasions before taught). Categories alone are scored, the whole shop where there is none.

    Raises BadInput when no occasion has four weeks of sales before it.
    """
    daily = read_daily(lines, as_of=as_of, time_zone=time_zone)
    daily.days  # noqa: B018 - raises where there is nothing
    found = windows(daily, occasions, only)
    forecasts = [_forecast(daily, window, found, occasions, only) for window in found]
    scored = [rows for rows in forecasts if rows is not None]
    if not scored:
        first, last = daily.days
        raise BadInput(
            f"No occasion between {first} and {last} has {LEAST} days of sales before it and some "
            "around it; give more lines, or name occasions with only=[...]."
        )
    cells = pd.concat(scored, ignore_index=True)
    by_occasion = _scores(cells, ["occasion", "on", "n_years", "model"])
    seen = _scores(cells[cells["n_years"] > 0], ["model"])
    table = pd.concat(
        [_scores(cells, ["model"]).assign(part="all"), seen.assign(part="seen")], ignore_index=True
    )
    columns = ["part", "model", "n", "mae", "log_loss"]
    return OccasionEvaluation(table.reindex(columns=columns), by_occasion, _notes(by_occasion))


def _forecast(
    daily: DailySales,
    window: OccasionDays,
    found: Sequence[OccasionDays],
    occasions: Occasions,
    only: Sequence[str] | None,
) -> pd.DataFrame | None:
    """Return one row per model, category and day of one occasion; None when it cannot be told."""
    low, high = MONTHLY if is_monthly(window.occasion) else BUSY
    origin = window.at + (low if is_monthly(window.occasion) else BEFORE) - 1
    day = window.at + OFFSETS
    scored = within(low, high) & (day > origin) & (day < daily.n_days)
    if origin + 1 < LEAST or not scored.any():
        return None
    known = daily.until(_date(daily, origin))
    model = OccasionUplift(only=only or (window.occasion,)).fit_daily(known, occasions=occasions)
    plain = _same_weekday(known, day[scored])
    factor = model.factors(window.occasion)[:, scored]
    past = [w for w in found if w.occasion == window.occasion and w.at < window.at]
    n_years = int(np.median(model.n_years_[model.occasions_.index(window.occasion)][scored]))
    forecasts = (plain * factor, plain, _last_year(known, past, scored, plain))
    rows = slice(1, None) if len(daily.categories) > 1 else slice(0, 1)
    sold = daily.count[rows][:, day[scored]]
    facts = {
        "occasion": window.occasion,
        "on": _date(daily, window.at).isoformat(),
        "n_years": n_years,
    }
    parts = [
        pd.DataFrame({**facts, "model": name, "forecast": t[rows].ravel(), "sold": sold.ravel()})
        for name, t in zip(MODELS, forecasts, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _same_weekday(known: DailySales, days: Any) -> Floats:
    """Return the mean of the same weekday in the weeks before, for each day asked for."""
    recent = known.count[:, -7 * WEEKS :]
    weekday = (np.arange(known.n_days)[-7 * WEEKS :]) % 7
    means = np.stack(
        [
            recent[:, weekday == w].mean(axis=1) if (weekday == w).any() else np.zeros(len(recent))
            for w in range(7)
        ],
        axis=1,
    )
    found: Floats = means[:, np.asarray(days) % 7]
    return found


def _last_year(
    known: DailySales, past: Sequence[OccasionDays], scored: Bools, plain: Floats
) -> Floats:
    """Return what was sold on the same offsets of the last past occasion that was seen."""
    if not past:
        return plain
    day = past[-1].at + OFFSETS[scored]
    is_there = (day >= 0) & (day < known.n_days)
    then = known.count[:, np.clip(day, 0, known.n_days - 1)]
    return np.where(is_there[None, :], then, plain)


def _date(daily: DailySales, position: int) -> date:
    return date(1970, 1, 1) + timedelta(days=daily.first + position)


def _scores(cells: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    from scipy.special import gammaln

    forecast, sold = cells["forecast"].to_numpy(), cells["sold"].to_numpy()
    mean = np.maximum(forecast, FLOOR)
    loss = mean - sold * np.log(mean) + gammaln(sold + 1)
    frame = cells[keys].assign(mae=np.abs(sold - forecast), log_loss=loss)
    grouped = frame.groupby(keys, sort=False)
    return grouped.agg(
        n=("mae", "size"), mae=("mae", "mean"), log_loss=("log_loss", "mean")
    ).reset_index()


def _notes(by_occasion: pd.DataFrame) -> tuple[str, ...]:
    unseen = by_occasion.loc[by_occasion["n_years"] == 0, ["occasion", "on"]].drop_duplicates()
    return tuple(
        f"Before {row.on} no {row.occasion} lay in the sales, so nothing could be learned of it: "
        "the forecast is that of ordinary days (uplift 1)."
        for row in unseen.itertuples()
    )
