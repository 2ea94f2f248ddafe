"""One occasion on its day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True)
class Occasion:
    """An occasion: its first day, its last, and between which days the first one may move."""

    occasion: str
    on: date
    until: date
    is_provisional: bool
    earliest: date
    latest: date
    source: str

    @classmethod
    def sure(cls, name: str, on: date, *, until: date | None = None, source: str) -> Occasion:
        """Return one whose day is certain."""
        return cls(name, on, until or on, False, on, on, source)

    def moved(self, day: date) -> Occasion:
        """Return the same one on its confirmed day."""
        shift = day - self.on
        return replace(
            self,
            on=day,
            until=self.until + shift,
            is_provisional=False,
            earliest=day,
            latest=day,
            source="confirmed",
        )
