"""The week as a picture of 7 days by 24 hours, with altair.

It needs the extra ``notebooks``; altair is loaded when a picture is drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from xenorec.dataset.data_frames import arrow
from xenorec.errors import BadInput
from xenorec.modeling.charts import load_altair
from xenorec.timing.local_time import HOURS
from xenorec.timing.send_time.country_conventions import DAYS

_CELL = 22
_TITLES = {"p": "Chance of an act", "n_people": "People", "n_own": "People, own data"}


def draw_week(week: Any, *, value: str | None = None, title: str = "Hours of the week") -> Any:
    """Return a heat map, days in rows and hours in columns; a darker cell is a larger value.

    ``week``: 168 numbers such as ``SendTime.shop_curve_``, or a frame with hour_of_week once each
    and ``value``: one customer of ``SendTime.curve`` (p) or ``SendTime.audience`` (n_people).
    """
    table = _table(week, value)
    alt = load_altair()
    names = [day.capitalize() for day in DAYS]
    shown = table.columns[-1]
    hours = alt.X("hour:O", title="Hour", axis=alt.Axis(labelAngle=0))
    colour = alt.Color(
        f"{shown}:Q", title=_TITLES.get(shown, shown), scale=alt.Scale(scheme="blues")
    )
    return (
        alt.Chart(table, title=alt.TitleParams(title, anchor="start"))
        .mark_rect()
        .encode(
            x=hours,
            y=alt.Y("day:N", title=None, sort=names),
            color=colour,
            tooltip=["day:N", "hour:O", alt.Tooltip(f"{shown}:Q", format=".4~g")],
        )
        .properties(width=24 * _CELL, height=7 * _CELL)
        .configure_view(stroke=None)
    )


def _table(week: Any, value: str | None) -> pd.DataFrame:
    """Return day, hour and the value, a row per hour of the week."""
    if isinstance(week, np.ndarray | list | tuple):
        week = pd.DataFrame({"hour_of_week": np.arange(len(week)), value or "p": week})
    if value is None:
        value = "n_people" if "n_people" in list(getattr(week, "columns", ())) else "p"
    table = arrow(week, need=("hour_of_week", value)).to_pandas().sort_values("hour_of_week")
    if table["hour_of_week"].tolist() != list(range(HOURS)):
        raise BadInput(
            f"week has {len(table)} rows; expected each hour of the week once, 0 to 167. "
            f"Draw one customer's curve at a time."
        )
    hours = table["hour_of_week"].to_numpy()
    days = [DAYS[hour // 24].capitalize() for hour in hours]
    return pd.DataFrame({"day": days, "hour": hours % 24, value: table[value].to_numpy()})
