"""The candidates that go out, the best first, then the best set where few compete.

By value: a candidate is taken when all windows that it lies in have room. Let a customer have
single moments of each campaign and one limit: to make room for a candidate it is enough to remove
the nearest one taken before and the nearest one after it, so the sets allowed are 2-extendible,
and what is picked is worth at least half of the best set (Mestre 2006, "Greedy in approximation
algorithms", ESA, theorem 1). Each further limit adds 2, several moments of a campaign add 1: a
(2 limits + 1)th. Customers with at most ``exact.MOST`` candidates worth sending get the best set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints
from xenorec.timing.contact_selection.contact_candidates import ContactCandidates, SentContacts
from xenorec.timing.contact_selection.exact_selection import MOST, CandidateGroup, best_sets
from xenorec.timing.contact_selection.frequency_caps import FrequencyCap
from xenorec.timing.contact_selection.used_slots import FullWindows, UsedSlots

LINE = 1 << 62
"""Length of the line of time on which customers lie one after another."""


@dataclass(frozen=True)
class SelectedContacts:
    """One entry per candidate.

    ``is_other`` says that another moment of the campaign was taken instead. Of those that found
    a full window, ``limit`` is the position of its limit (else -1), ``n`` how many messages are
    in it and ``n_sent`` how many of these went out before. ``is_joint`` marks candidates of
    customers whose best set is not the one picked by value.
    """

    is_chosen: Bools
    is_other: Bools
    limit: Ints
    n: Ints
    n_sent: Ints
    is_joint: Bools

    @classmethod
    def nothing(cls, n: int) -> SelectedContacts:
        """Return that nothing was decided of ``n`` candidates."""
        no, zero = np.zeros(n, dtype=bool), np.zeros(n, dtype=np.int64)
        return cls(no, no.copy(), zero - 1, zero, zero.copy(), no.copy())

    def put(self, rows: Ints, full: FullWindows, limit: int) -> None:
        """Note the candidates at ``rows`` that found a full window."""
        hit = rows[full.is_full]
        self.limit[hit], self.n[hit] = limit, full.n[full.is_full]
        self.n_sent[hit] = full.n_sent[full.is_full]


@dataclass(frozen=True)
class CandidateTimeline:
    """The candidates of some customers worth sending, and what was sent, on one line of time.

    ``rows`` are their row numbers, customer by customer and the best first; ``who`` counts the
    customers of the line from 0, ``pair`` its pairs of customer and campaign. ``counts`` says, for
    each limit, which candidates it counts.
    """

    rows: Ints
    key: Ints
    who: Ints
    pair: Ints
    stretch: int
    sent: tuple[UsedSlots, ...]
    counts: tuple[Bools, ...]


def pick(
    candidates: ContactCandidates,
    sent: SentContacts,
    limits: Sequence[FrequencyCap],
    order: Ints,
    value: Floats,
) -> SelectedContacts:
    """Return what is chosen; ``order`` lists the rows customer by customer, the best first."""
    picked = SelectedContacts.nothing(len(candidates))
    rows = order[value[order] > 0]
    for line in _lines(candidates, sent, limits, rows) if len(rows) else ():
        _by_value(picked, line)
        _by_sets(picked, line, value)
    return picked


def rank_of(customer: Ints) -> Ints:
    """Return 0, 1, 2 ... within each run of equal ``customer``."""
    starts = np.append(0, np.flatnonzero(np.diff(customer)) + 1) if len(customer) else customer
    sizes = np.diff(np.append(starts, len(customer)))
    rank: Ints = np.arange(len(customer)) - np.repeat(starts, sizes)
    return rank


def _lines(
    candidates: ContactCandidates, sent: SentContacts, limits: Sequence[FrequencyCap], rows: Ints
) -> Iterator[CandidateTimeline]:
    """Return blocks of customers that fit on one line."""
    longest = max(limit.length for limit in limits)
    first, last = candidates.at[rows].min() - longest, candidates.at[rows].max() + longest
    stretch, customer = int(last - first) + longest + 1, candidates.customer[rows]
    step = max(LINE // stretch, 1)
    is_near = (sent.at >= first) & (sent.at <= last)
    for low in range(0, len(candidates.customers), step):
        own = rows[(customer >= low) & (customer < low + step)]
        before = is_near & (sent.customer >= low) & (sent.customer < low + step)
        key = (sent.customer[before] - low) * stretch + sent.at[before] - first
        channels, channel = candidates.channels, sent.channel[before]
        if len(own):
            pair = candidates.customer[own] * len(candidates.campaigns) + candidates.campaign[own]
            yield CandidateTimeline(
                rows=own,
                key=(candidates.customer[own] - low) * stretch + candidates.at[own] - first,
                who=candidates.customer[own] - low,
                pair=np.unique(pair, return_inverse=True)[1],
                stretch=stretch,
                sent=tuple(_sent(limit, key[limit.counts(channel, channels)]) for limit in limits),
                counts=tuple(limit.counts(candidates.channel[own], channels) for limit in limits),
            )


def _sent(limit: FrequencyCap, key: Ints) -> UsedSlots:
    return UsedSlots(limit, np.sort(key), np.ones(len(key), dtype=bool))


def _by_value(picked: SelectedContacts, line: CandidateTimeline) -> None:
    """Take the best candidate of every customer, then the second where it has room, and so on."""
    rank = rank_of(line.who)
    turns = np.split(np.argsort(rank, kind="stable"), np.cumsum(np.bincount(rank))[:-1])
    is_gone, taken, n_kept = np.zeros(line.pair.max() + 1, dtype=bool), line.sent, len(rank)
    for at in turns:
        if 2 * len(at) < n_kept:
            taken, n_kept = _of(taken, line.who[at], line.stretch), len(at)
        is_other = is_gone[line.pair[at]]
        picked.is_other[line.rows[at[is_other]]] = True
        free = _with_room(picked, line, taken, at[~is_other])
        is_gone[line.pair[free]] = picked.is_chosen[line.rows[free]] = True
        taken = _and(taken, line, free)


def _of(taken: tuple[UsedSlots, ...], who: Ints, stretch: int) -> tuple[UsedSlots, ...]:
    """Return what is taken of the customers who have candidates left."""
    return tuple(own.where(np.isin(own.key // stretch, who)) for own in taken)


def _and(taken: tuple[UsedSlots, ...], line: CandidateTimeline, at: Ints) -> tuple[UsedSlots, ...]:
    """Return what is taken and the candidates at places ``at`` of the line."""
    return tuple(
        own.with_(line.key[at[counts[at]]]) for own, counts in zip(taken, line.counts, strict=True)
    )


def _with_room(
    picked: SelectedContacts, line: CandidateTimeline, taken: Sequence[UsedSlots], at: Ints
) -> Ints:
    """Return those of the candidates at ``at`` whose windows have room; note why others do not."""
    for place, (own, counts) in enumerate(zip(taken, line.counts, strict=True)):
        asked = at[counts[at]]
        full = own.full(line.key[asked])
        picked.put(line.rows[asked], full, place)
        at = np.setdiff1d(at, asked[full.is_full], assume_unique=True)
    return at


def _by_sets(picked: SelectedContacts, line: CandidateTimeline, value: Floats) -> None:
    """Replace the picks of customers with few candidates by their best set, where it is better."""
    starts = np.append(0, np.flatnonzero(np.diff(line.who)) + 1)
    sizes = np.diff(np.append(starts, len(line.who)))
    is_capped = np.bitwise_or.reduceat(picked.limit[line.rows] >= 0, starts)
    is_open = is_capped & ~_is_optimal(line, starts, sizes)
    for size in range(2, MOST + 1):
        at = starts[is_open & (sizes == size)][:, None] + np.arange(size)
        if len(at):
            counts = [own[at] for own in line.counts]
            group = CandidateGroup(line.key[at], line.pair[at], counts, value[line.rows[at]])
            chosen = best_sets(group, line.sent)
            is_new = (chosen != picked.is_chosen[line.rows[at]]).any(axis=1)
            _replace(picked, line, at[is_new], chosen[is_new])


def _is_optimal(line: CandidateTimeline, starts: Ints, sizes: Ints) -> Bools:
    """Return of which customers the pick by value is known to be the best set.

    One limit, each campaign once, all candidates within one window and nothing sent after the
    first of them: the windows then hold one another like a chain, and for such a laminar matroid
    the greedy choice is the best (Edmonds 1971).
    """
    if len(line.sent) > 1 or not line.counts[0].all():
        return np.zeros(len(starts), dtype=bool)
    first, last = np.minimum.reduceat(line.key, starts), np.maximum.reduceat(line.key, starts)
    own = line.sent[0]
    low, high = (np.searchsorted(own.key, end) for end in (first, last + own.limit.length))
    is_new = np.diff(np.sort(line.pair), prepend=-1) > 0
    n_campaigns = np.bincount(
        np.repeat(np.arange(len(starts)), sizes)[np.argsort(line.pair, kind="stable")][is_new],
        minlength=len(starts),
    )
    settled: Bools = (last - first < own.limit.length) & (low == high) & (n_campaigns == sizes)
    return settled


def _replace(picked: SelectedContacts, line: CandidateTimeline, at: Ints, chosen: Bools) -> None:
    """Write the best sets of some customers, and what keeps the others of theirs out."""
    rows = line.rows[at]
    picked.is_chosen[rows], picked.is_joint[rows] = chosen, True
    picked.limit[rows], picked.is_other[rows] = -1, False
    taken = _and(_of(line.sent, line.who[at[:, 0]], line.stretch), line, at[chosen])
    left = at[~chosen]
    is_other = np.isin(line.pair[left], line.pair[at[chosen]])
    picked.is_other[line.rows[left[is_other]]] = True
    _with_room(picked, line, taken, left[~is_other])
