"""Each customer's curve over the week: the shop's, the group's and the own, mixed by evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.local_time import HOURS
from xenorec.timing.send_time.customer_groups import CustomerGroups
from xenorec.timing.send_time.kernels import N_KERNELS, hour_kernel
from xenorec.timing.send_time.weighted_counts import WeightedVisits

PRIOR_PER_HOUR = 0.5
"""Jeffreys' half event an hour: no hour of the shop's curve is zero."""
EDGES = np.array([1.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0])
"""Where the steps of evidence begin: a step has its own weights."""
PRODUCTS = ((5.0, 0.7), (20.0, 1.5))
"""Day of the week times hour of the day: events of the shop in each, width of the hour kernel."""
FIRST_KERNEL = 2
FIRST_PRODUCT = FIRST_KERNEL + N_KERNELS
N_PARTS = FIRST_PRODUCT + len(PRODUCTS)
BLOCK = 20_000


@dataclass(frozen=True)
class CurveComponents:
    """What a curve is mixed from: shop, group, kernels of own events, own day times own hour.

    ``spread`` holds the kernels of each pattern of weekends: (pattern, kernel, from, to);
    ``pattern`` is each customer's. Every part is a distribution over the 168 hours.
    """

    evidence: WeightedVisits
    shop: Floats
    groups: CustomerGroups
    spread: Floats
    pattern: Ints

    def each(self, rows: Ints, pattern: int) -> Iterator[Floats]:
        """Return every part for customers with events and one pattern, a row per customer."""
        counts, n = self.evidence.rows(rows), self.evidence.n[rows, None]
        yield np.tile(self.shop, (len(rows), 1))
        yield self.groups.of(rows, counts)
        for kernel in self.spread[pattern]:
            yield (counts @ kernel) / n
        yield from self.products(counts, n)

    def mixture(self, rows: Ints, pattern: int, weights: Floats) -> Floats:
        """Return the parts mixed: the kernels as one, for they are linear in the events."""
        counts, n = self.evidence.rows(rows), self.evidence.n[rows, None]
        kernel = np.tensordot(weights[FIRST_KERNEL:FIRST_PRODUCT], self.spread[pattern], axes=1)
        curves: Floats = (counts @ kernel) / n
        curves += weights[0] * self.shop
        curves += weights[1] * self.groups.of(rows, counts)
        for weight, product in zip(weights[FIRST_PRODUCT:], self.products(counts, n), strict=True):
            curves += weight * product
        return curves

    def products(self, counts: Any, n: Floats) -> Iterator[Floats]:
        """Return the curves in which hours are alike on all days, but for the shop's own."""
        week = self.shop.reshape(7, 24)
        day, hour = week.sum(axis=1), week.sum(axis=0)
        own_day = counts @ np.repeat(np.eye(7), 24, axis=0)
        for pull, width in PRODUCTS:
            smooth = hour_kernel(width) * hour
            own_hour = counts @ np.tile(smooth / smooth.sum(axis=1)[:, None], (7, 1))
            by_day = (own_day + pull * day) / day
            by_hour = (own_hour + pull * hour) / hour
            curve = (by_day[:, :, None] * by_hour[:, None, :] * week).reshape(-1, HOURS)
            yield curve / curve.sum(axis=1)[:, None]


@dataclass(frozen=True)
class WeekCurves:
    """Curves of 168 hours that sum to 1; ``weights`` of the parts for each step of evidence."""

    parts: CurveComponents
    weights: Floats

    def of(self, rows: Ints) -> Floats:
        """Return one curve per position; the shop's for -1, the group's without own events."""
        parts = self.parts
        curves = np.tile(parts.shop, (len(rows), 1))
        known = np.flatnonzero(rows >= 0)
        n = parts.evidence.n[rows[known]] if len(known) else np.zeros(0)
        bare = known[n <= 0]
        if len(bare) and parts.groups.given is not None:
            curves[bare] = parts.groups.of(rows[bare], None)
        own = known[n > 0]
        key = self.step(n[n > 0]) * len(parts.spread) + parts.pattern[rows[own]]
        for value in np.unique(key):
            step, pattern = divmod(int(value), len(parts.spread))
            there = own[key == value]
            curves[there] = parts.mixture(rows[there], pattern, self.weights[step])
        return curves

    def at(self, rows: Ints, hours: Ints) -> Floats:
        """Return the probability of each (position, hour) pair."""
        asked, where = np.unique(rows, return_inverse=True)
        order = np.argsort(where, kind="stable")
        p = np.zeros(len(rows))
        for start in range(0, len(asked), BLOCK):
            curves = self.of(asked[start : start + BLOCK])
            low, high = np.searchsorted(where[order], (start, start + BLOCK))
            pairs = order[low:high]
            p[pairs] = curves[where[pairs] - start, hours[pairs]]
        return p

    @staticmethod
    def step(n: Floats) -> Ints:
        """Return the step of evidence of each number of events."""
        return np.searchsorted(EDGES, n, side="right").astype(np.int64)


def shop_curve(evidence: WeightedVisits) -> Floats:
    """Return the shop's curve over the week; it sums to 1 and has no zero."""
    total = evidence.total()
    return np.asarray((total + PRIOR_PER_HOUR) / (total.sum() + HOURS * PRIOR_PER_HOUR))
