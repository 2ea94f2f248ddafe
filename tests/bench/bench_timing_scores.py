"""How right timing is, model by model, beside its baselines: one table on real shops.

Run by hand: ``python -m tests.bench.bench_timing_scores``; some 15 minutes on 2 cores.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pandas as pd

from tests.bench import timing_shops
from xenorec.timing import (
    evaluate_lapse,
    evaluate_replenishment,
    evaluate_send_time,
    evaluate_timing,
    evaluate_value,
)
from xenorec.timing.evaluation.origins import every

FIRST = "2017-08-28"
FORTNIGHT, MONTH = timedelta(days=14), timedelta(days=28)


class Row(NamedTuple):
    """One figure: what was scored, ours, a baseline of the same run, and the goal."""

    what: str
    figure: str
    ours: float
    baseline: float
    goal: str


def _chance(what: str, found: Any, goal: str) -> Iterator[Row]:
    table = found.table.set_index("model")
    for figure in ("log_loss", "auc", "ece"):
        ours, plain = (table.loc[name, figure] for name in ("next_purchase", "bg_nbd"))
        yield Row(what, figure, ours, plain, goal if figure == "log_loss" else "")


def journey_orders(orders: pd.DataFrame) -> Iterator[Row]:
    """Chances and dates of the next order on The Complete Journey."""
    origins = every(FIRST, n=8, step=FORTNIGHT)
    found = evaluate_timing(orders, origins=origins, within="14d")
    yield from _chance("order in 14 d, Journey", found, "<= .411")
    dates = found.dates.set_index("model")
    goals = (("mae_days", "<= 8.6"), ("coverage", ".78 to .82"), ("coverage_open", ""))
    for name, goal in goals:
        ours, plain = (dates.loc[model, name] for model in ("next_purchase", "bg_nbd"))
        yield Row("next order's date, capped at 56 d", name, ours, plain, goal)
    found = evaluate_timing(orders, origins=origins[:7], within="28d")
    yield from _chance("order in 28 d, Journey", found, "<= .314")


def journey_value(orders: pd.DataFrame) -> Iterator[Row]:
    """Orders and spend of the next 125 days on The Complete Journey."""
    table = evaluate_value(orders, as_of=FIRST, within="125d").table
    for target, figure, goal in (
        ("orders", "mae", "<= 5.70"),
        ("orders", "rmse", "<= 8.25"),
        ("spend", "mae", "<= 230"),
    ):
        rows = table[table["target"] == target].set_index("method")[figure]
        yield Row(f"{target} in 125 d", figure, rows.iloc[0], rows["last_window"], goal)


def journey_restock(lines: pd.DataFrame) -> Iterator[Row]:
    """What is bought again in 14 days on The Complete Journey, by product and by kind."""
    for by, n in (("product", 8), ("category", 2)):
        found = evaluate_replenishment(lines, origins=every(FIRST, n=n, step=FORTNIGHT), by=by)
        table = found.table.set_index(found.table.columns[0])
        for figure, goal in (("ndcg_10", ">= .545"), ("ap", ""), ("log_loss", "<= .268")):
            yield Row(
                f"{by} in 14 d",
                figure,
                table[figure].iloc[0],
                table.loc["poisson_gamma", figure],
                goal if by == "product" else "",
            )


def journey_hours(orders: pd.DataFrame) -> Iterator[Row]:
    """The hour of the week of later purchases on The Complete Journey, in the shop's zone."""
    events = orders.rename(columns={"ordered_at": "at"}).assign(time_zone=timing_shops.ZONE)
    table = evaluate_send_time(events, as_of=FIRST).table.set_index("model")
    for figure, goal in (("nats", ">= -4.550"), ("window_share", ">= .070")):
        ours, plain = (table.loc[name, figure] for name in ("send_time", "shop"))
        yield Row("hour of the week", figure, ours, plain, goal)


def _from_day(orders: pd.DataFrame, day: int, n: int, step: timedelta) -> tuple[datetime, ...]:
    start = pd.Timestamp(orders["ordered_at"].min()).floor("D").to_pydatetime()
    return every(start + timedelta(days=day), n=n, step=step)


def others() -> Iterator[Row]:
    """The shops beside The Complete Journey."""
    records = timing_shops.cdnow()
    if records is not None:
        found = evaluate_timing(records, origins=_from_day(records, 272, 8, FORTNIGHT))
        yield from _chance("order in 14 d, CDNOW", found, "<= .1400")
    for name, shop, goal in (
        ("grocer", timing_shops.grocer(), "<= .285"),
        ("wholesaler", timing_shops.wholesaler(), "<= .500"),
    ):
        if shop is not None:
            found = evaluate_lapse(shop, origins=_from_day(shop, 365, 10, MONTH))
            yield from _chance(f"lapse in 90 d, {name}", found, goal)


def rows() -> Iterator[Row]:
    """Yield every figure that this machine has the data for."""
    lines = timing_shops.journey_lines()
    if lines is not None:
        orders = timing_shops.orders_of(lines)
        yield from journey_hours(orders)
        yield from journey_value(orders)
        yield from journey_orders(orders)
    yield from others()
    if lines is not None:
        yield from journey_restock(lines)


def main() -> int:
    """Print the table, a row as soon as it is known."""
    print(f"{'what':36s} {'figure':13s} {'ours':>9s} {'baseline':>9s}  goal")
    for row in rows():
        figures = f"{row.ours:9.4f} {row.baseline:9.4f}"
        print(f"{row.what:36s} {row.figure:13s} {figures}  {row.goal}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
