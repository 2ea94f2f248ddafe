"""Pictures of metrics as altair charts: readable at 600 pixels, and without colour vision.

They need the extra ``notebooks``; altair is loaded when a picture is drawn.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from xenorec.errors import BadInput, MissingPackage
from xenorec.frames import arrow

BLUE, ORANGE, GREY, INK = "#0072B2", "#D55E00", "#8C8C8C", "#222222"
WIDTH = 420
LABEL, LETTERS = 210, 28


def draw_methods(frame: Any, *, title: str = "Each method's mean, with 95 % interval") -> Any:
    """Return dots with intervals, one panel per metric and one line per method.

    ``frame``: method, metric, estimate, ci_low, ci_high, as of ``summarize`` or ``differences``
    (then give a title that says so; a line marks zero). Methods and metrics in their order.
    """
    alt = _altair()
    table = _frame(frame, ("method", "metric", "estimate", "ci_low", "ci_high"))
    methods, metrics = (list(dict.fromkeys(table[name])) for name in ("method", "metric"))
    has_minus = bool((table["ci_low"] < 0).any())
    panels = [
        _panel(alt, table[table["metric"] == metric], methods, metric, has_minus)
        for metric in metrics
    ]
    return _styled(alt.vconcat(*panels, spacing=14), alt, title)


def draw_reliability(
    bins: Any, *, title: str = "Predicted beside observed chance of a purchase"
) -> Any:
    """Return the reliability diagram: on the grey line the predictions are right on average.

    ``bins``: mean_predicted, observed_rate, ci_low, ci_high, n, as of ``reliability``. A larger
    dot stands for more rows.
    """
    alt = _altair()
    table = _frame(bins, ("mean_predicted", "observed_rate", "ci_low", "ci_high", "n"))
    top = float(table[["mean_predicted", "ci_high"]].max().max()) * 1.05 or 1.0
    span = alt.Scale(domain=[0, min(top, 1.0)], nice=False)
    x = alt.X("mean_predicted:Q", title="predicted chance, mean of the bin", scale=span)
    diagonal = pd.DataFrame({"mean_predicted": [0.0, min(top, 1.0)], "y": [0.0, min(top, 1.0)]})
    line = alt.Chart(diagonal).mark_line(color=GREY, strokeDash=[5, 4], clip=True)
    said = "share bought, with 95 % interval"
    y = alt.Y("observed_rate:Q", title=said, scale=span)
    base = alt.Chart(table).encode(x=x)
    bars = base.mark_rule(color=BLUE, strokeWidth=2).encode(
        y=alt.Y("ci_low:Q", title=said, scale=span), y2="ci_high:Q"
    )
    dots = base.mark_circle(color=BLUE, opacity=1).encode(
        y=y, size=alt.Size("n:Q", title="rows", scale=alt.Scale(range=[30, 160], zero=True))
    )
    if table["n"].max() <= 1.2 * table["n"].min():
        dots = base.mark_circle(color=BLUE, opacity=1, size=70).encode(y=y)
    layers = alt.layer(line.encode(x=x, y=alt.Y("y:Q", title=said, scale=span)), bars, dots)
    return _styled(layers.properties(width=WIDTH, height=WIDTH * 3 // 4), alt, title)


def draw_cells(cells: Any, *, title: str = "Share of customers who bought what a cell held") -> Any:
    """Return the page as a heat map: rows from the top, columns from the left.

    ``cells``: shelf_rank, item_rank, observed_rate, as of ``cell_rates``. Darker means more; the
    number in a cell is its share in per cent.
    """
    alt = _altair()
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
            legend=alt.Legend(format=".0%", tickCount=4),
        )
    )
    is_dark = alt.datum.observed_rate > 0.55 * most
    numbers = base.mark_text(fontSize=12).encode(
        text=alt.Text("observed_rate:Q", format=".1%"),
        color=alt.condition(is_dark, alt.value("white"), alt.value(INK)),
    )
    size = {"width": min(WIDTH, 64 * n_columns), "height": min(WIDTH, 42 * n_rows)}
    return _styled((boxes + numbers).properties(**size), alt, title)


def draw_history(
    lines: Any, *, due: Any | None = None, n_products: int = 15, title: str | None = None
) -> Any:
    """Return what one customer bought and when: the products bought most often on top.

    ``lines``: product_id, ordered_at and optionally title, of one customer; ``due``: product_id,
    due_at, when the next purchase is expected. Shown are the ``n_products`` bought on most days.
    Times are drawn as UTC days.
    """
    alt = _altair()
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
        color=_kinds(alt, [BLUE, ORANGE], "color"),
        shape=_kinds(alt, ["circle", "diamond"], "shape"),
    )
    told = title or f"What one customer bought, {len(best)} of {len(counts)} products"
    return _styled(found.properties(width=WIDTH - 40, height=alt.Step(22)), alt, told)


def _panel(alt: Any, table: pd.DataFrame, methods: list[str], metric: str, has_minus: bool) -> Any:
    told = f"{metric}, mean over customers"
    y = alt.Y("method:N", sort=methods, title=None, scale=alt.Scale(domain=methods))
    x = alt.X("estimate:Q", title=told, scale=alt.Scale(zero=has_minus), axis=alt.Axis(tickCount=6))
    base = alt.Chart(table)
    bars = base.mark_rule(color=BLUE, strokeWidth=2.5).encode(
        x=alt.X("ci_low:Q", title=told), x2="ci_high:Q", y=y
    )
    dots = base.mark_circle(color=BLUE, size=80, opacity=1).encode(x=x, y=y)
    zero = alt.Chart(pd.DataFrame({"estimate": [0.0]})).mark_rule(color=GREY, strokeDash=[5, 4])
    layers = [*([zero.encode(x=x)] if has_minus else []), bars, dots]
    return alt.layer(*layers).properties(width=WIDTH, height=alt.Step(22))


def _days(source: Any, column: str) -> pd.DataFrame:
    """Return one row per product and day: product_id, title (or None), day."""
    table = arrow(source, need=("product_id", column), may=("title",)).to_pandas()
    day = pd.to_datetime(table[column], utc=True).dt.floor("D")
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


def _kinds(alt: Any, look: list[str], channel: str) -> Any:
    scale = alt.Scale(domain=["bought", "due next"], range=look)
    made = {"color": alt.Color, "shape": alt.Shape}[channel]
    return made("kind:N", title=None, scale=scale, legend=alt.Legend(orient="top"))


def _time_axis(alt: Any) -> Any:
    return alt.Axis(format="%d %b %Y", labelAngle=0, tickCount=4, labelOverlap=True, grid=False)


def _frame(source: Any, need: tuple[str, ...]) -> pd.DataFrame:
    table: pd.DataFrame = arrow(source, need=need).to_pandas()
    if not len(table):
        raise BadInput("The frame has no rows; there is nothing to draw.")
    return table


def _styled(chart: Any, alt: Any, title: str) -> Any:
    shown = alt.TitleParams(title, anchor="start", fontSize=15, color=INK, offset=12)
    return (
        chart.properties(title=shown)
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12, labelLimit=LABEL, labelFlush=False)
        .configure_legend(labelFontSize=12, titleFontSize=12)
    )


def _altair() -> Any:
    try:
        import altair
    except ImportError as error:
        raise MissingPackage(
            "Figures need the package altair. Install it: pip install 'xenorec[notebooks]'."
        ) from error
    return altair
