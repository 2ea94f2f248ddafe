"""Which products may be offered to which customers, and which rule closes the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.recommend.eligibility.category_caps import Caps
from xenorec.recommend.eligibility.rule_masks import ClosedPairs, ClosedProducts, RuleMask
from xenorec.recommend.eligibility.rules import RULES
from xenorec.recommend.near_duplicates import doubles

OPEN = -1


@dataclass(frozen=True, eq=False)
class EligibilityFilter:
    """Closings in the order of their rules, and how many of a category or brand may be placed.

    ``look``: how each product looks, where a page may hold only one of those that look alike.
    No table of customers and products is ever made: each pair is judged when it is asked for.
    """

    n_products: int
    closings: Sequence[RuleMask]
    caps: Caps | None = None
    look: Ints | None = None

    @cached_property
    def is_open(self) -> Bools:
        """Which products are open to anybody at all."""
        is_open = np.ones(self.n_products, dtype=bool)
        for closing in self.closings:
            if isinstance(closing, ClosedProducts):
                is_open &= ~closing.closed
        return is_open

    @cached_property
    def _some(self) -> tuple[RuleMask, ...]:
        return tuple(part for part in self.closings if not isinstance(part, ClosedProducts))

    @property
    def wants_more(self) -> bool:
        """Whether many products may be closed to a customer that are open to others."""
        return self.caps is not None or any(
            not isinstance(part, ClosedPairs) for part in self._some
        )

    @property
    def most(self) -> int:
        """How many products single pairs close to the customer with most of them, at most."""
        return sum(part.most for part in self._some if isinstance(part, ClosedPairs))

    def block(self, begin: int, end: int) -> EligibilityFilter:
        """Return the guard of the asked customers from ``begin`` to before ``end``."""
        made = replace(self, closings=[part.block(begin, end) for part in self.closings])
        made.__dict__["is_open"] = self.is_open
        return made

    def lets(self, asked: Ints, product: Ints) -> Bools:
        """Return which products may be offered to which customers asked about."""
        is_open = self.is_open[product]
        for closing in self._some:
            is_open &= ~closing.closes(asked, product)
        return np.asarray(is_open)

    def doubles(
        self, asked: Ints, product: Ints, is_own: Bools, score: Floats, place: Ints
    ) -> Bools:
        """Return which products a page leaves out for a better one that looks the same."""
        if self.look is None:
            return np.zeros(len(asked), dtype=bool)
        return doubles(asked, self.look[product], is_own, score, place)

    def lets_each(self) -> Bools:
        """Return which of all products may be offered to the first customer asked about."""
        product = np.arange(self.n_products)
        return self.lets(np.zeros_like(product), product)

    def first(self, asked: Ints, product: Ints) -> Ints:
        """Return the place in ``RULES`` of the first rule that closes each pair, or -1."""
        found = np.full(len(asked), OPEN, dtype=np.int64)
        for closing in self.closings:
            rows = np.flatnonzero(found == OPEN)
            closed = rows[closing.closes(asked[rows], product[rows])]
            found[closed] = RULES.index(closing.rule)
        return found

    def why(self, asked: int, product: int) -> tuple[str, str] | None:
        """Return the first rule that closes the pair, and why in words; None for an open pair."""
        which, what = np.array([asked]), np.array([product])
        for closing in self.closings:
            if closing.closes(which, what)[0]:
                return closing.rule, closing.why(asked, product)
        return None


def nothing_closed(n_products: int) -> EligibilityFilter:
    """Return the guard that closes nothing."""
    return EligibilityFilter(n_products, ())
