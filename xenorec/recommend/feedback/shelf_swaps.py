"""Shelf swaps: now and then a lower row stands higher, so that what it earns there can be learned.

The probability of every row at its place is kept with it, which makes what is learned later free
of the order that was believed in before (Horvitz and Thompson 1952; Joachims, Swaminathan and
Schnabel 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.array_types import Floats, Ints, Texts
from xenorec.dataset.data_frames import ids as ids_of
from xenorec.errors import BadInput
from xenorec.hash_uniform import uniform


@dataclass(frozen=True, eq=False)
class ShelfOrders:
    """One line per customer, one entry per place from the top.

    ``order`` is which row stands there, a position from 0 in the order believed best, and
    ``propensity`` how likely that row stood there. Beyond a customer's last row they are -1 and 0.
    """

    customers: Texts
    order: Ints
    propensity: Floats


class ShelfExploration:
    """With probability ``share`` two rows of a page change places, any two equally likely.

    Of n rows there are n (n - 1) / 2 pairs, so a row stands at its own place with probability
    1 - 2 share / n and at any other with 2 share / (n (n - 1)). Nothing moves on a page of one.
    """

    def __init__(self, *, share: float = 0.05, seed: str = "explore") -> None:
        self.share = share
        self.seed = seed

    def pages(self, customers: Any, n_rows: int | Ints, *, occasion: str = "") -> ShelfOrders:
        """Return the order of rows of every customer, the same for the same seed and occasion.

        ``n_rows`` is one number or one per customer. ``occasion`` names the page, such as a
        campaign's key: without it a customer has the same luck each time.
        """
        who = ids_of(customers, "customers")
        n = self._checked(n_rows, len(who))
        place = np.arange(int(n.max(initial=0)))
        order = np.where(place < n[:, None], place, -1)
        drawn = self._uniform_draws(who, occasion)
        swapped = np.flatnonzero((drawn < self.share) & (n > 1))
        upper, lower = _pair(drawn[swapped] / (self.share or 1.0), n[swapped])
        order[swapped, upper], order[swapped, lower] = lower, upper
        return ShelfOrders(who, order, self._propensity(order, n))

    def table(self, n_rows: int) -> Floats:
        """Return rows x places: how likely each row of a page of ``n_rows`` stands at each."""
        self._checked(n_rows, 1)
        places = np.arange(n_rows)
        order = (places[None, :] + places[:, None]) % max(n_rows, 1)  # each row once at each place
        found = np.empty((n_rows, n_rows))
        n = np.full(n_rows, n_rows)
        found[order, places] = self._propensity(order, n)
        return found

    def _checked(self, n_rows: int | Ints, n_customers: int) -> Ints:
        if not 0 <= self.share <= 1:
            raise BadInput(f"share came as {self.share!r}; expected 0 to 1.")
        n = np.asarray(n_rows, dtype=np.int64)
        if n.ndim and n.shape != (n_customers,):
            raise BadInput(f"n_rows came for {n.size} customers; expected {n_customers} or one.")
        if (n < 0).any():
            raise BadInput(f"n_rows came as {int(n.min())}; expected 0 or more.")
        return np.broadcast_to(n, (n_customers,))

    def _uniform_draws(self, who: Texts, occasion: str) -> Floats:
        chances = (uniform(self.seed, customer, occasion, "rows") for customer in who)
        return np.fromiter(chances, np.float64, len(who))

    def _propensity(self, order: Ints, n: Ints) -> Floats:
        size = np.maximum(n, 2)[:, None]
        moved = 2 * self.share / (size * (size - 1))
        kept = np.where(n[:, None] > 1, 1 - 2 * self.share / size, 1.0)
        found = np.where(order == np.arange(order.shape[1]), kept, moved)
        return np.where(order < 0, 0.0, found)


def _pair(drawn: Floats, n: Ints) -> tuple[Ints, Ints]:
    """Return the pair (upper, lower) of n rows that a number in [0, 1) stands for.

    Pairs are numbered (0, 1), (0, 2), (1, 2), (0, 3), ...: lower * (lower - 1) / 2 + upper.
    """
    n_pairs = n * (n - 1) // 2
    number = np.minimum((drawn * n_pairs).astype(np.int64), n_pairs - 1)
    lower = ((1 + np.sqrt(1 + 8 * number)) / 2).astype(np.int64)
    return number - lower * (lower - 1) // 2, lower
