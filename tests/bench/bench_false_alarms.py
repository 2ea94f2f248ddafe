"""How often a lift is told where there is none, on two real shops; run as a script.

Customers of a shop are split by chance, nothing is done to anybody, and what they bought in the 28
days after is read as if a campaign had been sent: whatever comes out significant is false. Then an
effect is planted, and it is counted how often the interval holds it.

Per metric, with and without what was bought in the 28 days before, and per share held out:
false alarms (3.6 to 6.4 % of 1,000 readings, two standard errors around 5 %), how many of them are
upwards (35 to 65 %), coverage (93.6 to 96.4 %), and how often it is said that one cannot tell.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.bench.timing_shops import SHARED, journey_lines, orders_of
from xenorec.array_types import Bools, Floats
from xenorec.report.lift import compare
from xenorec.report.trial_arms import TrialArms

READINGS = 1_000
SHARES = (0.10, 0.05, 0.02)
METRICS = ("share", "spend", "n_orders")
WITHIN = pd.Timedelta(days=28)
PLANTED = 0.2
"""The effect: so much more spent, so many buyers with an order more, so many others who buy."""


@dataclass(frozen=True)
class Shop:
    """Per customer and metric what was bought after, before, and after with the effect."""

    name: str
    after: dict[str, Floats]
    before: dict[str, Floats]
    planted: dict[str, Floats]
    cap: float

    @property
    def n(self) -> int:
        """How many customers it has."""
        return len(self.after["spend"])


@dataclass(frozen=True)
class Reading:
    """What one split by chance came to."""

    is_false: bool
    is_up: bool
    is_covered: bool
    is_doubted: bool


def shops() -> Iterator[Shop]:
    """Give the shops that are on this machine."""
    lines = journey_lines()
    if lines is not None:
        yield shop("The Complete Journey", orders_of(lines), pd.Timestamp("2017-11-01", tz="UTC"))
    path = SHARED / "online_retail_II.parquet"
    if not path.exists():
        print(f"skipped: {path.name} is not beside the project")
        return
    lines = pd.read_parquet(path).dropna(subset=["customer"])
    lines = lines.assign(net_amount=lines["Quantity"] * lines["Price"])
    names = {"customer": "customer_id", "Invoice": "order_id", "ts": "ordered_at"}
    yield shop(
        "Online Retail II", orders_of(lines.rename(columns=names)), pd.Timestamp("2011-10-01")
    )


def shop(name: str, orders: pd.DataFrame, as_of: pd.Timestamp) -> Shop:
    """Return what everybody who had bought by ``as_of`` did around it."""
    at = orders["ordered_at"]
    if at.dt.tz is None:
        as_of = as_of.tz_localize(None)
    ids = np.sort(orders.loc[at <= as_of, "customer_id"].unique())
    after = outcomes(orders[(at > as_of) & (at <= as_of + WITHIN)], ids)
    before = outcomes(orders[(at > as_of - WITHIN) & (at <= as_of)], ids)
    spent = np.abs(after["spend"][after["spend"] != 0])
    return Shop(name, after, before, with_effect(after), float(np.quantile(spent, 0.99)))


def outcomes(orders: pd.DataFrame, ids: np.ndarray) -> dict[str, Floats]:
    """Return the metrics per customer."""
    by = orders.groupby("customer_id")["net_amount"].agg(["sum", "count"])
    by = by.reindex(ids, fill_value=0).astype(float)
    n_orders = by["count"].to_numpy()
    return {
        "share": (n_orders > 0).astype(float),
        "spend": by["sum"].to_numpy(),
        "n_orders": n_orders,
    }


def with_effect(after: dict[str, Floats]) -> dict[str, Floats]:
    """Return what they would have done if written to."""
    chance = np.random.default_rng(1).random(len(after["spend"])) < PLANTED
    return {
        "share": np.where(chance, 1.0, after["share"]),
        "spend": after["spend"] * (1 + PLANTED),
        "n_orders": after["n_orders"] + (chance & (after["n_orders"] > 0)),
    }


def read(shop: Shop, metric: str, share: float, seed: int, *, adjusts: bool) -> Reading:
    """Split by chance, and read once without an effect and once with it."""
    is_treated = np.random.default_rng(seed).random(shop.n) >= share
    beside = shop.before[metric] if adjusts else None
    same, better = shop.after[metric], shop.planted[metric]
    nothing = compare(TrialArms(same, beside, is_treated, False), metric, seed=str(seed))
    cap = shop.cap if metric == "spend" else np.inf
    mixed: Bools | Floats = np.where(is_treated, better, same)
    found = compare(
        TrialArms(mixed, beside, is_treated, False), metric, cap_amount=cap, seed=str(seed)
    )
    truth = float((np.clip(better, -cap, cap) - np.clip(same, -cap, cap)).mean())
    return Reading(
        is_false=nothing.p_value < 0.05,
        is_up=nothing.estimate > 0,
        is_covered=found.ci_low <= truth <= found.ci_high,
        is_doubted=nothing.verdict == "cannot tell",
    )


def line(readings: list[Reading]) -> str:
    """Return the figures of many readings."""
    false = [one for one in readings if one.is_false]
    up = np.mean([one.is_up for one in false]) if false else np.nan
    covered = np.mean([one.is_covered for one in readings])
    doubted = np.mean([one.is_doubted for one in readings])
    alarms = len(false) / len(readings)
    return f"{alarms:12.1%} {up:9.0%} {covered:10.1%} {doubted:12.1%}"


def main(n: int) -> int:
    """Print the table of every shop."""
    warnings.simplefilter("ignore")
    for one in shops():
        print(f"\n{one.name}: {one.n:,} customers, {n:,} readings each", flush=True)
        print(
            "metric    before  held out  false alarms  upwards  coverage  cannot tell  ms a reading"
        )
        for metric in METRICS:
            for adjusts in (False, True):
                for share in SHARES:
                    start = time.perf_counter()
                    found = [read(one, metric, share, seed, adjusts=adjusts) for seed in range(n)]
                    spent = (time.perf_counter() - start) / n / 2 * 1000
                    head = f"{metric:10s}{'yes' if adjusts else 'no':6s}{share:10.0%}"
                    print(f"{head} {line(found)} {spent:8.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else READINGS))
