"""Where days come from: Umm al-Qura (``hijridate``) and lists of days off (``holidays``)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from xenorec.errors import BadInput, did_you_mean, nearest

LISTS = "holidays"
MOON = "umm al-qura"
DAY = timedelta(days=1)
LUNAR = {"ramadan": (9, 1), "eid_al_fitr": (10, 1), "eid_al_adha": (12, 10)}
"""Month and day of the Hijri year."""
ESTIMATED = re.compile(r"\(.*estimated.*\)")


@lru_cache(maxsize=64)
def land(country: str, subdivision: str | None) -> Any:
    """Return the country's empty list of days off; raises BadInput for one that is not known."""
    import holidays

    known = holidays.list_supported_countries()
    if country not in known:
        hint = nearest(country.upper(), known)
        raise BadInput(
            f"country came as {country!r}.{hint} Expected two letters of ISO 3166, such as SA, IN "
            "or US."
        )
    if subdivision is not None and subdivision not in known[country]:
        raise BadInput(_no_part(country, subdivision, known[country]))
    return holidays.country_holidays(country, subdiv=subdivision)


def _no_part(country: str, given: str, codes: Sequence[str]) -> str:
    """Return the text for a subdivision that is not known: the one meant, and all by name."""
    import holidays

    names: Mapping[str, str] = getattr(getattr(holidays, country), "subdivisions_aliases", {})
    called = {text.casefold(): code for text, code in names.items() if code in codes}
    called |= {code.casefold(): code for code in codes}
    close = get_close_matches(given.strip().casefold(), called, n=1, cutoff=0.6)
    hint = did_you_mean([called[close[0]]] if close else [])
    first = {code: text for text, code in reversed(list(names.items()))}
    listed = [f"{code} ({first[code]})" if code in first else code for code in codes]
    return f"{country} has no subdivision {given!r}.{hint} It has: {', '.join(listed) or 'none'}."


@lru_cache(maxsize=512)
def days_off(country: str, subdivision: str | None, year: int) -> tuple[tuple[date, str], ...]:
    """Return (day, its English name) of one year, a day with two names twice; in order of days."""
    import holidays

    land(country, subdivision)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a year that its lists do not have is told by its caller
        made = getattr(holidays, country)
        options = {"subdiv": subdivision, "years": year, "language": "en_US"}
        try:
            found = made(**options, islamic_show_estimated=True)
        except TypeError:  # a country without feasts that follow the moon
            found = made(**options)
    return tuple((day, name) for day in sorted(found) for name in found.get_list(day))


def listed(word: str, country: str, subdivision: str | None, year: int) -> list[tuple[date, str]]:
    """Return the days of a year that are named so; days off in its place are left out."""
    return [
        (day, name)
        for day, name in days_off(country, subdivision, year)
        if word in name and "observed" not in name
    ]


def lunar_days(name: str, first: int, last: int) -> Iterator[date]:
    """Return an occasion's days in the Umm al-Qura calendar that fall in these years.

    Raises BadInput beyond 1924 and 2077, which the calendar covers.
    """
    from hijridate import Gregorian, Hijri

    month, day = LUNAR[name]
    if first < 1925 or last > 2076:
        raise BadInput(
            f"The Umm al-Qura calendar covers 1925 to 2076; asked were {first} to {last}. "
            "Ask for years within."
        )
    begin, end = (Gregorian(*day).to_hijri().year for day in ((first, 1, 1), (last, 12, 31)))
    for year in range(begin, end + 1):
        found = Hijri(year, month, day).to_gregorian()
        plain = date(found.year, found.month, found.day)
        if first <= plain.year <= last:
            yield plain


def black_friday(year: int) -> date:
    """Return the day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)
