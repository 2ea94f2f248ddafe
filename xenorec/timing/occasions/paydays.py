"""Paydays: the day of the month on which wages arrive, moved to a workday."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from xenorec.errors import BadInput
from xenorec.timing.occasions.holiday_sources import DAY, days_off, land

LAST = "last_workday"


def check_payday(payday: str) -> None:
    """Raise BadInput for what is no payday."""
    is_day = isinstance(payday, str) and payday.isdigit()
    if payday != LAST and not (is_day and 1 <= int(payday) <= 28):
        raise BadInput(
            f"payday came as {payday!r}; expected {LAST!r} or a day of the month from '1' to '28'."
        )


def paydays(
    payday: str, country: str, subdivision: str | None, first: int, last: int
) -> Iterator[date]:
    """Return the paydays that fall in these years, in order.

    A day that is a weekend of the country (Friday and Saturday in Saudi Arabia) or a day off moves
    to the workday before it.
    """
    weekend = frozenset(land(country, subdivision).weekend)
    years = range(first - 1, last + 2)
    closed = {day for year in years for day, _ in days_off(country, subdivision, year)}
    for year, month in ((year, month) for year in years[1:] for month in range(1, 13)):
        day = _end(year, month) if payday == LAST else date(year, month, int(payday))
        while day.weekday() in weekend or day in closed:
            day -= DAY
        if first <= day.year <= last:
            yield day


def _end(year: int, month: int) -> date:
    return (date(year, month, 28) + 4 * DAY).replace(day=1) - DAY
