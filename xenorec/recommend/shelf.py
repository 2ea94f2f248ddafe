"""What a shelf is: it learns from a shop, scores products for customers, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np

from xenorec.numbers import Bools, Floats, Ints
from xenorec.recommend.people import Asked
from xenorec.recommend.shop import Shop
from xenorec.recommend.words import Words

LEVELS = ("personal", "segment", "shop", "default")
PERSONAL, SEGMENT, SHOP, DEFAULT = range(4)


@dataclass(frozen=True)
class Offers:
    """One entry per customer and product that a shelf offers, each pair once.

    ``asked`` is a position among the customers asked about, ``level`` one in ``LEVELS``. ``fact``
    (a count, a product or a category) and ``at`` (microseconds) are what the reason needs.
    """

    asked: Ints
    product: Ints
    score: Floats
    level: Ints
    fact: Ints
    at: Ints

    def __len__(self) -> int:
        return len(self.asked)

    def take(self, rows: Ints | Bools) -> Offers:
        """Return some of the entries."""
        return Offers(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass(frozen=True)
class Wish:
    """How many products per customer are wanted at least, and which ones are open to anybody."""

    depth: int
    is_open: Bools


class Shelf(Protocol):
    """A row of products on one theme; also one of the scorers that ``recommend`` blends."""

    name: str

    def fit(self, shop: Shop) -> Shelf:
        """Learn from the shop, forgetting what was learned before."""
        ...

    def score(self, asked: Asked, wish: Wish) -> Offers:
        """Return the ``depth`` best open products of each customer or more, or all there are."""
        ...

    def titles(self, offers: Offers, words: Words) -> Sequence[str]:
        """Return for each entry the heading over its customer's items."""
        ...

    def reasons(self, offers: Offers, asked: Asked, words: Words) -> Sequence[str]:
        """Return why each product is offered, in a sentence of facts about the customer."""
        ...


def join(parts: Sequence[Offers]) -> Offers:
    """Return several offers as one."""
    return Offers(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Offers)))
