"""The hours in which nobody is disturbed, on the customer's own clock. Standard library only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from xenorec.config.time_zones import zone_info
from xenorec.errors import BadInput

_SPAN = re.compile(r"\s*([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)\s*")


@dataclass(frozen=True)
class QuietHours:
    """A daily span [``start``, ``end``) of local wall-clock time; it may run over midnight.

    >>> quiet = QuietHours.parse("21:00-09:00")
    >>> quiet.is_quiet(datetime(2017, 11, 1, 16, 0, tzinfo=UTC), "Asia/Kolkata")  # 21:30 there
    True
    """

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise BadInput(
                f"Quiet hours from {self.start:%H:%M} to {self.end:%H:%M} have no length; "
                f"give two different times such as '21:00-09:00', or None for no quiet hours."
            )

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Read ``"21:00-09:00"``; raises ``BadInput`` when it is anything else."""
        match = _SPAN.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise BadInput(
                f"Quiet hours are {text!r}; expected two times of day with a dash, "
                f"such as '21:00-09:00' (from, to, on the customer's clock)."
            )
        hour, minute, to_hour, to_minute = map(int, match.groups())
        return cls(time(hour, minute), time(to_hour, to_minute))

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def covers(self, clock: time) -> bool:
        """Return whether a local wall-clock time is quiet; the end itself is not."""
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def is_quiet(self, instant: datetime, zone: str | ZoneInfo) -> bool:
        """Return whether ``instant`` (naive = UTC) is quiet on the clock of ``zone``."""
        return self.covers(_local(instant, zone).time())

    def next_legal(self, instant: datetime, zone: str | ZoneInfo) -> datetime:
        """Return the first instant at or after ``instant`` that is not quiet, in UTC.

        Clock changes are kept: a quiet end that the clock skips becomes the instant after the gap.
        """
        local = _local(instant, zone)
        if not self.covers(local.time()):
            return local.astimezone(UTC)
        over_midnight = self.start > self.end and local.time() >= self.start
        day = local.date() + timedelta(days=1 if over_midnight else 0)
        end = datetime.combine(day, self.end, tzinfo=local.tzinfo)
        return end.replace(fold=local.fold).astimezone(UTC)

    def legal_hours(self) -> tuple[bool, ...]:
        """Return for each local hour 0 to 23 whether all of it may be used."""
        return tuple(not any(self._quiet_minutes(hour)) for hour in range(24))

    def _quiet_minutes(self, hour: int) -> list[bool]:
        return [self.covers(time(hour, minute)) for minute in range(60)]


def _local(instant: datetime, zone: str | ZoneInfo) -> datetime:
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    return aware.astimezone(zone if isinstance(zone, ZoneInfo) else zone_info(zone))
