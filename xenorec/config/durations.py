"""Lengths of time as people write them: ``14d``, ``48h``, ``90m``, ``2w``."""

from __future__ import annotations

import re
from datetime import timedelta

from xenorec.errors import BadInput, did_you_mean

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SPAN = re.compile(r"^\s*\+?(\d+)\s*([mhdw])\s*$")
WORDS = re.compile(r"^\s*(\d{1,4}(?:\.\d{1,2})?)\s*([a-z]{1,7})\.?\s*$", re.IGNORECASE)
LONGER = {"y": 365, "mo": 30}
"""Days of units that are not taken, as they are not of one length, by how their names begin."""
LONGEST = timedelta(days=3660)
OFFSET = re.compile(r"^\s*([+-]?)(\d{1,3})\s*([dw])\s*$")
FARTHEST = 180
"""An offset is at most so many days, so that one year's window ends before the next begins."""
CAP = re.compile(r"^\s*(\d+)\s+per\s+(\d+\s*[mhdw])\s*$")


def span(text: str | timedelta) -> timedelta:
    """Return a length of time.

    >>> span("14d").days
    14
    """
    length = text if isinstance(text, timedelta) else _parsed(text)
    if length is None:
        raise BadInput(
            f"A length of time came as {text!r}; expected a whole number and one of the units "
            f"{_units()}, such as 48h or 14d.{_meant(text)}"
        )
    if length <= timedelta(0):
        raise BadInput(f"A length of time came as {text!r}; it must be more than zero, such as 1d.")
    if length > LONGEST:
        raise BadInput(
            f"A length of time came as {text!r}; it must be at most ten years, {LONGEST.days}d."
        )
    return length


def _parsed(text: str) -> timedelta | None:
    found = SPAN.match(text) if isinstance(text, str) else None
    if not found:
        return None
    return LONGEST + timedelta(1) if len(found[1]) > 7 else _of(int(found[1]), found[2])


def _of(number: float, unit: str) -> timedelta:
    return timedelta(**{UNITS[unit]: number})


def _units() -> str:
    *most, last = (f"{unit} ({name})" for unit, name in UNITS.items())
    return f"{', '.join(most)} and {last}"


def _meant(text: object) -> str:
    """Return `` Did you mean '14d'?`` for "14 days" and its like, or an empty text."""
    found = WORDS.match(text) if isinstance(text, str) else None
    if not found:
        return ""
    word, number = found[2].lower(), float(found[1])
    days = next((days for name, days in LONGER.items() if word.startswith(name)), None)
    unit = "m" if word.startswith("min") else "d" if days is not None else word[0]
    if not (
        unit in UNITS and timedelta(0) < (length := _of(number * (days or 1), unit)) <= LONGEST
    ):
        return ""
    for own in (unit, "d", "h", "m"):
        whole, rest = divmod(length, _of(1, own))
        if not rest:
            return did_you_mean([f"{whole}{own}"])
    return ""


def cap(text: str) -> tuple[int, timedelta]:
    """Return how many messages are allowed in which length of time, from ``2 per 7d``."""
    found = CAP.match(text) if isinstance(text, str) else None
    if not found:
        raise BadInput(f"A cap came as {text!r}; expected such as '2 per 7d'.")
    return int(found[1]), span(found[2])


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
