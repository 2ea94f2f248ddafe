"""Words that the reasons of removals are written with."""

from __future__ import annotations

from datetime import timedelta

from xenorec.recommend.display_names import zone_of
from xenorec.timestamps import instant_of


def day(stamp: int, zone: str | None = None, now: int | None = None) -> str:
    """Return an instant as a day in a zone, with the year where it is not that of ``now``.

    >>> day(1_509_280_000_000_000, None, 1_509_480_000_000_000)
    '29 October'
    """
    at = instant_of(stamp).astimezone(zone_of(zone))
    is_this_year = now is not None and instant_of(now).astimezone(zone_of(zone)).year == at.year
    return f"{at.day} {at:%B}" if is_this_year else f"{at.day} {at:%B %Y}"


def length(of: timedelta) -> str:
    """Return a length of time in days, or in hours where it is no whole number of days.

    >>> length(timedelta(days=7)), length(timedelta(hours=36))
    ('7 days', '36 hours')
    """
    if of % timedelta(days=1):
        return _counted(of / timedelta(hours=1), "hour")
    return _counted(of / timedelta(days=1), "day")


def _counted(n: float, what: str) -> str:
    return f"{n:g} {what}" if n == 1 else f"{n:g} {what}s"
