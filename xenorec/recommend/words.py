"""Words: dates, counts and names of products and categories as a shopper reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from xenorec.instants import instant_of
from xenorec.numbers import Ints, Texts
from xenorec.recommend.catalog import Catalog

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
FEW = 5
WORD = re.compile(r"(?<![\w'’])[^\W\d_]+")


@dataclass(frozen=True)
class Words:
    """What reasons are written with: the catalog's names, and ``as_of`` to tell the year."""

    catalog: Catalog
    as_of: datetime

    def day(self, stamp: int, zone: str | None) -> str:
        """Return the local day of an instant: ``3 October``, with the year if not this one."""
        there = zone_of(zone)
        local, today = instant_of(stamp).astimezone(there), self.as_of.astimezone(there)
        year = "" if local.year == today.year else f" {local.year}"
        return f"{local.day} {MONTHS[local.month - 1]}{year}"

    def days(self, stamps: Ints, zones: Texts) -> list[str]:
        """Return the local day of each instant; the same one is worked out once."""
        day = lru_cache(maxsize=None)(self.day)
        return [day(stamp, zone) for stamp, zone in zip(stamps.tolist(), zones, strict=True)]

    def product(self, product: int) -> str | None:
        """Return the title of a product, None where it has none."""
        title = self.catalog.title[product]
        return None if title is None else str(title)

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The readable name of each category."""
        return tuple(readable(name) for name in self.catalog.categories)


def times(n: int) -> str:
    """Return how often: once, twice, 12 times."""
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def bought_by(n: int, where: str) -> str:
    """Return how many bought a product of late; below five nobody is counted out loud."""
    if n < FEW:
        return f"Popular {where} in the last four weeks".replace("  ", " ")
    return f"Bought by {n} shoppers {where} in the last four weeks".replace("  ", " ")


def listed(names: Sequence[str]) -> str:
    """Return names as a title says them: ``Tea``, ``Tea and Rice``, ``Tea, Rice and more``."""
    if len(names) < 3:
        return " and ".join(names)
    return f"{names[0]}, {names[1]} and more"


def readable(name: str) -> str:
    """Return a category as a title; names that mix upper and lower case stay as they are.

    >>> readable("BAKED BREAD/BUNS/ROLLS")
    'Baked Bread / Buns / Rolls'
    """
    spaced = " ".join(re.sub(r"\s*/\s*", " / ", name).split())
    if spaced not in (spaced.upper(), spaced.lower()):
        return spaced
    return WORD.sub(lambda word: word[0][:1].upper() + word[0][1:], spaced.lower())


@lru_cache(maxsize=1024)
def zone_of(name: str | None) -> tzinfo:
    """Return a zone by its IANA name, UTC where it is missing or not known."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC
