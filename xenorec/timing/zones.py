"""Time zones by their IANA name, and instants as people write them. Standard library only."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from xenorec.errors import BadInput, nearest


@lru_cache(maxsize=1024)
def zone_info(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as ``Asia/Kolkata``; raises ``BadInput`` if unknown."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError):
        hint = nearest(str(name), available_timezones())
        raise BadInput(
            f"{name!r} is not an IANA time zone.{hint} Names look like 'Asia/Kolkata'."
        ) from None


def as_instant(value: datetime | date | str, *, name: str = "as_of") -> datetime:
    """Return ``value`` as an aware UTC instant.

    A naive time is read as UTC and a bare date as its midnight in UTC.

    >>> as_instant("2017-08-28")
    datetime.datetime(2017, 8, 28, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if isinstance(value, str):
        value = _parse(value, name)
    if isinstance(value, datetime):
        if value != value:  # pandas' NaT is a datetime that differs from itself
            raise BadInput(f"{name} is empty (NaT); give an instant or a day.")
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise BadInput(f"{name} is {value!r}; expected a datetime, a date or text like '2017-11-01'.")


def _parse(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{name} is {text!r}; expected ISO 8601 such as '2017-11-01' or "
            f"'2017-11-01T09:30:00+00:00'."
        ) from None
