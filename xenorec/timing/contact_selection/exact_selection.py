"""The exact choice, for customers with few candidates: every set of them is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.timing.contact_selection.used_slots import UsedSlots

MOST = 8
"""Candidates of a customer up to which all sets are looked at."""
AT_ONCE = 4_000_000
"""Sets looked at in one block."""
NEAR = 1e-9
"""Sums closer than this (relative) are equal; the set with the better ranked messages wins."""


@dataclass(frozen=True)
class CandidateGroup:
    """Customers with the same number of candidates: customers x candidates, the best first."""

    key: Ints
    campaign: Ints
    channel_counts: Sequence[Bools]
    value: Floats

    def part(self, rows: slice) -> CandidateGroup:
        """Return some of the customers."""
        counts = [own[rows] for own in self.channel_counts]
        return CandidateGroup(self.key[rows], self.campaign[rows], counts, self.value[rows])


def best_sets(group: CandidateGroup, sent: Sequence[UsedSlots]) -> Bools:
    """Return which candidates are in the best allowed set of each customer.

    ``sent`` holds, for each limit, what went out before. A set is allowed when no window with one
    of its messages holds more than the limit, and no campaign is in it twice.
    """
    parts = [_best(part, sent) for part in _blocks(group)]
    return np.concatenate(parts) if parts else np.zeros(group.key.shape, dtype=bool)


def _blocks(group: CandidateGroup) -> Iterator[CandidateGroup]:
    n, width = group.key.shape
    step = max(AT_ONCE >> width, 1)
    for start in range(0, n, step):
        yield group.part(slice(start, start + step))


def _best(group: CandidateGroup, sent: Sequence[UsedSlots]) -> Bools:
    width = group.key.shape[1]
    bits = 1 << np.arange(width - 1, -1, -1)
    sets = np.arange(1 << width)
    members = (sets[:, None] & bits) > 0
    allowed = np.ones((len(group.key), len(sets)), dtype=bool)
    for counts, taken in zip(group.channel_counts, sent, strict=True):
        _forbid_full(allowed, group.key, np.where(counts, bits, 0), taken, sets)
    _forbid_twice(allowed, group.campaign, bits, sets)
    total = np.where(allowed, group.value @ members.T.astype(np.float64), -np.inf)
    best = total.max(axis=1, keepdims=True)
    near = total >= best - NEAR * np.abs(best)
    last = len(sets) - 1 - near[:, ::-1].argmax(axis=1)
    chosen: Bools = members[last]
    return chosen


def _forbid_full(allowed: Bools, key: Ints, bits: Ints, taken: UsedSlots, sets: Ints) -> None:
    """Strike out the sets that overfill a window, wherever it ends."""
    everybody = np.arange(len(key))
    for column in range(key.shape[1]):
        _forbid(allowed, everybody, key[:, column], (key, bits), taken, sets)
    for rows, ends in taken.ends(key.min(axis=1), key.max(axis=1)):
        _forbid(allowed, rows, ends, (key, bits), taken, sets)


def _forbid(
    allowed: Bools, rows: Ints, ends: Ints, own: tuple[Ints, Ints], taken: UsedSlots, sets: Ints
) -> None:
    key, bits = own[0][rows], own[1][rows]
    inside = (key <= ends[:, None]) & (key > ends[:, None] - taken.limit.length)
    mask = np.where(inside, bits, 0).sum(axis=1)
    begin, stop = taken.n_until(ends)
    room = np.maximum(taken.limit.n - (stop - begin), 0)
    allowed[rows] &= np.bitwise_count(sets & mask[:, None]) <= room[:, None]


def _forbid_twice(allowed: Bools, campaign: Ints, bits: Ints, sets: Ints) -> None:
    for column in range(campaign.shape[1]):
        same = campaign == campaign[:, column : column + 1]
        rows = np.flatnonzero(same.sum(axis=1) > 1)
        if len(rows):
            mask = np.where(same[rows], bits, 0).sum(axis=1)
            allowed[rows] &= np.bitwise_count(sets & mask[:, None]) <= 1
