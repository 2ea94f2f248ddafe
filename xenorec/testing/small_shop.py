"""A small invented grocer: canonical tables whose right answers are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from xenorec.errors import BadInput
from xenorec.testing.household_habits import KNOWN, habit
from xenorec.testing.sample_tables import frames_of
from xenorec.testing.sample_visits import SampleVisit, passers_by, visits

MOST_HOUSEHOLDS = 9_000
FIRST_DAY = date(2017, 1, 1)


@dataclass(frozen=True, eq=False)
class InventedShop:
    """A shop that was drawn from a seed.

    ``frames`` are data frames by canonical table (``crm.load(shop.frames)``). ``known`` gives the
    customer_id of the households whose habit has a name: ``tuesday`` (every Tuesday at 18:00
    local), ``milk`` (milk every seven days), ``tea_and_biscuits`` (always both, every two weeks),
    ``lapsed`` (weekly until the end of June), ``no_history`` (never bought), ``new_product`` (the
    oat drink every week from the day it appeared).
    """

    seed: str
    first_day: date
    n_households: int
    time_zone: str
    visits: tuple[SampleVisit, ...]
    frames: Mapping[str, pd.DataFrame]
    known: Mapping[str, str]

    def __repr__(self) -> str:
        return f"InventedShop({self.n_households} households, {len(self.visits)} orders)"


def invented_shop(
    n_households: int = 40,
    *,
    seed: str = "grocer",
    first_day: date = FIRST_DAY,
    n_days: int = 365,
    time_zone: str = "America/New_York",
    currency: str = "USD",
) -> InventedShop:
    """Return a grocer with three stores, the same for the same arguments on every machine.

    The frames are customers, identifiers, consents, stores, products, orders, order_lines, offers
    and events. A few orders have no customer. Addresses and telephone numbers are of ranges that
    are reserved for examples. Raises BadInput for fewer households than have a known habit.
    """
    if not len(KNOWN) <= n_households <= MOST_HOUSEHOLDS:
        raise BadInput(
            f"n_households came as {n_households}; expected {len(KNOWN)} to {MOST_HOUSEHOLDS}."
        )
    if n_days < 1:
        raise BadInput(f"n_days came as {n_days}; expected at least 1.")
    baskets = _visits(n_households, seed, first_day, n_days, _zone(time_zone))
    return InventedShop(
        seed=seed,
        first_day=first_day,
        n_households=n_households,
        time_zone=time_zone,
        visits=baskets,
        frames=frames_of(
            baskets,
            n_households=n_households,
            seed=seed,
            first=first_day,
            time_zone=time_zone,
            currency=currency,
        ),
        known={name: f"h{number:02d}" for number, name in enumerate(KNOWN, 1)},
    )


def _visits(n: int, seed: str, first: date, days: int, zone: ZoneInfo) -> tuple[SampleVisit, ...]:
    found = list(passers_by(seed=seed, first=first, days=days, zone=zone))
    for number in range(1, n + 1):
        found += visits(number, habit(number, seed), seed=seed, first=first, days=days, zone=zone)
    return tuple(sorted(found, key=lambda visit: (visit.at, visit.household or 0)))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(
            f"time_zone came as {name!r}; expected an IANA zone such as Asia/Kolkata."
        ) from error
