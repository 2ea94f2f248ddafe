"""Instants as people write them, and as whole microseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from xenorec.errors import BadInput

AsOf: TypeAlias = datetime | date | str | None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def as_instant(value: datetime | date | str) -> datetime:
    """Return ``value`` as an aware UTC instant; a naive time is UTC, a bare date its midnight.

    >>> as_instant("2017-11-01").isoformat()
    '2017-11-01T00:00:00+00:00'
    """
    if isinstance(value, str):
        value = _parse(value)
    if isinstance(value, datetime):
        if value != value:  # pandas' NaT is a datetime that differs from itself
            raise BadInput("as_of is empty (NaT); give an instant or a day.")
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise BadInput(f"as_of is {value!r}; expected a datetime, a date or text like '2017-11-01'.")


def microseconds(value: datetime | timedelta) -> int:
    """Return an instant as microseconds since 1970 UTC, or a length of time as microseconds."""
    return (value - EPOCH if isinstance(value, datetime) else value) // MICROSECOND


def instant_of(stamp: int) -> datetime:
    """Return the UTC instant of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(stamp))


def _parse(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"as_of is {text!r}; expected ISO 8601 such as '2017-11-01' or "
            f"'2017-11-01T09:30:00+00:00'."
        ) from None
