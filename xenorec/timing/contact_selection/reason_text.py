"""Why a message goes out or not: a sentence with the facts for every row, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.timing.contact_selection.contact_candidates import ContactCandidates
from xenorec.timing.contact_selection.contact_value import is_measured
from xenorec.timing.contact_selection.frequency_caps import FrequencyCap
from xenorec.timing.contact_selection.greedy_selection import SelectedContacts

BEFORE, SAME = "sent before or still to go", "the same as "
UNITS = (("day", 86_400_000_000), ("hour", 3_600_000_000), ("minute", 60_000_000))


def why(
    candidates: ContactCandidates,
    picked: SelectedContacts,
    limits: Sequence[FrequencyCap],
    order: Ints,
    value: Floats,
) -> Texts:
    """Return a sentence for each candidate; ``order`` lists them by customer, the best first."""
    facts = _ReasonFacts(candidates, picked, order, value)
    said = np.empty(len(candidates), dtype=object)
    for rows, sentences in (
        (np.flatnonzero(value <= 0), facts.loss),
        (np.flatnonzero(picked.is_other), facts.other),
        (np.flatnonzero(picked.limit >= 0), lambda rows: facts.full(rows, limits)),
        (np.flatnonzero(picked.is_chosen), lambda rows: facts.chosen(rows, limits)),
    ):
        if len(rows):
            said[rows] = sentences(rows).to_numpy(zero_copy_only=False)
    return said


@dataclass(frozen=True)
class _ReasonFacts:
    """What the sentences tell of."""

    candidates: ContactCandidates
    picked: SelectedContacts
    order: Ints
    value: Floats

    def loss(self, rows: Ints) -> Any:
        cost = np.where(self.value[rows] < 0, "cost more than it brings", "bring no more")
        than = np.where(self.value[rows] < 0, " (", " than it costs (")
        text = ("Left out: expected to ", cost, than, self._money(rows), ")", self._assumed(rows))
        return _joined(*text)

    def other(self, rows: Ints) -> Any:
        """Of messages whose campaign goes at another moment."""
        pair = self._pairs(rows)
        chosen = np.flatnonzero(self.picked.is_chosen)
        known = self._pairs(chosen)
        sort = np.argsort(known)
        twin = chosen[sort][np.searchsorted(known[sort], pair)]
        at = pc.strftime(_instants(self.candidates.at[twin]), format="%Y-%m-%d %H:%M")
        worth = self._money(twin)
        return _joined("Left out: ", self._names(twin), " goes at ", at, " UTC, worth ", worth)

    def full(self, rows: Ints, limits: Sequence[FrequencyCap]) -> Any:
        """Of messages that found a window full."""
        n, n_sent = self.picked.n[rows], self.picked.n_sent[rows]
        window = np.array([f" within {_length(limit)}{limit} already, " for limit in limits])
        noun = np.where(n == 1, " message", " messages")
        twin = self._twins(rows, limits)
        is_joint, is_drawn = self.picked.is_joint[rows], (n_sent == 0) & (twin >= 0)
        is_drawn &= ~is_joint
        tail = np.select(
            [n_sent == n, n_sent > 0, is_joint, is_drawn & (n == 1), is_drawn],
            [
                BEFORE,
                f"some {BEFORE}",
                "worth more together",
                f"worth {SAME}",
                f"each worth more or {SAME}",
            ],
            np.where(n == 1, "worth more", "each worth more"),
        )
        named = pc.if_else(pa.array(is_drawn), _joined(self._names(twin), "; drawn"), "")
        counted = pc.cast(pa.array(n), pa.string())
        return _joined("Left out: ", counted, noun, window[self.picked.limit[rows]], tail, named)

    def chosen(self, rows: Ints, limits: Sequence[FrequencyCap]) -> Any:
        rival = self._rivals(rows)
        has, own = rival >= 0, self.value[rows]
        other = self.value[rival]
        is_drawn = has & (other == own) & self._is_rival(rows, rival, limits)
        is_drawn &= (self.picked.n_sent[rival] == 0) & ~self.picked.is_joint[rows]
        link = np.select(
            [~has, other < own, is_drawn, other == own],
            [", and there is room for it", ", more than ", f", {SAME}", ", no less than "],
            ", and with what else goes out more than ",
        )
        named = pc.if_else(pa.array(has), self._names(rival), "")
        worth = pc.if_else(pa.array(has), _joined(" (", self._money(rival), ")"), "")
        worth = pc.if_else(pa.array(is_drawn), "; drawn", worth)
        text = ("Chosen: worth ", self._money(rows), link, named, worth, self._assumed(rows))
        return _joined(*text)

    def _rivals(self, rows: Ints) -> Ints:
        """Return the best message left out under the cap after each chosen one, or -1.

        Where the best set is not the one picked by value: the best one left out.
        """
        customer = self.candidates.customer[self.order]
        out = np.flatnonzero(self.picked.limit[self.order] >= 0)
        place = np.empty(len(self.order), dtype=np.int64)
        place[self.order] = np.arange(len(self.order))
        first = np.searchsorted(customer, self.candidates.customer[rows])
        start = np.where(self.picked.is_joint[rows], first, place[rows])
        found = np.append(out, -1)[np.searchsorted(out, start)]
        is_own = (found >= 0) & (customer[found] == self.candidates.customer[rows])
        rivals: Ints = np.where(is_own, self.order[found], -1)
        return rivals

    def _twins(self, rows: Ints, limits: Sequence[FrequencyCap]) -> Ints:
        """Return the chosen message in the full window that is worth the same as each, or -1."""
        place = np.empty(len(self.order), dtype=np.int64)
        place[self.order] = np.arange(len(self.order))
        twins, at = np.full(len(rows), -1, dtype=np.int64), np.arange(len(rows))
        for step in range(1, len(self.order)):
            at = at[place[rows[at]] >= step]
            ahead = self.order[place[rows[at]] - step]
            same = self.candidates.customer[ahead] == self.candidates.customer[rows[at]]
            same &= self.value[ahead] == self.value[rows[at]]
            at, ahead = at[same], ahead[same]
            if not len(at):
                break
            hit = self.picked.is_chosen[ahead] & self._is_rival(ahead, rows[at], limits)
            twins[at[hit]] = ahead[hit]
        return twins

    def _is_rival(self, ahead: Ints, rows: Ints, limits: Sequence[FrequencyCap]) -> Bools:
        """Return whether messages ``ahead`` count in the windows that ``rows`` found full."""
        read, limit = self.candidates, self.picked.limit[rows]
        counts = np.stack([own.counts(read.channel[ahead], read.channels) for own in limits])
        length = np.array([own.length for own in limits])[limit]
        is_near = np.abs(read.at[ahead] - read.at[rows]) < length
        rival: Bools = is_near & counts[limit, np.arange(len(rows))]
        rival &= read.campaign[ahead] != read.campaign[rows]
        return rival

    def _pairs(self, rows: Ints) -> Ints:
        n = len(self.candidates.campaigns)
        return self.candidates.customer[rows] * n + self.candidates.campaign[rows]

    def _names(self, rows: Ints) -> Any:
        names = pa.array([f"'{name}'" for name in self.candidates.campaigns], pa.string())
        return names.take(pa.array(self.candidates.campaign[rows]))

    def _assumed(self, rows: Ints) -> Any:
        told = is_measured(self.candidates)[rows]
        return np.where(told, "", "; its lift is assumed, not measured")

    def _money(self, rows: Ints) -> Any:
        """Return amounts as text with two places and the currency where one is named."""
        amount = pc.cast(pa.array(np.round(self.value[rows], 2)), pa.decimal128(38, 2))
        currency = self.candidates.currency[rows]
        unit = np.where(currency == "", "", " " + currency)
        return _joined(pc.cast(amount, pa.string()), unit)


def _joined(*parts: Any) -> Any:
    arrays = [
        pa.array(part.astype(str), pa.string()) if isinstance(part, np.ndarray) else part
        for part in parts
    ]
    return pc.binary_join_element_wise(*arrays, "")


def _instants(at: Ints) -> Any:
    return pa.array(at).cast(pa.timestamp("us", "UTC"))


def _length(limit: FrequencyCap) -> str:
    name, unit = next((n, unit) for n, unit in UNITS if limit.length % unit == 0)
    n = limit.length // unit
    return f"{n} {name}" if n == 1 else f"{n} {name}s"
