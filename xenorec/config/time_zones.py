"""Time zones by their IANA name. Standard library only."""

from __future__ import annotations

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
