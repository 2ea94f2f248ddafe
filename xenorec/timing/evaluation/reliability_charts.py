"""Pictures of a back-test, with altair: predicted against observed shares.

It needs the extra ``notebooks``; altair is loaded when a picture is drawn.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from xenorec.errors import MissingPackage

SIDE = 300
SEVERAL = 20


def draw_calibration(table: pd.DataFrame, *, title: str = "Said and done") -> Any:
    """Return a chart of the observed share over the predicted one; on the line they agree.

    ``table``: model, predicted, observed, n, as of an evaluation's ``calibration``. The larger a
    point, the more people it stands for; its bar is where the share lies with 95 % (Wilson 1927).
    The line leaves out points of fewer than 20 people.
    """
    alt = load_altair()
    table = table.assign(**wilson(table["observed"], table["n"]))
    share = alt.Axis(format=".0%", tickCount=6)
    line = pd.DataFrame({"predicted": [0.0, 1.0], "observed": [0.0, 1.0]})
    x = alt.X("predicted:Q", title="Predicted", axis=share, scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("observed:Q", title="Happened", axis=share, scale=alt.Scale(domain=[0, 1]))
    diagonal = alt.Chart(line).mark_line(color="#bbbbbb", strokeDash=[4, 4]).encode(x=x, y=y)
    color = alt.Color("model:N", title=None, sort=None)
    several = table[table["n"] >= SEVERAL]
    points = alt.Chart(several).mark_line(point=False, opacity=0.6).encode(x=x, y=y, color=color)
    low = alt.Y("low:Q", title="Happened", axis=share, scale=alt.Scale(domain=[0, 1]))
    bars = alt.Chart(table).mark_rule(opacity=0.4).encode(x=x, y=low, y2="high:Q", color=color)
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


def wilson(share: pd.Series[float], n: pd.Series[int]) -> dict[str, pd.Series[float]]:
    """Return ``low`` and ``high``, between which a share seen in ``n`` cases lies with 95 %."""
    z = 1.959964
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    return {"low": (middle - half).clip(0, 1), "high": (middle + half).clip(0, 1)}


def load_altair() -> Any:
    """Return altair; raises MissingPackage with the command that installs it."""
    try:
        import altair
    except ImportError as error:
        raise MissingPackage(
            "Figures need the package altair. Install it: pip install 'xenorec[notebooks]'."
        ) from error
    return altair
