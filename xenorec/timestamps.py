"""Instants as people write them, and as whole microseconds since 1970 UTC.

Standard library only.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from xenorec.errors import BadInput

AsOf: TypeAlias = datetime | date | str | None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
UTC_NAMES = frozenset(
    {f"{area}{name}" for area in ("", "Etc/") for name in ("UTC", "UCT", "Universal", "Zulu")}
    | {"GMT", "Etc/GMT", "Etc/Greenwich", "Greenwich", "GMT0", "Etc/GMT0"}
)
"""IANA's names of UTC, which is the clock of machines and exports and of no shop."""


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


def microseconds(value: datetime | timedelta) -> int:
    """Return an instant as microseconds since 1970 UTC, or a length of time as microseconds."""
    return (value - EPOCH if isinstance(value, datetime) else value) // MICROSECOND


def instant_of(stamp: int) -> datetime:
    """Return the UTC instant of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(stamp))


def _parse(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{name} is {text!r}; expected ISO 8601 such as '2017-11-01' or "
            f"'2017-11-01T09:30:00+00:00'."
        ) from None
