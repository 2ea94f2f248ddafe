"""The messages that already have their place, as sorted stamps, and which windows are full.

All customers lie one after another on one line of time, each in a stretch of the same length, so
that a window of a customer is found by bisection and never reaches into the next one's stretch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Ints
from xenorec.timing.contact_selection.frequency_caps import FrequencyCap


@dataclass(frozen=True)
class FullWindows:
    """For each candidate: whether a window is full, how many are in it, how many were sent."""

    is_full: Bools
    n: Ints
    n_sent: Ints

    @classmethod
    def none(cls, n: int) -> FullWindows:
        """Return that no window of ``n`` candidates is full."""
        return cls(np.zeros(n, dtype=bool), *(np.zeros(n, dtype=np.int64) for _ in range(2)))


@dataclass(frozen=True)
class UsedSlots:
    """The messages that count for one limit: their place on the line, and which were sent."""

    limit: FrequencyCap
    key: Ints
    is_sent: Bools

    def with_(self, keys: Ints) -> UsedSlots:
        """Return these and the messages chosen at ``keys``."""
        keys = np.sort(keys)
        place = np.searchsorted(self.key, keys)
        is_sent = np.insert(self.is_sent, place, np.zeros(len(keys), dtype=bool))
        return UsedSlots(self.limit, np.insert(self.key, place, keys), is_sent)

    def where(self, keep: Bools) -> UsedSlots:
        """Return only some of them."""
        return UsedSlots(self.limit, self.key[keep], self.is_sent[keep])

    def ends(self, first: Ints, last: Ints) -> list[tuple[Ints, Ints]]:
        """Return (rows, ends): where windows end that a message in [first, last] may lie in.

        One item for the first such message at or after ``first``, one for the second, and so on,
        up to ``last + length`` exclusive.
        """
        low = np.searchsorted(self.key, first)
        high = np.searchsorted(self.key, last + self.limit.length)
        found = []
        for step in range(int((high - low).max(initial=0))):
            rows = np.flatnonzero(low + step < high)
            found.append((rows, self.key[low[rows] + step]))
        return found

    def full(self, at: Ints) -> FullWindows:
        """Return which candidates at ``at`` find a window that holds as many as allowed."""
        found = FullWindows.none(len(at))
        self._mark_full(found, np.arange(len(at)), at)
        for rows, ends in self.ends(at, at):
            is_open = ~found.is_full[rows]
            self._mark_full(found, rows[is_open], ends[is_open])
        return found

    def n_until(self, ends: Ints) -> tuple[Ints, Ints]:
        """Return where the windows that end at ``ends`` begin and stop in ``key``."""
        begin = np.searchsorted(self.key, ends - self.limit.length, "right")
        return begin, np.searchsorted(self.key, ends, "right")

    def _mark_full(self, found: FullWindows, rows: Ints, ends: Ints) -> None:
        begin, stop = self.n_until(ends)
        is_full = stop - begin >= self.limit.n
        rows, begin, stop = rows[is_full], begin[is_full], stop[is_full]
        sent = np.append(0, np.cumsum(self.is_sent))
        found.is_full[rows], found.n[rows] = True, stop - begin
        found.n_sent[rows] = sent[stop] - sent[begin]
