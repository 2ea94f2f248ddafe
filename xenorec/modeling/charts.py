"""Charts of a back-test, with altair, and what all charts share: colours and how to write them.

They need the extra ``notebooks``; altair is loaded when a chart is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from xenorec.errors import MissingPackage
from xenorec.modeling.metrics.probability_metrics import wilson

BLUE, ORANGE, GREY, INK = "#0072B2", "#D55E00", "#8C8C8C", "#222222"
SIDE = 300
SEVERAL = 20


def draw_calibration(table: pd.DataFrame, *, title: str = "Said and done") -> Any:
    """Return a chart of the observed share over the predicted one; on the line they agree.

    ``table``: model, predicted, observed, n, as of an evaluation's ``calibration``. The larger a
    point, the more people it stands for; its bar is where the share lies with 95 % (Wilson 1927).
    The line leaves out points of fewer than 20 people.
    """
    alt = load_altair()
    n = table["n"].to_numpy()
    low, high = wilson(table["observed"].to_numpy() * n, n)
    table = table.assign(low=low, high=high)
    share = alt.Axis(format=".0%", tickCount=6)
    line = pd.DataFrame({"predicted": [0.0, 1.0], "observed": [0.0, 1.0]})
    x = alt.X("predicted:Q", title="Predicted", axis=share, scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("observed:Q", title="Happened", axis=share, scale=alt.Scale(domain=[0, 1]))
    diagonal = alt.Chart(line).mark_line(color="#bbbbbb", strokeDash=[4, 4]).encode(x=x, y=y)
    color = alt.Color("model:N", title=None, sort=None)
    several = table[table["n"] >= SEVERAL]
    points = alt.Chart(several).mark_line(point=False, opacity=0.6).encode(x=x, y=y, color=color)
    y_low = alt.Y("low:Q", title="Happened", axis=share, scale=alt.Scale(domain=[0, 1]))
    bars = alt.Chart(table).mark_rule(opacity=0.4).encode(x=x, y=y_low, y2="high:Q", color=color)
    dots = (
        alt.Chart(table)
        .mark_circle(opacity=0.9)
        .encode(
            x=x,
            y=y,
            color=color,
            size=alt.Size("n:Q", title="People", scale=alt.Scale(range=[20, 400])),
            tooltip=[
                "model:N",
                alt.Tooltip("predicted:Q", format=".1%"),
                alt.Tooltip("observed:Q", format=".1%"),
                alt.Tooltip("n:Q", format=","),
            ],
        )
    )
    return (diagonal + bars + points + dots).properties(
        width=SIDE, height=SIDE, title=alt.TitleParams(title, anchor="start")
    )


def draw_amounts(table: pd.DataFrame, *, title: str) -> Any:
    """Return a chart of what tenths of the customers brought over what they were told to bring.

    ``table``: method, predicted, observed, n: means of a tenth each. Both axes are of square
    roots; on the line they agree.
    """
    alt = load_altair()
    most = float(max(table["predicted"].max(), table["observed"].max(), 1.0)) * 1.1
    scale = alt.Scale(type="sqrt", domain=[0, most], nice=False)
    line = pd.DataFrame({"predicted": [0.0, most], "observed": [0.0, most]})
    x = alt.X("predicted:Q", title="Told, mean of a tenth", scale=scale)
    y = alt.Y("observed:Q", title="Came", scale=scale)
    diagonal = alt.Chart(line).mark_line(color="#bbbbbb", strokeDash=[4, 4]).encode(x=x, y=y)
    color = alt.Color("method:N", title=None, sort=None)
    dots = alt.Chart(table).mark_line(point=True, opacity=0.7).encode(x=x, y=y, color=color)
    return (diagonal + dots).properties(
        width=SIDE, height=SIDE, title=alt.TitleParams(title, anchor="start")
    )


def draw_bars(table: pd.DataFrame, figure: str, *, label: str, title: str, by: str) -> Any:
    """Return a bar of ``figure`` for each answer of ``table``, named in the column ``by``."""
    alt = load_altair()
    base = alt.Chart(table).encode(
        y=alt.Y(f"{by}:N", title=None, sort=None),
        x=alt.X(f"{figure}:Q", title=label),
    )
    text = base.mark_text(align="left", dx=4).encode(text=alt.Text(f"{figure}:Q", format=".3g"))
    return (base.mark_bar(color="#2f8f6b", height=16) + text).properties(
        width=SIDE, height=28 * max(len(table), 1), title=alt.TitleParams(title, anchor="start")
    )


def write_figures(figures: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write each chart as ``<name>.png`` into the folder, and return the files.

    Raises MissingPackage where what turns charts into pictures is not installed.
    """
    check_drawing()
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png" for name in figures]
    for path, chart in zip(paths, figures.values(), strict=True):
        chart.save(path, format="png", scale_factor=2)
    return paths


def check_drawing() -> None:
    """Raise MissingPackage where what draws charts or turns them into pictures is missing."""
    load_altair()
    if find_spec("vl_convert") is None:
        raise MissingPackage(
            "Pictures need the package vl-convert-python. Install it: "
            "pip install 'xenorec[notebooks]'."
        )


def load_altair() -> Any:
    """Return altair; raises MissingPackage where the extra is not installed."""
    try:
        import altair
    except ImportError as error:
        raise MissingPackage(
            "Figures need the package altair. Install it: pip install 'xenorec[notebooks]'."
        ) from error
    return altair
