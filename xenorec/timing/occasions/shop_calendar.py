"""Shop calendar: which occasions a shop has, in its own country and in others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xenorec.errors import BadInput
from xenorec.timing.occasions.occasion_calendar import Occasions


@dataclass(frozen=True)
class OccasionCalendar:
    """Which occasions a shop has: its country, its clock, and ``[occasions]`` of xenorec.toml."""

    country: str | None = None
    time_zone: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def of(self, country: str | None) -> Occasions:
        """Return the occasions of a country, or of the shop's own where none is named.

        What the shop confirmed, its paydays and own occasions hold for its own country; those of
        another country are as the sources have them, with the own ones. Raises BadInput when no
        country is known.
        """
        chosen = country or self.country
        if chosen is None:
            raise BadInput(
                'A campaign bound to an occasion needs a country. Set country = "SA" under '
                "[workspace] in xenorec.toml, or name it: schedule: {occasion: eid_al_fitr, "
                "country: SA, from: +2d, until: +21d}."
            )
        if chosen == self.country or self.country is None:
            return Occasions(chosen, **self.settings)
        return Occasions(chosen, own=self.settings.get("own"))


def check_occasions(country: str | None, settings: Mapping[str, Any]) -> None:
    """Raise BadInput for a country that is not known, or for occasions that are none there."""
    Occasions("US" if country is None else country, **settings)
