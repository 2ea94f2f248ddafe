"""Sample visits: a household's habits become baskets with prices."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from xenorec.hash_uniform import uniform
from xenorec.testing.household_habits import HouseholdHabit
from xenorec.testing.sample_coupons import SampleCoupon, coupons, received
from xenorec.testing.sample_products import GOES_WITH, LAUNCHED, SampleProduct, good, goods

N_STORES = 3


@dataclass(frozen=True)
class SampleLine:
    """One product of a basket; amounts are in cents and ``net`` is what the shop received."""

    good: SampleProduct
    quantity: int
    discount: int
    coupon: SampleCoupon | None = None

    @property
    def match(self) -> int:
        """Return what the shop adds to the supplier's coupon."""
        return 0 if self.coupon is None else self.coupon.match

    @property
    def gross(self) -> int:
        """Return the price before anything is taken off."""
        return self.good.cents * self.quantity

    @property
    def net(self) -> int:
        """Return what the shop received; the supplier pays back its own coupon."""
        return self.gross - self.discount - self.match


@dataclass(frozen=True)
class SampleVisit:
    """One basket at a till; ``household`` is None for a shopper without a card."""

    household: int | None
    store: int
    at: datetime
    day: date
    lines: tuple[SampleLine, ...]


def visits(
    number: int, habit: HouseholdHabit, *, seed: str, first: date, days: int, zone: ZoneInfo
) -> Iterator[SampleVisit]:
    """Yield one household's visits in the order of time."""
    bought: dict[str, int] = {}
    used: set[SampleCoupon] = set()
    for day in range(days):
        on = first + timedelta(days=day)
        chance = _HashedChoice(seed, number, day)
        if not habit.comes_on(day, on.weekday()) or chance("comes") >= habit.share:
            continue
        names = _names(habit, chance, bought, day, on, first)
        lines = tuple(_line(name, chance, number, on, used, seed, first) for name in names)
        if lines:
            bought.update(dict.fromkeys(names, day))
            yield SampleVisit(
                number, _store(number, chance), _at(on, habit.hour, chance, zone), on, lines
            )


def passers_by(*, seed: str, first: date, days: int, zone: ZoneInfo) -> Iterator[SampleVisit]:
    """Yield a basket every other day of somebody without a card."""
    for day in range(0, days, 2):
        on = first + timedelta(days=day)
        chance = _HashedChoice(seed, 0, day)
        names = dict.fromkeys(_whims(2.0, chance, on, first))
        if names:
            lines = tuple(
                SampleLine(good(name), 1, good(name).discount_cents(on)) for name in names
            )
            hour = 9 + int(chance("hour") * 11)
            yield SampleVisit(None, _store(day, chance), _at(on, hour, chance, zone), on, lines)


@dataclass(frozen=True)
class _HashedChoice:
    seed: str
    number: int
    day: int

    def __call__(self, *what: str) -> float:
        return uniform(self.seed, str(self.number), str(self.day), *what)


def _names(
    habit: HouseholdHabit,
    chance: _HashedChoice,
    bought: dict[str, int],
    day: int,
    on: date,
    first: date,
) -> list[str]:
    """Return what goes into the basket: what ran out, a few whims, and what goes with them."""
    due = [n for n, every in habit.needs.items() if day - bought.get(n, -every) >= every]
    whims = [name for name in _whims(habit.whims, chance, on, first) if name not in habit.needs]
    names = dict.fromkeys([*due, *whims])
    for name in list(names):
        other, share = GOES_WITH.get(name, ("", 0.0))
        if chance("with", name) < share:
            names[other] = None
    return [name for name in names if good(name).is_sold_on(on, first)]


def _whims(mean: float, chance: _HashedChoice, on: date, first: date) -> list[str]:
    """Return up to twice ``mean`` products, the popular ones more often."""
    n = int(chance("n whims") * (2 * mean + 1))
    places = [bisect(_popularity(), chance("whim", str(i))) for i in range(n)]
    names = [goods()[min(place, len(goods()) - 1)].name for place in places]
    if chance("new") < 0.12 and good(LAUNCHED).is_sold_on(on, first):
        names.append(LAUNCHED)
    return names


@cache
def _popularity() -> tuple[float, ...]:
    weights = [1 / (item.number + 5) for item in goods()]
    return tuple(share / sum(weights) for share in accumulate(weights))


def _line(
    name: str,
    chance: _HashedChoice,
    number: int,
    on: date,
    used: set[SampleCoupon],
    seed: str,
    first: date,
) -> SampleLine:
    item = good(name)
    quantity = 2 if chance("two", name) < 0.12 else 1
    for coupon in coupons(first):
        fits = name == coupon.name and coupon.from_day <= on <= coupon.to_day
        if fits and coupon not in used and received(number, coupon, seed):
            used.add(coupon)
            return SampleLine(item, quantity, item.discount_cents(on) * quantity, coupon)
    return SampleLine(item, quantity, item.discount_cents(on) * quantity)


def _store(number: int, chance: _HashedChoice) -> int:
    """Return the household's own store, and now and then the next one."""
    return (number + (chance("elsewhere") < 0.08)) % N_STORES + 1


def _at(on: date, hour: int, chance: _HashedChoice, zone: ZoneInfo) -> datetime:
    minute, second = int(chance("minute") * 40), int(chance("second") * 60)
    return datetime.combine(on, time(hour, minute, second), zone).astimezone(UTC)
