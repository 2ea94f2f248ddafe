"""Pictures of metrics as altair charts: readable at 600 pixels, and without colour vision.

They need the extra ``notebooks``; altair is loaded when a picture is drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from xenorec.dataset.data_frames import arrow
from xenorec.errors import BadInput
from xenorec.modeling.charts import BLUE, GREY, INK, ORANGE, load_altair
from xenorec.modeling.metrics.probability_metrics import wilson

WIDTH, PAGE = 420, 520
FEW = 100
TICKS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LABEL, LETTERS = 210, 28


def draw_methods(
    frame: Any,
    *,
    ours: str | None = None,
    by_figure: bool = False,
    title: str = "Each method's mean, with 95 % interval",
) -> Any:
    """Return dots with intervals and figures, one panel per metric and one line per method.

    ``frame``: method, metric, estimate, ci_low, ci_high, as of ``summarize`` or ``differences``
    (then give a title that says so; a line marks zero). Methods and metrics in their order, or
    ``by_figure`` each panel's best method on top; ``ours`` has a colour of its own.
    """
    alt = load_altair()
    table = _frame(frame, ("method", "metric", "estimate", "ci_low", "ci_high"))
    methods, metrics = (list(dict.fromkeys(table[name])) for name in ("method", "metric"))
    has_minus = bool((table["ci_low"] < 0).any())
    panels = []
    for metric in metrics:
        part = table[table["metric"] == metric]
        ranked = part.sort_values("estimate", ascending=False, kind="stable")["method"].tolist()
        panels.append(_panel(alt, part, ranked if by_figure else methods, has_minus, ours))
    return _styled(alt.vconcat(*panels, spacing=14), alt, title)


def draw_reliability(
    bins: Any, *, title: str = "Predicted beside observed chance of a purchase"
) -> Any:
    """Return the reliability diagram: on the grey line the predictions are right on average.

    ``bins``: mean_predicted, observed_rate, ci_low, ci_high, n, as of ``reliability``. A larger
    dot stands for more rows. Both axes are of square roots, for most chances are small.
    """
    alt = load_altair()
    table = _frame(bins, ("mean_predicted", "observed_rate", "ci_low", "ci_high", "n"))
    top = float(table[["mean_predicted", "ci_high"]].max().max()) * 1.05 or 1.0
    span = alt.Scale(type="sqrt", domain=[0, min(top, 1.0)], nice=False)
    axis = alt.Axis(format=".0%", values=[tick for tick in TICKS if tick <= top])
    label = "predicted chance, mean of the bin"
    x = alt.X("mean_predicted:Q", title=label, scale=span, axis=axis)
    diagonal = pd.DataFrame({"mean_predicted": [0.0, min(top, 1.0)], "y": [0.0, min(top, 1.0)]})
    line = alt.Chart(diagonal).mark_line(color=GREY, strokeDash=[5, 4], clip=True)
    label = "share bought, with 95 % interval"
    y = alt.Y("observed_rate:Q", title=label, scale=span, axis=axis)
    base = alt.Chart(table).encode(x=x)
    bars = base.mark_rule(color=BLUE, strokeWidth=2).encode(
        y=alt.Y("ci_low:Q", title=label, scale=span, axis=axis), y2="ci_high:Q"
    )
    size = alt.Size(
        "n:Q",
        title="rows",
        scale=alt.Scale(range=[30, 160], zero=True),
        legend=alt.Legend(values=[int(table["n"].min()), int(table["n"].max())], format=",d"),
    )
    dots = base.mark_circle(color=BLUE, opacity=1).encode(y=y, size=size)
    if table["n"].max() <= 1.2 * table["n"].min():
        dots = base.mark_circle(color=BLUE, opacity=1, size=70).encode(y=y)
    layers = alt.layer(
        line.encode(x=x, y=alt.Y("y:Q", title=label, scale=span, axis=axis)), bars, dots
    )
    return _styled(layers.properties(width=WIDTH, height=WIDTH * 3 // 4), alt, title)


def draw_cells(cells: Any, *, title: str = "Share of customers who bought what a cell held") -> Any:
    """Return the page as a heat map: rows from the top, columns from the left.

    ``cells``: shelf_rank, item_rank, observed_rate, as of ``cell_rates``. Darker means more; the
    number in a cell is its share in per cent.
    """
    alt = load_altair()
    table = _frame(cells, ("shelf_rank", "item_rank", "observed_rate"))
    most = float(table["observed_rate"].max()) or 1.0
    n_rows, n_columns = int(table["shelf_rank"].max()), int(table["item_rank"].max())
    base = alt.Chart(table).encode(
        x=alt.X(
            "item_rank:O", title="column of the page", axis=alt.Axis(orient="top", labelAngle=0)
        ),
        y=alt.Y("shelf_rank:O", title="row of the page"),
    )
    boxes = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color(
            "observed_rate:Q",
            title="bought",
            scale=alt.Scale(scheme="blues", domain=[0, most]),
            legend=None,
        )
    )
    is_dark = alt.datum.observed_rate > 0.5 * most
    numbers = base.mark_text(fontSize=12).encode(
        text=alt.Text("observed_rate:Q", format=".1%"),
        color=alt.condition(is_dark, alt.value("white"), alt.value(INK)),
    )
    size = {"width": min(PAGE, 64 * n_columns), "height": min(WIDTH, 42 * n_rows)}
    return _styled((boxes + numbers).properties(**size), alt, title)


def draw_shelves(
    shelves: Any, *, title: str = "Bought and predicted share of each shelf's products"
) -> Any:
    """Return how each shelf did, the best on top: observed with its interval, beside predicted.

    ``shelves``: shelf, n_cells, hit_rate, predicted_rate, as of ``shelf_rates``. The number behind
    a name tells how many cells were shown; intervals are Wilson's, 95 %, which takes cells as
    independent. Those of shelves with fewer than 100 cells may run out of the picture.
    """
    alt = load_altair()
    table = _frame(shelves, ("shelf", "n_cells", "hit_rate", "predicted_rate"))
    table = table.sort_values(["hit_rate", "shelf"], ascending=[False, True])
    n = table["n_cells"].to_numpy(np.float64)
    low, high = wilson(table["hit_rate"].to_numpy(np.float64) * n, n)
    names = [
        f"{_cut(s, LETTERS)}  ({c:,})" for s, c in zip(table["shelf"], n.astype(int), strict=True)
    ]
    table = table.assign(name=names, ci_low=low, ci_high=high)
    label = "share of the shelf's products that were bought"
    ends = np.where(n >= FEW, high, table["hit_rate"])
    most = max(float(ends.max()), float(table["predicted_rate"].max())) or 1.0
    scale = alt.Scale(domain=[0, min(1.0, 1.05 * most)])
    x = alt.X("rate:Q", title=label, axis=alt.Axis(format="%", tickCount=6), scale=scale)
    y = alt.Y("name:N", sort=names, title=None, scale=alt.Scale(domain=names))
    bars = (
        alt.Chart(table[["name", "ci_low", "ci_high"]])
        .mark_rule(color=BLUE, strokeWidth=2.5, clip=True)
        .encode(x=alt.X("ci_low:Q", title=label, scale=scale), x2="ci_high:Q", y=y)
    )
    parts = [
        pd.DataFrame({"name": names, "rate": table[column].to_numpy(), "kind": kind})
        for column, kind in (("hit_rate", "bought"), ("predicted_rate", "predicted"))
    ]
    dots = (
        alt.Chart(pd.concat(parts))
        .mark_point(size=70, filled=True, opacity=1)
        .encode(
            x=x,
            y=y,
            color=_kinds(alt, ("bought", "predicted"), [BLUE, ORANGE], "color"),
            shape=_kinds(alt, ("bought", "predicted"), ["circle", "diamond"], "shape"),
        )
    )
    layers = alt.layer(bars, dots).properties(width=WIDTH, height=alt.Step(24))
    behind = "behind each name: how many products were shown on it"
    return _styled(layers, alt, title, behind)


def draw_history(
    lines: Any, *, due: Any | None = None, n_products: int = 15, title: str | None = None
) -> Any:
    """Return what one customer bought and when: the products bought most often on top.

    ``lines``: product_id, ordered_at and optionally title, of one customer; ``due``: product_id,
    due_at, when the next purchase is expected. Shown are the ``n_products`` bought on most days.
    Times are drawn as days of the clock that ``utc_offset_minutes`` tells, else of UTC.
    """
    alt = load_altair()
    dots = _days(lines, "ordered_at")
    if not len(dots):
        raise BadInput("lines has no rows; give the lines of one customer who bought something.")
    counts = dots.groupby("product_id").size().reset_index(name="n")
    best = counts.sort_values(["n", "product_id"], ascending=[False, True]).head(n_products)
    names = _labels(dots, best)
    table = dots.assign(kind="bought")
    if due is not None:
        table = pd.concat([table, _days(due, "due_at").assign(kind="due next")])
    table = table[table["product_id"].isin(list(names))]
    table = table.assign(
        name=table["product_id"].map(names), day=table["day"].dt.strftime("%Y-%m-%d")
    )
    chart = alt.Chart(table[["name", "day", "kind"]])
    found = chart.mark_point(size=60, filled=True, opacity=1).encode(
        x=alt.X(
            "utcyearmonthdate(day):T", title="day", axis=_time_axis(alt), scale=alt.Scale(padding=8)
        ),
        y=alt.Y("name:N", sort=list(names.values()), title=None, axis=alt.Axis(grid=True)),
        color=_kinds(alt, ("bought", "due next"), [BLUE, ORANGE], "color"),
        shape=_kinds(alt, ("bought", "due next"), ["circle", "diamond"], "shape"),
    )
    label = title or f"What one customer bought, {len(best)} of {len(counts)} products"
    return _styled(found.properties(width=WIDTH - 40, height=alt.Step(22)), alt, label)


def _panel(
    alt: Any,
    table: pd.DataFrame,
    methods: list[str],
    has_minus: bool,
    ours: str | None,
) -> Any:
    label = f"{table['metric'].iloc[0]}, mean over customers"
    y = alt.Y("method:N", sort=methods, title=None, scale=alt.Scale(domain=methods))
    scale = alt.Scale(zero=has_minus, padding=10)
    x = alt.X("estimate:Q", title=label, scale=scale, axis=alt.Axis(tickCount=6))
    color = alt.condition(alt.datum.method == ours, alt.value(ORANGE), alt.value(BLUE))
    base = alt.Chart(table).encode(y=y, color=color)
    bars = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("ci_low:Q", title=label), x2="ci_high:Q")
    dots = base.mark_circle(size=80, opacity=1).encode(x=x)
    numbers = (
        alt.Chart(table)
        .mark_text(dy=-9, fontSize=11, color=INK)
        .encode(x=x, y=y, text=alt.Text("estimate:Q", format=".3f"))
    )
    zero = alt.Chart(pd.DataFrame({"estimate": [0.0]})).mark_rule(color=GREY, strokeDash=[5, 4])
    layers = [*([zero.encode(x=x)] if has_minus else []), bars, dots, numbers]
    return alt.layer(*layers).properties(width=WIDTH, height=alt.Step(30))


def _days(source: Any, column: str) -> pd.DataFrame:
    """Return one row per product and day: product_id, title (or None), day."""
    may = ("title", "utc_offset_minutes")
    table = arrow(source, need=("product_id", column), may=may).to_pandas()
    at = pd.to_datetime(table[column], utc=True)
    if "utc_offset_minutes" in table:
        at += pd.to_timedelta(table["utc_offset_minutes"].fillna(0), unit="min")
    day = at.dt.floor("D")
    title = table["title"] if "title" in table else table["product_id"].astype(str)
    frame = pd.DataFrame(
        {"product_id": table["product_id"].astype(str), "title": title, "day": day}
    )
    return frame.drop_duplicates(["product_id", "day"])


def _labels(dots: pd.DataFrame, best: pd.DataFrame) -> dict[str, str]:
    """Return product -> title and count, with the id where two would read alike."""
    titled = dots.dropna(subset=["title"]).drop_duplicates("product_id")
    title = dict(zip(titled["product_id"], titled["title"].astype(str), strict=True))
    rows = list(zip(best["product_id"], best["n"], strict=True))
    short = [f"{_cut(title.get(product, product), LETTERS)}  ×{n}" for product, n in rows]
    return {
        product: text
        if short.count(text) == 1
        else f"{_cut(title.get(product, product), LETTERS // 2)} ({product})  ×{n}"
        for text, (product, n) in zip(short, rows, strict=True)
    }


def _cut(text: str, n: int) -> str:
    return text if len(text) <= n else f"{text[: n - 1].rstrip()}…"


def _kinds(alt: Any, kinds: tuple[str, str], look: list[str], channel: str) -> Any:
    scale = alt.Scale(domain=list(kinds), range=look)
    made = {"color": alt.Color, "shape": alt.Shape}[channel]
    return made("kind:N", title=None, scale=scale, legend=alt.Legend(orient="top"))


def _time_axis(alt: Any) -> Any:
    return alt.Axis(format="%d %b %Y", labelAngle=0, tickCount=4, labelOverlap=True, grid=False)


def _frame(source: Any, need: tuple[str, ...]) -> pd.DataFrame:
    table: pd.DataFrame = arrow(source, need=need).to_pandas()
    if not len(table):
        raise BadInput("The frame has no rows; there is nothing to draw.")
    return table


def _styled(chart: Any, alt: Any, title: str, subtitle: str = "") -> Any:
    shown = alt.TitleParams(
        title, anchor="start", fontSize=15, color=INK, offset=12, subtitle=subtitle
    )
    return (
        chart.properties(title=shown)
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12, labelLimit=LABEL, labelFlush=False)
        .configure_legend(labelFontSize=12, titleFontSize=12)
    )
