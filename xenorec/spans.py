"""Lengths of time as people write them: ``14d``, ``48h``, ``90m``, ``2w``."""

from __future__ import annotations

import re
from datetime import timedelta

from xenorec.errors import BadInput

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SPAN = re.compile(r"^\s*\+?(\d+)\s*([mhdw])\s*$")
LONGEST = timedelta(days=3660)
CAP = re.compile(r"^\s*(\d+)\s+per\s+(\d+\s*[mhdw])\s*$")


def span(text: str | timedelta) -> timedelta:
    """Return a length of time.

    >>> span("14d").days
    14
    """
    length = text if isinstance(text, timedelta) else _parsed(text)
    if length is None or not timedelta(0) < length <= LONGEST:
        raise BadInput(
            f"A length of time came as {text!r}; expected a number and a unit, such as 90m, 48h, "
            "14d or 2w, at most ten years."
        )
    return length


def _parsed(text: str) -> timedelta | None:
    found = SPAN.match(text) if isinstance(text, str) else None
    if not found or len(found[1]) > 7:
        return None
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def cap(text: str) -> tuple[int, timedelta]:
    """Return how many messages are allowed in which length of time, from ``2 per 7d``."""
    found = CAP.match(text) if isinstance(text, str) else None
    if not found:
        raise BadInput(f"A cap came as {text!r}; expected such as '2 per 7d'.")
    return int(found[1]), span(found[2])
