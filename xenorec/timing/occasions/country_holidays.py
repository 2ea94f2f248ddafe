"""The days of feasts in one country, from the sources that know them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from xenorec.config.occasion_types import KINDS
from xenorec.errors import BadInput
from xenorec.timing.occasions.holiday_sources import (
    DAY,
    ESTIMATED,
    LISTS,
    MOON,
    black_friday,
    listed,
    lunar_days,
)
from xenorec.timing.occasions.occasion import Occasion

OF_INDIA = {"diwali": ("IN", None), "onam": ("IN", "KL")}
"""Which list is asked for a feast where the country's own has none of it."""
OF_LATE = (2024, 2025, 2026)
"""Years that every list has; what is kept then is kept in years that a list does not reach."""
LATE = timedelta(days=2)
"""A feast that follows the moon is seen at most so long after the day of Umm al-Qura."""


@dataclass(frozen=True)
class CountryHolidays:
    """Feasts of a country: ``of_years`` gives their days, ``is_kept`` whether it lists them."""

    country: str
    subdivision: str | None

    def is_kept(self, name: str, first: int, last: int) -> bool:
        """Whether the country's list of days off has the feast, in these years or of late."""
        word, years = KINDS[name].listed, {*range(first, last + 1), *OF_LATE}
        return any(listed(word, self.country, self.subdivision, year) for year in sorted(years))

    def of_years(self, name: str, first: int, last: int) -> Iterator[Occasion]:
        """Return the feast's occasions in these years; raises BadInput where no source knows."""
        if KINDS[name].is_lunar:
            for moon in lunar_days(name, first, last):
                yield self._lunar(name, moon)
            return
        for year in range(first, last + 1):
            yield self._solar(name, year)

    def _lunar(self, name: str, moon: date) -> Occasion:
        eid = moon if name != "ramadan" else moon + timedelta(days=30)
        on, is_sure, source = self._announced(name, moon, eid)
        until = on + timedelta(days=KINDS[name].n_days - 1)
        if is_sure:
            return Occasion.sure(name, on, until=until, source=source)
        return Occasion(name, on, until, True, on - DAY, on + DAY, source)

    def _announced(self, name: str, moon: date, eid: date) -> tuple[date, bool, str]:
        """Return the day, whether it is certain, and which source said so."""
        if name == "ramadan":
            lag = self._lag_of_ramadan(moon)
            return moon + lag, False, MOON if not lag else LISTS
        days = listed(KINDS[name].listed, self.country, self.subdivision, eid.year)
        near = [(day, text) for day, text in days if moon <= day <= moon + LATE]
        is_sure = bool(near) and not ESTIMATED.search(near[0][1])
        if self.country == "SA" or not near:
            return moon, is_sure and near[0][0] == moon, MOON
        return near[0][0], is_sure, LISTS

    def _lag_of_ramadan(self, moon: date) -> timedelta:
        """Return how much later the month begins here: as much as its Eid al-Fitr comes later."""
        if self.country == "SA":
            return timedelta(0)
        eids = lunar_days("eid_al_fitr", moon.year, moon.year + 1)
        eid = next(day for day in eids if day > moon)
        return self._announced("eid_al_fitr", eid, eid)[0] - eid

    def _solar(self, name: str, year: int) -> Occasion:
        if name == "black_friday":
            return Occasion.sure(name, black_friday(year), source="rule")
        days = self._listed_days(name, year)
        if name == "christmas":
            return Occasion.sure(name, _christmas(days, year), source=LISTS if days else "rule")
        if not days:
            raise BadInput(
                f"No source has {name} in {year}: its table covers 2001 to 2035. Ask for days "
                "within, or name the occasions you want with only=[...]."
            )
        on = next((day for day, text in days if "Day 2" in text), days[0][0])  # Thiruvonam
        return Occasion.sure(name, on, until=days[-1][0], source=LISTS)

    def _listed_days(self, name: str, year: int) -> list[tuple[date, str]]:
        here = listed(KINDS[name].listed, self.country, self.subdivision, year)
        if here or name not in OF_INDIA:
            return here
        return listed(KINDS[name].listed, *OF_INDIA[name], year)


def _christmas(days: list[tuple[date, str]], year: int) -> date:
    """Return 25 December, or 7 January where only that is a day off."""
    east, west = date(year, 1, 7), date(year, 12, 25)
    only_east = any(day == east for day, _ in days) and not any(day == west for day, _ in days)
    return east if only_east else west
