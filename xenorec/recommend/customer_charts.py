"""When a customer bought what, and how rows of a page changed places, as altair charts.

They need the extra ``notebooks``; altair is loaded when a picture is drawn. Pictures of metrics are
in ``xenorec.recommend.evaluation_metrics``; ``in_words`` gives them names that people read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from xenorec.dataset.data_frames import arrow
from xenorec.dataset.dataset import ShopHistory
from xenorec.errors import BadInput, UnknownName, nearest
from xenorec.modeling.charts import BLUE, GREY, INK, ORANGE, load_altair
from xenorec.recommend.display_names import readable, zone_of
from xenorec.recommend.themes import read_themes
from xenorec.schema.order_rules import OF_LINES, is_purchase

BY = ("title", "category")
OFTEN = 5
"""Days on which something must have been bought for its rhythm to be drawn."""
WIDTH, STEP, LABEL = 620, 24, 280
BOUGHT, NEXT = "bought", "next expected"
METHODS = {
    "popular_28d": "popular in the shop",
    "own_frequency": "what they bought most often",
    "own_half_life_112d": "most often, lately counting more",
    "tifuknn": "TIFUKNN (literature)",
    "up_cf_25": "UP-CF (literature)",
    "ease": "EASE (literature)",
    "item_item": "bought by the same people",
    "xenorec": "xenorec",
}
SHELVES = {"goes_with_last_basket": "Goes with the last basket"}
"""Shelves whose title is too long for a label."""
METRICS = {
    "recall": "share of the purchases found",
    "ndcg": "purchases found, first ones counting more",
    "phr": "share of customers with a hit",
    "map": "precision along the list",
}


def draw_rhythm(
    history: ShopHistory,
    customer_id: str,
    *,
    by: str = "title",
    n_lines: int = 12,
    title: str | None = None,
) -> Any:
    """Return what a customer bought again and again: a line per product, a dot per day.

    ``by``: products of one "title" share a line, or those of one "category". Drawn are the
    ``n_lines`` with the most regular gaps (the least standard deviation for their mean) of what
    was bought on at least five days, the most regular on top. A diamond stands one usual gap
    (median) after the last purchase, the black line at ``as_of``. Days are those of the customer's
    zone. Raises UnknownName for a customer without purchases, BadInput where none has a rhythm.
    """
    alt = load_altair()
    if by not in BY:
        raise BadInput(f"by is {by!r}; expected one of {', '.join(BY)}.{nearest(by, BY)}")
    days = _days(history, customer_id, by)
    lines = _rhythms(days).head(n_lines)
    if lines.empty:
        raise BadInput(
            f"This customer bought nothing on {OFTEN} days or more; a rhythm needs that. Choose "
            "another customer, or by='category'."
        )
    names = lines["label"].tolist()
    dots = (
        alt.Chart(_points(days, lines))
        .mark_point(size=60, filled=True, opacity=0.9)
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(format="%b", tickCount="month", grid=False)),
            y=alt.Y("label:N", sort=names, title=None, axis=alt.Axis(grid=True)),
            color=_kinds(alt, alt.Color, [BLUE, ORANGE]),
            shape=_kinds(alt, alt.Shape, ["circle", "diamond"]),
        )
    )
    chart = alt.layer(dots, *_now(alt, history.as_of))
    said = title or f"What customer {customer_id} buys again and again, most regular on top"
    return _styled(chart.properties(width=WIDTH, height=STEP * len(names)), alt, said)


def draw_places(
    played: Any, *, shelf: str | None = None, day: int | None = None, title: str | None = None
) -> Any:
    """Return in which row of the page each shelf stood, day by day; row 1 is the top.

    ``played``: day, shelf, place, as of ``feedback.play``. ``shelf`` is drawn in colour, ``day``
    is marked.
    """
    alt = load_altair()
    table = arrow(played, need=("day", "shelf", "place")).to_pandas()
    if table.empty:
        raise BadInput("played has no rows; give what xenorec.recommend.feedback.play returns.")
    table = table.assign(
        name=[str(name).replace("_", " ") for name in table["shelf"]],
        is_it=table["shelf"] == shelf,
    )
    rows = sorted(table["place"].unique().tolist())
    look = alt.condition(alt.datum.is_it, alt.value(ORANGE), alt.value(GREY))
    ends = [rows[0] - 0.5, rows[-1] + 0.5]
    y = alt.Y(
        "place:Q",
        title="row of the page",
        scale=alt.Scale(domain=ends, reverse=True, nice=False),
        axis=alt.Axis(values=rows, format="d", grid=False),
    )
    x = alt.X("day:Q", title="day", scale=alt.Scale(nice=False), axis=alt.Axis(grid=False))
    lines = alt.Chart(table).mark_line(strokeWidth=3).encode(x=x, y=y, detail="shelf:N", color=look)
    begin, end = table["day"].min(), table["day"].max()
    names = [
        alt.Chart(table[table["day"] == at])
        .mark_text(align="left", dx=dx, dy=dy, fontSize=13)
        .encode(x=x, y=y, text="name:N", color=look)
        for at, dx, dy in ((begin, 2, -11), (end, 8, 0))
    ]
    marks = [] if day is None else [_mark(alt, day)]
    chart = alt.layer(*marks, lines, *names)
    said = title or "In which row each shelf stood"
    return _styled(chart.properties(width=WIDTH - 140, height=44 * len(rows)), alt, said)


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of an evaluation with its methods, metrics and shelves said in words.

    Values of the columns method, against, metric and shelf are replaced; a name that is not known
    stays, with blanks for ``_``. Shelves get the English titles of the shipped declarations.

    >>> in_words(pd.DataFrame({"metric": ["phr@10"], "shelf": ["buy_again"]})).values.tolist()
    [['share of customers with a hit', 'Buy again']]
    """
    table = frame.copy()
    titles = {theme.name: theme.title() for theme in read_themes()} | SHELVES
    known = {"method": METHODS, "against": METHODS, "metric": METRICS, "shelf": titles}
    for column in known.keys() & set(table.columns):
        table[column] = [_word(str(name), known[column]) for name in table[column]]
    return table


def _word(name: str, known: Mapping[str, str]) -> str:
    bare = name.split("@")[0]
    return known.get(bare, bare.replace("_", " "))


def _days(history: ShopHistory, customer_id: str, by: str) -> pd.DataFrame:
    """Return one row per name and day of the customer's zone on which it was bought: name, day."""
    lines = arrow(history.lines(), need=("customer_id", "product_id", "ordered_at"), may=OF_LINES)
    lines = lines.filter(is_purchase(lines))
    own = lines.filter(pc.equal(lines["customer_id"], customer_id)).to_pandas()
    if own.empty:
        raise UnknownName(f"There is no purchase of customer {customer_id!r} in this history.")
    products = arrow(history.products(), need=("product_id",), may=("title", "category"))
    if by not in products.column_names:
        raise BadInput(f"The products have no {by}; give them one, or ask for another of {BY}.")
    named = products.select(["product_id", by]).to_pandas().drop_duplicates("product_id")
    zone = zone_of(_zone(history, customer_id))
    at = pd.to_datetime(own["ordered_at"], utc=True).dt.tz_convert(zone)
    name = own["product_id"].map(named.set_index("product_id")[by])
    frame = pd.DataFrame({"name": name, "day": at.dt.tz_localize(None).dt.floor("D")})
    frame = frame.dropna().drop_duplicates().sort_values(["name", "day"], ignore_index=True)
    if by == "category":
        frame["name"] = frame["name"].map(readable)
    return frame


def _zone(history: ShopHistory, customer_id: str) -> str | None:
    people = arrow(history.customers(), need=("customer_id",), may=("time_zone",))
    if "time_zone" not in people.column_names:
        return None
    own = people.filter(pc.equal(people["customer_id"], customer_id))["time_zone"].to_pylist()
    return own[0] if own else None


def _rhythms(days: pd.DataFrame) -> pd.DataFrame:
    """Return one row per name bought on days enough, the most regular first: name, gap, label."""
    gaps = days.assign(gap=days.groupby("name")["day"].diff().dt.days)
    found = gaps.groupby("name").agg(
        n=("day", "size"),
        last=("day", "max"),
        gap=("gap", "median"),
        mean=("gap", "mean"),
        spread=("gap", "std"),
    )
    found = found[found["n"] >= OFTEN].reset_index()
    found["unrest"] = (found["spread"] / found["mean"]).round(6)
    found = found.sort_values(["unrest", "n", "name"], ascending=[True, False, True])
    every = [f"every {gap:.0f} days" if gap >= 1.5 else "every day" for gap in found["gap"]]
    label = [f"{name} · {said}" for name, said in zip(found["name"], every, strict=True)]
    return found.assign(label=label)[["name", "last", "gap", "label"]]


def _points(days: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Return what is drawn: label, day, kind."""
    label = dict(zip(lines["name"], lines["label"], strict=True))
    bought = days.assign(label=days["name"].map(label), kind=BOUGHT).dropna()
    due = lines["last"] + pd.to_timedelta(np.round(lines["gap"]), unit="D")
    expected = pd.DataFrame({"label": lines["label"], "day": due, "kind": NEXT})
    both = pd.concat([bought[["label", "day", "kind"]], expected], ignore_index=True)
    return both.assign(day=both["day"].dt.strftime("%Y-%m-%dT00:00:00"))


def _now(alt: Any, as_of: datetime) -> tuple[Any, Any]:
    """Return the line at ``as_of``, and its date above it."""
    told = f"as of {as_of.day} {as_of:%B}"
    at = pd.DataFrame({"day": [f"{as_of:%Y-%m-%dT%H:%M:%S}"], "told": [told]})
    base = alt.Chart(at).encode(x="day:T")
    rule = base.mark_rule(color=INK, strokeWidth=1.5)
    return rule, base.mark_text(color=INK, fontSize=12).encode(text="told:N", y=alt.value(-8))


def _mark(alt: Any, day: int) -> Any:
    marked = alt.Chart(pd.DataFrame({"day": [day]}))
    return marked.mark_rule(color=INK, strokeDash=[5, 4]).encode(x="day:Q")


def _kinds(alt: Any, channel: Any, look: list[str]) -> Any:
    scale = alt.Scale(domain=[BOUGHT, NEXT], range=look)
    return channel("kind:N", title=None, scale=scale, legend=alt.Legend(orient="bottom"))


def _styled(chart: Any, alt: Any, title: str) -> Any:
    shown = alt.TitleParams(title, anchor="start", fontSize=15, color=INK, offset=14)
    return (
        chart.properties(title=shown)
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12, labelLimit=LABEL, labelFlush=False)
        .configure_legend(labelFontSize=12)
    )
