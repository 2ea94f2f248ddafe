"""Schedule: how a campaign's file says when it runs, and what can be wrong with that."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from xenorec.config.time_zones import zone_info
from xenorec.errors import BadInput
from xenorec.timing.occasions.occasion_types import meant

OFFSET = re.compile(r"^\s*([+-]?)(\d{1,3})\s*([dw])\s*$")
FARTHEST = 180
"""An offset is at most so many days, so that one year's window ends before the next begins."""


def offset(text: str) -> int:
    """Return the days of a signed offset such as ``+2d``, ``-5d`` or ``+3w``."""
    found = OFFSET.match(text) if isinstance(text, str) else None
    days = 0 if not found else int(found[2]) * (7 if found[3] == "w" else 1)
    if not found or days > FARTHEST:
        raise BadInput(
            f"An offset came as {text!r}; expected a sign, a number and d or w, such as +2d, -5d "
            f"or +3w, at most {FARTHEST} days."
        )
    return -days if found[1] == "-" else days


def schedule_problems(values: Mapping[str, Any], known: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return what is wrong with a schedule: (key, text) each."""
    found = [*_wrong(values, "from", offset), *_wrong(values, "until", offset)]
    found += _wrong(values, "time_zone", zone_info)
    found += _wrong(values, "country", _known_country)
    named = values.get("occasion")
    if named is None:
        needless = [key for key in ("from", "until", "country") if values.get(key) is not None]
        found += [(key, "needs an occasion, such as eid_al_fitr") for key in needless]
    elif named not in known:
        found.append(
            (
                "occasion",
                f"{named!r} is not known.{meant(str(named), known)} Known: {', '.join(known)}",
            )
        )
    if named is not None and values.get("until") is None:
        found.append(("until", "is missing; how long after the occasion? Such as +21d"))
    if not found and named is not None:
        start, end = offset(values.get("from") or "+0d"), offset(values["until"])
        if start > end:
            found.append(("until", f"is {values['until']}, before from, {values['from']}"))
    return found


def _known_country(country: str) -> object:
    from xenorec.timing.occasions.holiday_sources import land

    return land(country, None)


def _wrong(
    values: Mapping[str, Any], key: str, by: Callable[[str], object]
) -> list[tuple[str, str]]:
    if values.get(key) is None:
        return []
    try:
        by(values[key])
    except BadInput as error:
        return [(key, str(error))]
    return []
