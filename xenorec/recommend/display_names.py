"""Display names: names of products and categories as a shopper reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from xenorec.recommend.product_catalog import ProductCatalog

WORD = re.compile(r"(?<![\w'’])[^\W\d_]+")


@dataclass(frozen=True)
class DisplayNames:
    """What reasons are written with: the catalog's names, and ``as_of`` to tell today."""

    catalog: ProductCatalog
    as_of: datetime

    def product(self, product: int) -> str | None:
        """Return the title of a product, None where it has none."""
        title = self.catalog.title[product]
        return None if title is None else str(title)

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The readable name of each category."""
        return tuple(readable(name) for name in self.catalog.categories)


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
