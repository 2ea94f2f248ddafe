"""Category caps: at most so many products of a category or a brand on one page and in one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from xenorec.array_types import Bools, Ints, Texts
from xenorec.recommend.grouped_arrays import starts

TAKEN, BEYOND = -1, -2
"""What became of an entry that no cap kept out: taken, or behind the end of the list."""


@dataclass(frozen=True, eq=False)
class Cap:
    """At most ``most`` of each ``group``: a position in ``names``, -1 for an uncounted product."""

    rule: str
    names: Texts
    group: Ints
    most: int


@dataclass(frozen=True, eq=False)
class Caps:
    """All caps of a page or list."""

    caps: tuple[Cap, ...]

    def take(self, asked: Ints, product: Ints, rank: Ints, n: int | None = None) -> Ints:
        """Return what becomes of the entries of ranked lists, taken one by one from the top.

        ``rank`` counts from 1 within each customer ``asked``. An entry is ``TAKEN`` while its
        groups have room and fewer than ``n`` are taken, else the number of the first cap without
        room, or ``BEYOND``.
        """
        fate = np.full(len(asked), BEYOND, dtype=np.int64)
        order = np.argsort(rank, kind="stable")
        bounds = starts(rank[order], int(rank.max(initial=0)) + 1)
        counts = [_Count.of(cap, asked, product) for cap in self.caps]
        n_taken = np.zeros(int(asked.max(initial=-1)) + 1, dtype=np.int64)
        for begin, end in pairwise(bounds[1:].tolist()):
            rows = order[begin:end]
            if n is not None:
                rows = rows[n_taken[asked[rows]] < n]
            if not len(rows):
                break
            fate[rows] = _admitted(counts, rows)
            n_taken[asked[rows[fate[rows] == TAKEN]]] += 1
        return fate

    def on(self, product: Ints) -> CapCounts:
        """Return the room on pages of cells: customers x cells of ``product``, -1 for none."""
        groups = [np.append(cap.group, -1)[product] for cap in self.caps]  # none: the last
        return CapCounts(
            tuple(groups),
            tuple(cap.most for cap in self.caps),
            tuple(np.zeros(product.shape, dtype=np.int16) for _ in groups),
        )


@dataclass(frozen=True, eq=False)
class CapCounts:
    """How many products of each cell's group stand on its customer's page so far.

    ``groups`` and ``taken`` hold customers x cells for each cap.
    """

    groups: tuple[Ints, ...]
    most: Sequence[int]
    taken: tuple[np.ndarray[tuple[int, ...], np.dtype[np.int16]], ...]

    @property
    def is_left(self) -> Bools:
        """Which cells may still be placed."""
        left = np.ones(self.groups[0].shape, dtype=bool)
        for taken, most in zip(self.taken, self.most, strict=True):
            left &= taken < most
        return left

    def copy(self) -> CapCounts:
        """Return the same room, to try something in."""
        return CapCounts(self.groups, self.most, tuple(taken.copy() for taken in self.taken))

    def of(self, customer: Bools) -> CapCounts:
        """Return the room of some of the customers, with nothing taken."""
        groups = tuple(group[customer] for group in self.groups)
        empty = tuple(np.zeros(group.shape, dtype=np.int16) for group in groups)
        return CapCounts(groups, self.most, empty)

    def put(self, customer: Ints, cell: Ints) -> None:
        """Count one cell of each customer named; no customer comes twice."""
        for group, taken in zip(self.groups, self.taken, strict=True):
            own = group[customer, cell]
            taken[customer] += (group[customer] == own[:, None]) & (own >= 0)[:, None]

    def put_all(self, cells: Bools) -> None:
        """Count all cells that are true."""
        customer, cell = np.nonzero(cells)
        nth = np.arange(len(customer)) - np.searchsorted(customer, customer)
        for number in range(int(nth.max(initial=-1)) + 1):
            self.put(customer[nth == number], cell[nth == number])

    def pick(self, fits: Bools, n: int) -> Bools:
        """Return the first ``n`` cells of each customer that fit, taken one by one."""
        room, left = self.copy(), fits.copy()
        picked = np.zeros(fits.shape, dtype=bool)
        for _ in range(n):
            can = left & room.is_left
            cell = can.argmax(axis=1)
            customer = np.flatnonzero(can[np.arange(len(cell)), cell])
            if not len(customer):
                break
            picked[customer, cell[customer]] = True
            left[customer, cell[customer]] = False
            room.put(customer, cell[customer])
        return picked


@dataclass(frozen=True, eq=False)
class _Count:
    """How many entries of each customer's groups were taken; -1 stands for no group."""

    entry: Ints
    taken: Ints
    most: int

    @classmethod
    def of(cls, cap: Cap, asked: Ints, product: Ints) -> _Count:
        group = cap.group[product]
        key = asked * (int(cap.group.max(initial=0)) + 1) + group
        keys, entry = np.unique(key, return_inverse=True)
        return cls(np.where(group >= 0, entry, -1), np.zeros(len(keys) + 1, np.int64), cap.most)

    def is_full(self, rows: Ints) -> Bools:
        entry = self.entry[rows]
        return np.asarray((entry >= 0) & (self.taken[entry] >= self.most))


def _admitted(counts: Sequence[_Count], rows: Ints) -> Ints:
    """Return the fate of entries of different customers, and count those that are taken."""
    fate = np.full(len(rows), TAKEN, dtype=np.int64)
    for number, count in enumerate(counts):
        fate[(fate == TAKEN) & count.is_full(rows)] = number
    for count in counts:
        entry = count.entry[rows[fate == TAKEN]]
        count.taken[entry[entry >= 0]] += 1  # a group of one customer: no entry comes twice
    return fate
