"""A clock that stands still until it is told to move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from xenorec.config.durations import span
from xenorec.errors import BadInput


class FrozenClock:
    """A clock for tests: ``now()`` is the same until ``advance``.

    >>> clock = FrozenClock("2017-11-01T09:00:00+00:00")
    >>> clock.advance("90m").hour
    10
    """

    def __init__(self, now: datetime | str) -> None:
        self._now = _instant(now)

    def now(self) -> datetime:
        """Return the instant the clock shows, in UTC."""
        return self._now

    def advance(self, by: str | timedelta) -> datetime:
        """Move the clock forward (``90m``, ``48h``, ``14d``, ``2w``) and return the new instant.

        Raises BadInput for what is not a length of time; a clock never goes back.
        """
        self._now += span(by)
        return self._now

    def __repr__(self) -> str:
        return f"FrozenClock({self._now.isoformat()!r})"


def _instant(value: datetime | str) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise BadInput(
            f"A clock was set to {value!r}; expected such as 2017-11-01T09:00:00+00:00."
        ) from error
    if at.tzinfo is None:
        raise BadInput(
            f"A clock was set to {value!r}, which has no zone; add one, such as +00:00 for UTC."
        )
    return at.astimezone(UTC)
