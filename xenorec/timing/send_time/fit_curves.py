"""Fit the curves: hold the last weeks back, learn on them what to trust, then use everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.send_time.country_conventions import Weekend, weekend_of
from xenorec.timing.send_time.customer_groups import given_groups, learn_groups
from xenorec.timing.send_time.kernels import kernels
from xenorec.timing.send_time.mixture_weights import default_weights, learn_weights, mean_log
from xenorec.timing.send_time.week_curves import N_PARTS, CurveComponents, WeekCurves, shop_curve
from xenorec.timing.send_time.weighted_counts import HourVisits, weigh

HALF_LIVES = (90.0, 180.0, 45.0, 14.0)
"""Days after which an act counts half; the one that foretells the held-out acts best is taken."""
CLICK_WEIGHTS = (3.0, 1.0, 10.0, 30.0)
"""Other acts that a click of the channel is worth; the first without enough clicks to learn it."""
HELD_DAYS = 42
MANY, ENOUGH = 200, 10
ENOUGH_CLICKS = 100
SURE = 3.0
"""Nats over all held-out acts by which another half-life or click weight must be better."""
_CUSTOMERS = 20_000
_BLOCK = 2_000


@dataclass(frozen=True)
class FittedCurves:
    """The curves, what was learned on the way, and what there is to say about it."""

    curves: WeekCurves
    half_life: float
    click_weight: float
    is_default_click: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _TriedSettings:
    """How well one half-life and click weight foretold ``n_acts`` held-out acts."""

    nats: float
    half_life: float
    click: float
    weights: Floats
    n_acts: int


@dataclass(frozen=True)
class CurveLearner:
    """What is known before: given segments (a group or -1 per customer), and the weekend."""

    group: Ints | None
    weekend: Weekend | None

    def fit(self, visits: HourVisits) -> FittedCurves:
        """Return the curves of all visits, with weights learned on the last of them.

        Weights and half-life are learned on at most 20,000 customers, evenly by id.
        """
        rows = np.arange(len(visits.ids))
        if len(rows) > _CUSTOMERS:
            rows = np.linspace(0, len(rows) - 1, _CUSTOMERS).astype(np.int64)
        group = None if self.group is None else self.group[rows]
        best, is_default_click = CurveLearner(group, self.weekend)._best(visits.of(rows))
        if best.n_acts < ENOUGH:
            return self._default(visits, best.n_acts)
        curves = WeekCurves(self._parts(visits, best.half_life, best.click), best.weights)
        return FittedCurves(curves, best.half_life, best.click, is_default_click, ())

    def _best(self, visits: HourVisits) -> tuple[_TriedSettings, bool]:
        """Return the best half-life and click weight, and whether the latter is the default."""
        before, after = _divide(visits)
        few_clicks = int(after.is_click.sum()) < ENOUGH_CLICKS
        if not few_clicks:
            after = after.only(after.is_click, today=after.today)
        tried = [self._tried(before, after, life, CLICK_WEIGHTS[0]) for life in HALF_LIVES]
        best = _better(tried)
        if few_clicks or best.n_acts < ENOUGH:
            return best, True
        others = [self._tried(before, after, best.half_life, click) for click in CLICK_WEIGHTS[1:]]
        return _better([best, *others]), False

    def _default(self, visits: HourVisits, n_acts: int) -> FittedCurves:
        life, click = HALF_LIVES[0], CLICK_WEIGHTS[0]
        curves = WeekCurves(self._parts(visits, life, click), default_weights())
        note = (
            f"Only {n_acts} visits could be set aside to test on, and {ENOUGH} are needed, so how "
            f"fast old ones fade (half after {life:g} days) is a default, not learned."
        )
        return FittedCurves(curves, life, click, True, (note,))

    def _parts(self, visits: HourVisits, half_life: float, click: float) -> CurveComponents:
        evidence = weigh(visits, half_life=half_life, click=click)
        shop = shop_curve(evidence)
        if self.group is None:
            groups = learn_groups(evidence, shop)
        else:
            groups = given_groups(evidence, self.group, shop)
        patterns, pattern = self._patterns(visits)
        return CurveComponents(
            evidence, shop, groups, np.stack([kernels(shop, p) for p in patterns]), pattern
        )

    def _patterns(self, visits: HourVisits) -> tuple[list[Weekend], Ints]:
        """Return the weekends that customers have, and which is each customer's."""
        if self.weekend is not None:
            return [self.weekend], np.zeros(len(visits.ids), dtype=np.int64)
        of_zone = [weekend_of(zone) for zone in visits.zones]
        patterns = sorted(set(of_zone))
        return patterns, np.array([patterns.index(one) for one in of_zone])[visits.zone]

    def _tried(
        self, before: HourVisits, after: HourVisits, life: float, click: float
    ) -> _TriedSettings:
        """Return how well the held-out acts are foretold, and with which weights."""
        seen, step = _held_out_probabilities(self._parts(before, life, click), after)
        if len(step) < ENOUGH:
            return _TriedSettings(-np.inf, life, click, default_weights(), len(step))
        weights = learn_weights(seen, step)
        return _TriedSettings(mean_log(seen, step, weights), life, click, weights, len(step))


def _better(tried: list[_TriedSettings]) -> _TriedSettings:
    """Return the best, or the first where the best is not surely better."""
    best = max(tried, key=lambda one: one.nats)
    gain = best.n_acts * (best.nats - tried[0].nats) if best.n_acts >= ENOUGH else 0.0
    return best if gain > SURE else tried[0]


def _divide(visits: HourVisits) -> tuple[HourVisits, HourVisits]:
    """Return the visits before the held-out days, and those in them.

    The last 42 days, yet at most a quarter of the time; a quarter where 42 days hold few acts.
    """
    first = int(visits.day.min()) if len(visits.day) else visits.today
    quarter = max((visits.today - first) // 4, 1)
    days = min(HELD_DAYS, quarter)
    if int((visits.day >= visits.today - days).sum()) < MANY:
        days = quarter
    cut = visits.today - days
    is_before = visits.day < cut
    return visits.only(is_before, today=cut), visits.only(~is_before, today=visits.today)


def _held_out_probabilities(parts: CurveComponents, after: HourVisits) -> tuple[Floats, Ints]:
    """Return (act, part) probabilities and the step of evidence of the held-out acts.

    Only customers with acts before count.
    """
    known = np.flatnonzero((np.diff(after.start) > 0) & (parts.evidence.n > 0))
    seen, customers = [np.zeros((0, N_PARTS))], [np.zeros(0, dtype=np.int64)]
    for pattern in range(len(parts.spread)):
        alike = known[parts.pattern[known] == pattern]
        for start in range(0, len(alike), _BLOCK):
            rows = alike[start : start + _BLOCK]
            lengths = after.start[rows + 1] - after.start[rows]
            row = np.repeat(np.arange(len(rows)), lengths)
            offset = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
            hour = after.hour[np.repeat(after.start[rows], lengths) + offset]
            seen.append(np.stack([part[row, hour] for part in parts.each(rows, pattern)], axis=1))
            customers.append(rows[row])
    step = WeekCurves.step(parts.evidence.n[np.concatenate(customers)])
    return np.concatenate(seen), step
