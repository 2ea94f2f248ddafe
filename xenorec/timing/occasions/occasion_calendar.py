"""The calendar of occasions: which day each is on, how sure that is, and how long it lasts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from xenorec.config.occasion_types import KINDS, NAMES, meant, title_of
from xenorec.errors import BadInput
from xenorec.timing.occasions.country_holidays import CountryHolidays
from xenorec.timing.occasions.holiday_sources import DAY, land
from xenorec.timing.occasions.occasion import Occasion
from xenorec.timing.occasions.paydays import check_payday, paydays

if TYPE_CHECKING:
    import pandas as pd

Day: TypeAlias = "date | datetime | str"
Days: TypeAlias = "Day | Sequence[Day]"

REACH = timedelta(days=3)
"""A confirmed day may lie so far from the expected one."""
WHOLE_YEAR = re.compile(r"^(\d\d)-(\d\d)$")
NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
COLUMNS = (*("occasion", "name", "on", "until", "is_provisional", "earliest", "latest", "source"),)


class Occasions:
    """The occasions of one country.

    ``country``: two letters of ISO 3166. ``subdivision``: as ``holidays`` names it, such as "KL"
    for Kerala. ``payday``: "last_workday", or the day of the month "1" to "28"; what falls on a
    weekend or a day off is paid on the workday before. ``confirmed``: the day on which a feast was
    announced, such as ``{"eid_al_fitr": "2027-03-10"}``; a list of days for several years; each at
    most 3 days from one on which it is expected. ``own``: occasions of the shop's own by name: a
    day, several, or "05-04" for every year.

    The day of a feast that follows the moon is, in this order: the confirmed one; in Saudi Arabia
    the day of the Umm al-Qura calendar; elsewhere what ``holidays`` lists for the country (in India
    usually a day later); else Umm al-Qura. It is provisional, a day early or late, until
    ``holidays`` lists it without "(estimated)". Lists are of days off and may begin before the
    feast, so the day of Umm al-Qura is the earliest that is taken from them. Ramadan ends on the
    day before Eid al-Fitr and moves with it.

    >>> Occasions(country="IN").next("eid_al_fitr", after="2027-01-01").on
    datetime.date(2027, 3, 10)
    """

    def __init__(
        self,
        country: str,
        *,
        subdivision: str | None = None,
        payday: str = "last_workday",
        confirmed: Mapping[str, Days] | None = None,
        own: Mapping[str, Days] | None = None,
    ) -> None:
        self.country = country
        self.subdivision = subdivision
        self.payday = payday
        self.confirmed = {name: _days(days) for name, days in (confirmed or {}).items()}
        self.own = {name: _days(days) for name, days in (own or {}).items()}
        land(country, subdivision)
        check_payday(payday)
        _check_names(self.confirmed, self.own)
        for name, days in self.confirmed.items():
            for day in days:
                self._check_reach(name, as_day(day, name))

    def __repr__(self) -> str:
        place = self.country if self.subdivision is None else f"{self.country}-{self.subdivision}"
        return f"Occasions({place!r}, {len(self.confirmed)} confirmed, {len(self.own)} own)"

    @property
    def names(self) -> tuple[str, ...]:
        """Every occasion that can be asked for."""
        return (*NAMES, *sorted(self.own))

    def between(
        self, first: Day, last: Day, *, only: Sequence[str] | None = None, language: str = "en"
    ) -> pd.DataFrame:
        """Return the occasions that touch the days from ``first`` to ``last``, in order of days.

        One row per occasion: occasion, name (in ``language``: en, es, hi or ar), on, until,
        is_provisional, earliest, latest (of ``on``), source. Without ``only`` those that the
        country keeps: what its list of days off has, Ramadan with Eid al-Fitr, Black Friday,
        paydays, and the shop's own. Raises BadInput for years that no source covers.
        """
        import pandas as pd

        rows = [_row(found, language) for found in self.during(first, last, only=only)]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def during(self, first: Day, last: Day, *, only: Sequence[str] | None = None) -> list[Occasion]:
        """Return what ``between`` gives, as ``Occasion``."""
        begin, end = as_day(first, "first"), as_day(last, "last")
        if end < begin:
            raise BadInput(f"last is {end}, before first, {begin}; change them round.")
        asked = (only,) if isinstance(only, str) else only
        names = (
            self._kept_occasions(begin.year, end.year)
            if asked is None
            else tuple(dict.fromkeys(asked))
        )
        found = [
            occasion
            for name in names
            for occasion in self.of_years(name, begin.year - 1, end.year)
            if occasion.on <= end and occasion.until >= begin
        ]
        return sorted(found, key=lambda occasion: (occasion.on, occasion.occasion))

    def next(self, name: str, *, after: Day) -> Occasion:
        """Return the first occasion of that name on the day ``after`` or later."""
        day = as_day(after, "after")
        for year in range(day.year, day.year + 8):
            for found in self.of_years(name, year, year):
                if found.on >= day:
                    return found
        raise BadInput(f"{name!r} has no day after {day} here; give one in own= or confirmed=.")

    def of_years(self, name: str, first: int, last: int) -> list[Occasion]:
        """Return all of one name whose day is in these years, in order."""
        if name not in self.names:
            raise BadInput(
                f"{name!r} is no occasion.{meant(name, self.names)} "
                f"Known: {', '.join(self.names)}. Your own go into own={{name: day}}."
            )
        found = sorted(self._unconfirmed(name, first, last), key=lambda occasion: occasion.on)
        return [self._with_confirmed_day(occasion) for occasion in found]

    def _unconfirmed(self, name: str, first: int, last: int) -> Iterator[Occasion]:
        if name in self.own:
            yield from _own_days(name, self.own[name], first, last)
        elif name == "payday":
            for on in paydays(self.payday, self.country, self.subdivision, first, last):
                yield Occasion.sure(name, on, source="payday")
        else:
            yield from CountryHolidays(self.country, self.subdivision).of_years(name, first, last)

    def _with_confirmed_day(self, expected: Occasion) -> Occasion:
        """Return the occasion on its confirmed day, if there is one; Ramadan up to its Eid."""
        days = [as_day(day, expected.occasion) for day in self.confirmed.get(expected.occasion, ())]
        day = next((day for day in days if _is_near(day, expected.on)), None)
        found = expected if day is None else expected.moved(day)
        if found.occasion != "ramadan":
            return found
        eid = self.next("eid_al_fitr", after=found.on + timedelta(days=15))
        return replace(found, until=eid.on - DAY)

    def _check_reach(self, name: str, day: date) -> None:
        """Refuse a confirmed day that is not near one on which the occasion is expected."""
        expected = [
            found.on
            for year in range(day.year - 1, day.year + 2)
            if year == day.year or self._has_year(name, year)
            for found in self._unconfirmed(name, year, year)
        ]
        near = min(expected, key=lambda on: (abs(on - day), on), default=None)
        if near is None or not _is_near(day, near):
            told = "has no day around then" if near is None else f"is expected on {near}"
            raise BadInput(
                f"{name} is confirmed for {day}, yet it {told}; a confirmed day lies at most "
                f"{REACH.days} days away. Check it."
            )

    def _has_year(self, name: str, year: int) -> bool:
        try:
            return any(True for _ in self._unconfirmed(name, year, year))
        except BadInput:
            return False

    def _kept_occasions(self, first: int, last: int) -> tuple[str, ...]:
        """Return the occasions that the country keeps, in the order of names."""
        feasts = CountryHolidays(self.country, self.subdivision)
        listed = (name for name in NAMES if KINDS[name].listed)
        kept = {name for name in listed if feasts.is_kept(name, first, last)}
        return tuple(sorted({*kept, "black_friday", "payday", *self.own}))


def as_day(value: Day, name: str) -> date:
    """Return a day given as a date or as ISO text."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadInput(f"{name} came as {value!r}; expected a day such as '2027-03-10'.") from None


def _days(given: Days) -> tuple[str, ...]:
    """Return days as text: ISO, or ``MM-DD``."""
    listed = [given] if isinstance(given, str | date) else list(given)
    return tuple(_day_text(day) for day in listed)


def _day_text(day: Day) -> str:
    found = WHOLE_YEAR.match(day) if isinstance(day, str) else None
    return as_day(f"2024-{day}" if found else day, "a day").isoformat()[5 if found else 0 :]


def _check_names(confirmed: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    for name in own:
        if name in KINDS or not NAME.match(name):
            raise BadInput(
                f"own has the name {name!r}; expected small letters, digits and '_', and none of "
                f"{', '.join(NAMES)}."
            )
    for name, days in confirmed.items():
        if name not in KINDS or any(WHOLE_YEAR.match(day) for day in days):
            hint = "" if name in KINDS else meant(name)
            raise BadInput(
                f"confirmed has {name!r}: {list(days)}.{hint} Expected one of "
                f"{', '.join(NAMES)} and a day with its year, such as '2027-03-10'."
            )


def _is_near(day: date, other: date) -> bool:
    return abs(day - other) <= REACH


def _own_days(name: str, days: Sequence[str], first: int, last: int) -> Iterator[Occasion]:
    for day in days:
        yearly = WHOLE_YEAR.match(day)
        for year in range(first, last + 1):
            if yearly:
                yield Occasion.sure(name, _day_of(year, *map(int, yearly.groups())), source="own")
            elif as_day(day, name).year == year:
                yield Occasion.sure(name, as_day(day, name), source="own")


def _day_of(year: int, month: int, day: int) -> date:
    """Return a day of a year; 29 February is the 28th where there is none."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, day - 1)


def _row(found: Occasion, language: str) -> tuple[Any, ...]:
    return (
        found.occasion,
        title_of(found.occasion, language),
        found.on,
        found.until,
        found.is_provisional,
        found.earliest,
        found.latest,
        found.source,
    )
