"""Days as a reader of one locale expects to see them (Unicode CLDR, through Babel)."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from xenorec.errors import BadInput
from xenorec.messages.locales import cldr

STYLES = ("short", "medium", "long", "full")


def format_day(day: date, locale: str = "en", style: str = "long") -> str:
    """Write a day as CLDR says for a locale; of an instant, the day that stands in it.

    ``style``: short (30/06/2017), medium, long or full (with the weekday). Raises BadInput for
    another style and for what is no day.

    >>> format_day(date(2017, 6, 30), "pt-BR"), format_day(date(2017, 6, 30), "ja", "medium")
    ('30 de junho de 2017', '2017/06/30')
    """
    if style not in STYLES:
        raise BadInput(f"style came as {style!r}; expected one of {', '.join(STYLES)}.")
    if not isinstance(day, date) or day != day:  # pandas' NaT differs from itself
        raise BadInput(f"A day is needed, such as date(2017, 6, 30); got {day!r}.")
    plain = day.date() if isinstance(day, datetime) else day
    return _written(plain, locale, style)


@lru_cache(maxsize=16_384)
def _written(day: date, locale: str, style: str) -> str:
    from babel.dates import format_date

    text: str = format_date(day, style, locale=cldr(locale))
    return text
