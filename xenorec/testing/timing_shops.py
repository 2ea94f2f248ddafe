"""The shops on which models of times are tested: usual, degenerate, and what is known of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from xenorec.hash_uniform import uniform

if TYPE_CHECKING:
    import pandas as pd

OPENED = datetime(2017, 1, 3, tzinfo=UTC)
"""A Tuesday, as is every seventh day after it."""
AS_OF = OPENED + timedelta(days=301, hours=12)
ZONES = ("Asia/Kolkata", "Europe/London", "America/New_York")
EVENING = time(18, 30)
SEED = "timing-shops"
PRICE = 20.0


class TimingRow(NamedTuple):
    """One order of one product; ``zone`` is None where it is not known."""

    customer: str
    at: datetime
    zone: str | None = "UTC"
    amount: float = PRICE


@dataclass(frozen=True)
class TimingShop:
    """Orders as of an instant; some ``rows`` may be later than it."""

    rows: tuple[TimingRow, ...]
    as_of: datetime = AS_OF

    @property
    def customers(self) -> tuple[str, ...]:
        """The customers known at ``as_of``, in text order."""
        return tuple(sorted({row.customer for row in self.rows if row.at <= self.as_of}))

    def orders(self) -> pd.DataFrame:
        """Return one row per order.

        order_id, customer_id, ordered_at, time_zone, net_amount, currency, product_id, quantity.
        """
        import pandas as pd

        rows = self.rows
        return pd.DataFrame(
            {
                "order_id": pd.Series(_order_ids(rows), dtype="str"),
                "customer_id": pd.Series([row.customer for row in rows], dtype="str"),
                "ordered_at": pd.Series([row.at for row in rows], dtype="datetime64[us, UTC]"),
                "time_zone": pd.Series([row.zone for row in rows], dtype="str"),
                "net_amount": pd.Series([row.amount for row in rows], dtype="float64"),
                "currency": pd.Series(["EUR" for _ in rows], dtype="str"),
                "product_id": pd.Series(["milk" for _ in rows], dtype="str"),
                "quantity": pd.Series([1.0 for _ in rows], dtype="float64"),
            }
        )

    def events(self) -> pd.DataFrame:
        """Return the orders as events: customer_id, at, time_zone."""
        named = self.orders().rename(columns={"ordered_at": "at"})
        return named[["customer_id", "at", "time_zone"]]

    def later(self) -> TimingShop:
        """Return the shop with rows of old and new customers after ``as_of``."""
        names = ("weekly-00", "lapsed-00", "tomorrow")
        days = (timedelta(microseconds=1), timedelta(hours=5), timedelta(days=3))
        more = (TimingRow(who, self.as_of + day, ZONES[0], 990.0) for who in names for day in days)
        return replace(self, rows=(*self.rows, *more))

    def mixed(self) -> TimingShop:
        """Return the shop with its rows in another order."""
        order = sorted(range(len(self.rows)), key=lambda at: uniform(SEED, "mixed", str(at)))
        return replace(self, rows=tuple(self.rows[at] for at in order))


def usual_shop(n_each: int = 24) -> TimingShop:
    """Return a shop of as many customers of each habit, over 301 days.

    weekly-NN: every Tuesday evening on their own clock, to this week; lapsed-NN: the same, until
    half-way; irregular-NN: 3 to 30 days apart, at any hour; new-NN: one or two orders in the last
    weeks; single-NN: one order long ago.
    """
    return TimingShop(tuple(row for n in range(n_each) for make in HABITS for row in make(n)))


def weekly(n: int) -> Iterator[TimingRow]:
    """Return the orders of every Tuesday at 18:30 on the customer's own clock."""
    return _tuesdays(f"weekly-{n:02d}", n, n_weeks=43)


def lapsed(n: int) -> Iterator[TimingRow]:
    """Return the orders of every Tuesday of the first five months, and none after."""
    return _tuesdays(f"lapsed-{n:02d}", n, n_weeks=22)


def irregular(n: int) -> Iterator[TimingRow]:
    """Return orders 3 to 30 days apart."""
    who, day, visit = f"irregular-{n:02d}", 20.0 * _chance("start", n), 0
    while day < 300:
        amount = round(5 + 60 * _chance("paid", n, visit), 2)
        yield TimingRow(who, OPENED + timedelta(days=day), ZONES[n % 3], amount)
        visit += 1
        day += 3 + 27 * _chance("gap", n, visit)


def new(n: int) -> Iterator[TimingRow]:
    """Return one or two orders of the last three weeks."""
    first = AS_OF - timedelta(days=21 * _chance("new", n) + 0.01)
    yield TimingRow(f"new-{n:02d}", first, ZONES[n % 3])
    if n % 2:
        yield TimingRow(f"new-{n:02d}", first + (AS_OF - first) / 2, ZONES[n % 3], 35.0)


def single(n: int) -> Iterator[TimingRow]:
    """Return the only order, of the first hundred days."""
    yield TimingRow(
        f"single-{n:02d}", OPENED + timedelta(days=100 * _chance("single", n)), ZONES[n % 3]
    )


HABITS = (weekly, lapsed, irregular, new, single)


def _nobody() -> Iterator[TimingRow]:
    return iter(())


def _one_customer() -> Iterator[TimingRow]:
    return _tuesdays("weekly-00", 0, n_weeks=20)


def _one_day() -> Iterator[TimingRow]:
    return (TimingRow(f"c{n:02d}", AS_OF - timedelta(minutes=n + 1)) for n in range(60))


def _singles_only() -> Iterator[TimingRow]:
    return (row for n in range(80) for row in single(n))


def _all_new() -> Iterator[TimingRow]:
    return (row for n in range(80) for row in new(n))


def _all_inactive() -> Iterator[TimingRow]:
    return (row for n in range(80) for row in lapsed(n))


def _fifty() -> Iterator[TimingRow]:
    return (row for n in range(10) for make in HABITS for row in make(n))


def _two_at_once() -> Iterator[TimingRow]:
    return (again for n in range(3) for row in weekly(n) for again in (row, row))


def _no_zones() -> Iterator[TimingRow]:
    return (row._replace(zone=None) for n in range(8) for make in HABITS for row in make(n))


def _some_zones() -> Iterator[TimingRow]:
    for n in range(8):
        yield from (row._replace(zone=None if n % 2 else row.zone) for row in weekly(n))


def _renamed_customers(names: tuple[str, ...]) -> Iterator[TimingRow]:
    return (row._replace(customer=name) for n, name in enumerate(names) for row in weekly(n))


def _unicode_ids() -> Iterator[TimingRow]:
    return _renamed_customers(("é", "e\u0301", "茶", "Ω-1", " é", "🛒", "a\tb", "ß"))


def _number_ids() -> Iterator[TimingRow]:
    return _renamed_customers(
        ("7", "007", "7.0", "7e0", "-7", "1e400", "infinity", "0x7", "9" * 30)
    )


def _free() -> Iterator[TimingRow]:
    return (row._replace(amount=0.0) for n in range(12) for row in weekly(n))


DEGENERATE: Mapping[str, Callable[[], Iterator[TimingRow]]] = MappingProxyType(
    {
        "no rows": _nobody,
        "one customer": _one_customer,
        "one day": _one_day,
        "singles only": _singles_only,
        "all new": _all_new,
        "all inactive": _all_inactive,
        "fifty customers": _fifty,
        "two at once": _two_at_once,
        "no zones": _no_zones,
        "some zones": _some_zones,
        "unicode ids": _unicode_ids,
        "ids like numbers": _number_ids,
        "all free": _free,
    }
)
"""Shops in which something usual is missing, by what it is."""


def degenerate_shop(name: str) -> TimingShop:
    """Return one of the ``DEGENERATE`` shops."""
    return TimingShop(tuple(DEGENERATE[name]()))


def _tuesdays(who: str, n: int, *, n_weeks: int) -> Iterator[TimingRow]:
    zone = ZONES[n % 3]
    minutes = timedelta(minutes=20 * _chance("minute", n))
    for week in range(n_weeks):
        day = (OPENED + timedelta(weeks=week)).date()
        local = datetime.combine(day, EVENING, tzinfo=ZoneInfo(zone)) + minutes
        yield TimingRow(who, local.astimezone(UTC), zone, 15.0 + n)


def _order_ids(rows: tuple[TimingRow, ...]) -> list[str]:
    """Return an id per row that does not depend on the order of different rows."""
    seen = Counter[TimingRow]()
    ids = []
    for row in rows:
        seen[row] += 1
        ids.append(f"{row.customer}/{row.at.isoformat()}/{row.amount:g}/{seen[row]}")
    return ids


def _chance(what: str, *numbers: int) -> float:
    return uniform(SEED, what, *map(str, numbers))
