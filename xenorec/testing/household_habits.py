"""How the invented households shop: some known by name, the others drawn from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xenorec.hash_uniform import uniform
from xenorec.testing.sample_products import BISCUITS, LAUNCH_DAY, LAUNCHED, MILK, TEA, goods

HOURS = (9, 10, 12, 16, 17, 18, 18, 19, 19, 20)
RHYTHMS = ((1, 1, 0.9), (2, 1, 0.75), (1, 2, 0.95), (1, 1, 0.6))
"""Days a week, every how many weeks, and how surely."""


@dataclass(frozen=True)
class HouseholdHabit:
    """When a household shops, what it runs out of, and when it stops.

    ``needs`` says after how many days each product is bought again; ``whims`` is how many other
    products a basket holds on average; days count from the shop's first day.
    """

    weekdays: tuple[int, ...]
    hour: int
    needs: Mapping[str, int] = field(default_factory=dict)
    share: float = 1.0
    every_weeks: int = 1
    whims: float = 2.0
    until_day: int | None = None

    def comes_on(self, day: int, weekday: int) -> bool:
        """Return whether the household may shop on that day."""
        stopped = self.until_day is not None and day >= self.until_day
        return weekday in self.weekdays and not stopped and day // 7 % self.every_weeks == 0


KNOWN = {
    "tuesday": HouseholdHabit((1,), 18, {"SANDWICH BREAD": 7, "COLA": 14}),
    "milk": HouseholdHabit((5,), 10, {MILK: 7, "LARGE EGGS": 14}),
    "tea_and_biscuits": HouseholdHabit((3,), 16, {TEA: 14, BISCUITS: 14, "PLAIN YOGURT": 7}),
    "lapsed": HouseholdHabit((0,), 12, {"GROUND COFFEE": 14, "RED APPLES": 7}, until_day=180),
    "no_history": HouseholdHabit((), 12),
    "new_product": HouseholdHabit((4,), 19, {LAUNCHED: 7, "MUESLI": 21}),
}
"""The first households, in this order: their answers are known."""


def habit(number: int, seed: str) -> HouseholdHabit:
    """Return the habit of one household; ``number`` counts from 1."""
    known = list(KNOWN.values())
    return known[number - 1] if number <= len(known) else _draw_habit(number, seed)


def _draw_habit(number: int, seed: str) -> HouseholdHabit:
    def draw(what: str, n: int) -> int:
        return int(uniform(seed, "habit", str(number), what) * n)

    days, every, share = RHYTHMS[draw("rhythm", len(RHYTHMS))]
    first = draw("weekday", 7)
    stops = draw("stops", 3) == 0
    return HouseholdHabit(
        weekdays=tuple(sorted((first + 3 * n) % 7 for n in range(days))),
        hour=HOURS[draw("hour", len(HOURS))],
        needs=_needs(number, seed),
        share=share,
        every_weeks=every,
        whims=1.0 + draw("whims", 4) / 2,
        until_day=LAUNCH_DAY - 40 + draw("until", 80) if stops else None,
    )


def _needs(number: int, seed: str) -> dict[str, int]:
    """Return three favourites, each with a rhythm of whole weeks."""
    ranked = sorted(goods()[:60], key=lambda g: uniform(seed, "need", str(number), g.product_id))
    weeks = (1, 2, 4)
    return {item.name: 7 * every for item, every in zip(ranked, weeks, strict=False)}
