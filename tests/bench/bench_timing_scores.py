"""How right timing is, model by model, beside its baselines, on real shops.

Run by hand: ``python -m tests.bench.bench_timing_scores [development|final|all] [SHOP]``; some 20
minutes for all on 2 cores. ``tests/bench/held_out.py`` says what is which: constants are chosen on
the development rows, the final rows are scored once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pandas as pd

from tests.bench import held_out, timing_shops
from tests.bench.held_out import HOURS, NEXT_ORDERS, VALUES, Part, Score, compared
from xenorec.array_types import Floats
from xenorec.timing import LifetimeValue, NextPurchase, SendTime
from xenorec.timing.evaluation.order_baselines import ordered_within
from xenorec.timing.event_log import read_orders
from xenorec.timing.lifetime_value.spend_log import read_spending
from xenorec.timing.local_time import DAY_US
from xenorec.timing.send_time.engagement_events import read_acts

WITHIN = timedelta(days=14)
VALUE_DAYS = 125
BG_NBD = {"use_learner": False, "member": "bg_nbd"}
MBG_NBD = {"use_learner": False}
ZONES = {"journey": timing_shops.ZONE, "wholesaler": "Europe/London"}


@cache
def orders_of(shop: str) -> pd.DataFrame | None:
    """Return one row per order of a shop; None where its file is not there."""
    if shop == "journey":
        lines = timing_shops.journey_lines()
        found = None if lines is None else timing_shops.orders_of(lines)
    else:
        found = getattr(timing_shops, shop)()
    return None if found is None else found.assign(customer_id=found["customer_id"].astype(str))


def next_orders(part: Part, orders: pd.DataFrame) -> Iterator[tuple[str, Score]]:
    """Yield the log-loss of an order within 14 days, beside both textbook members."""
    looks = [_look(orders, at) for at in part.origins]
    who, ours, bg, mbg = (np.concatenate(column) for column in zip(*looks, strict=True))
    yield "order in 14 d, log-loss, beside BG/NBD", compared(who, ours, bg)
    yield "order in 14 d, log-loss, beside MBG/NBD", compared(who, ours, mbg)


def _look(orders: pd.DataFrame, at: str) -> tuple[Floats, ...]:
    everything = read_orders(orders)
    seen = everything.until(_instant(at))
    truth = ordered_within(seen, everything, WITHIN)
    told = []
    for settings in ({}, BG_NBD, MBG_NBD):
        model = NextPurchase(**settings).fit(seen)
        told.append(_loss(model.predict(seen.ids, within=WITHIN)["p_order"].to_numpy(), truth))
        if not settings:
            print(f"    {at}: {'; '.join(model.notes_) or 'no notes'}", flush=True)
    return (seen.ids, *told)


def _loss(p: Floats, truth: Floats) -> Floats:
    safe = np.clip(p, 1e-15, 1 - 1e-15)
    return -np.where(truth > 0, np.log(safe), np.log1p(-safe))


def values(part: Part, orders: pd.DataFrame) -> Iterator[tuple[str, Score]]:
    """Yield the absolute error of orders and spend, beside the same again as in the days before."""
    if "net_amount" not in orders:
        return
    at = pd.Timestamp(part.origins[0], tz="UTC")
    rows = read_spending(orders)
    model = LifetimeValue().fit(orders, as_of=at)
    told = model.predict(within=f"{VALUE_DAYS}d")
    after = _spent(rows, at, at + pd.Timedelta(days=VALUE_DAYS)).reindex(told["customer_id"])
    before = _spent(rows, at - pd.Timedelta(days=VALUE_DAYS), at).reindex(told["customer_id"])
    names = {"n": "n_expected_orders", "spend": "expected_value_amount"}
    for what, column in names.items():
        truth, rule = after[what].fillna(0).to_numpy(), before[what].fillna(0).to_numpy()
        ours, other = np.abs(told[column].to_numpy() - truth), np.abs(rule - truth)
        score = compared(told["customer_id"].to_numpy(object), ours, other)
        yield f"{what} in {VALUE_DAYS} d, mean error, beside the last {VALUE_DAYS} days", score


def _spent(rows: object, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    frame = pd.DataFrame({"id": rows.ids[rows.code], "at": rows.at, "spend": rows.amount})
    low, high = (int(instant.timestamp() * 1e6) for instant in (start, end))
    kept = frame[(frame["at"] > low) & (frame["at"] <= high)]
    n = kept[kept["spend"] >= 0].assign(day=kept["at"] // DAY_US).groupby("id")["day"].nunique()
    return pd.DataFrame({"n": n, "spend": kept.groupby("id")["spend"].sum()})


def hours(part: Part, orders: pd.DataFrame) -> Iterator[tuple[str, Score]]:
    """Yield minus the nats per order of the hour of the week, beside the shop's one curve."""
    from xenorec.dataset.data_frames import positions
    from xenorec.timing.send_time.weighted_counts import local_hours

    named = orders.rename(columns={"ordered_at": "at"})[["customer_id", "at"]]
    events = read_acts(named.assign(time_zone=ZONES[part.shop]), as_of=None, channel=None).stamps
    at = _instant(part.origins[0])
    later = events.after(at)
    model = SendTime(quiet=None).fit(events.until(at))
    hour = local_hours(later, unknown=model.shop_zone_)
    rows = positions(later.ids, model.customer_ids_)
    curves = np.log(model.curves_of(rows))
    ours = -curves[later.code, hour]
    other = -np.log(model.shop_curve_)[hour]
    yield (
        "hour of the week, minus nats, beside the shop",
        compared(later.ids[later.code], ours, other),
    )


def _instant(at: str) -> datetime:
    return pd.Timestamp(at, tz="UTC").to_pydatetime()


TASKS: tuple[tuple[tuple[Part, ...], Callable[..., Iterator[tuple[str, Score]]]], ...] = (
    (NEXT_ORDERS, next_orders),
    (VALUES, values),
    (HOURS, hours),
)


def main() -> int:
    """Print a row for each part asked for, as soon as it is known."""
    part, shop = ([*sys.argv[1:], "all", "all"])[:2]
    print("Constants were chosen on development rows only; final rows are scored once. Lower is")
    print("better; the interval is of the difference, 95 %, households drawn again.")
    print(f"{'':52s} {'ours':>9s} {'beside':>9s} {'gain':>9s}")
    for parts, task in TASKS:
        for each in held_out.of(parts, part, shop):
            orders = orders_of(each.shop)
            if orders is None:
                continue
            print(each, flush=True)
            for what, score in task(each, orders):
                print(f"  {what:50s} {score}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
