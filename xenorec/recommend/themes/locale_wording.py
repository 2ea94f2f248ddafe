"""Locale wording: how one language says counts, days and reasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from xenorec.recommend.themes.theme import names_in

WEEK = 6
FEW = (3, 10)


@dataclass(frozen=True, eq=False)
class NumberFormat:
    """Groups of digits from the right, the last size repeating, from a length on."""

    separator: str
    groups: tuple[int, ...]
    from_digits: int

    def say(self, n: int) -> str:
        """Return a count as it is written: ``12,345``."""
        return _grouped(self, n)


@lru_cache(maxsize=65536)
def _grouped(words: NumberFormat, n: int) -> str:
    digits, parts, sizes = str(int(n)), list[str](), list(words.groups)
    if len(digits) < words.from_digits:
        return digits
    while digits:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        digits, part = digits[:-size], digits[-size:]
        parts.insert(0, part)
    return words.separator.join(parts)


@dataclass(frozen=True, eq=False)
class DayFormat:
    """How a day is said: ``on 3 October``, ``on Friday``, ``today``."""

    date: str
    dated: str
    weekday: str
    today: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]

    def say(self, on: dt.date, today: dt.date | None) -> str:
        """Return a day: by weekday within the last six days, with the year if not this one.

        Without ``today`` the year is always said.
        """
        return _day(self, on, today)


@lru_cache(maxsize=65536)
def _day(words: DayFormat, on: dt.date, today: dt.date | None) -> str:
    ago = None if today is None else (today - on).days
    if ago == 0:
        return words.today
    if ago is not None and 0 < ago <= WEEK:
        return words.weekday.format(weekday=words.weekdays[on.weekday()])
    form = words.date if today is not None and on.year == today.year else words.dated
    return form.format(day=on.day, month=words.months[on.month - 1], year=on.year)


@dataclass(frozen=True, eq=False)
class CountPhrase:
    """A count in words, by the exact number where it has its own.

    ``few`` and ``many`` are the plural forms of Arabic (Unicode CLDR): what ends in 3 to 10, and
    in 11 to 99.
    """

    forms: Mapping[str, str]

    def say(self, number: str) -> str:
        """Return ``twice`` or ``12 times``, the count given as it is written."""
        form = self.forms.get(number) or self.forms.get(_plural(number)) or self.forms["other"]
        return form.format(n=number)


def _plural(number: str) -> str:
    last = int("".join(filter(str.isdigit, number))[-2:])
    return "many" if last > FEW[1] else "few" if last >= FEW[0] else "other"


@dataclass(frozen=True, eq=False)
class ReasonWording:
    """One way to say a reason, and the facts it needs."""

    needs: tuple[str, ...]
    fill: Callable[..., str]

    @classmethod
    def of(cls, text: str) -> ReasonWording:
        """Return a wording from its text with names in braces."""
        return cls(names_in(text), text.format)


@dataclass(frozen=True, eq=False)
class LocaleWording:
    """Everything one language says."""

    numbers: NumberFormat
    days: DayFormat
    every: CountPhrase
    times: CountPhrase
    kinds: Mapping[str, tuple[ReasonWording, ...]]
