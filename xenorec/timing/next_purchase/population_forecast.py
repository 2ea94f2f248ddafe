"""What is said of known customers, and of somebody drawn at random from the shop."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Protocol

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.next_purchase.hazard_intervals import EDGES, HazardIntervals
from xenorec.timing.next_purchase.hazard_learner import HazardLearner
from xenorec.timing.next_purchase.members import Member
from xenorec.timing.next_purchase.one_time_buyers import capped, looked_up, table_of
from xenorec.timing.next_purchase.order_days import OrderDays
from xenorec.timing.next_purchase.purchase_model import NEVER_DAYS, PurchaseModel
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns, RfmSummary
from xenorec.timing.next_purchase.shop_rate import ShopRate
from xenorec.timing.next_purchase.survival_curve import SurvivalCurve, curve_of

SOON, MIDDLE, LATE = 0.1, 0.5, 0.9
SOON_WITHOUT_END = 0.2
"""Where the interval begins that reaches to never: it holds 80 % too."""
MOST_FOR_SHOP = 20_000


@dataclass(frozen=True)
class ForecastAnswer:
    """One entry per customer. ``p_order`` and ``n_expected`` have a column per horizon asked.

    ``wait`` has three columns: days to the start of the 80 % interval, the median, its end; inf
    for what is not reached in ten years.
    """

    p_alive: Floats
    p_order: Floats
    n_expected: Floats
    wait: Floats

    def take(self, rows: Ints) -> ForecastAnswer:
        """Return some of the entries, in the order given."""
        return ForecastAnswer(*(getattr(self, field.name)[rows] for field in fields(self)))


class ChanceModel(Protocol):
    """Chances of several customers: a ``SurvivalCurve``, or a probability model with their past."""

    def p_order(self, days: float) -> Floats: ...  # noqa: D102

    def n_expected(self, days: float) -> Floats: ...  # noqa: D102

    def wait(self, probability: float) -> Floats: ...  # noqa: D102


@dataclass(frozen=True)
class MemberForecast:
    """The probability model alone, of customers with a ``past``."""

    model: PurchaseModel
    past: RfmPatterns

    def p_order(self, days: float) -> Floats:
        """Return the probability of an order within ``days``."""
        return self.model.p_order(self.past, days)

    def n_expected(self, days: float) -> Floats:
        """Return the expected days with an order within ``days``."""
        return self.model.n_expected(self.past, days)

    def wait(self, probability: float) -> Floats:
        """Return the days until an order has come with ``probability``; inf for never."""
        days = self.model.wait(self.past, probability)
        return np.where(days > NEVER_DAYS, np.inf, days)


@dataclass(frozen=True)
class PopulationForecast:
    """All that answers rest on; asking changes nothing.

    An interval that ends more than ``never`` days ahead has no end. ``once``: the chance of ever
    coming again of who came once, by days of silence, where a learner has its say.
    ``is_textbook``: the probability model's own answers, and nothing else.
    """

    visits: OrderDays
    purchases: RfmSummary
    now: float
    model: Member | ShopRate
    learner: HazardLearner | None
    once: Floats | None = None
    is_textbook: bool = False
    never: float = NEVER_DAYS

    def known(self, rows: Ints, days: tuple[float, ...]) -> ForecastAnswer:
        """Return what is said of customers at ``rows``, for each of the horizons."""
        speaking = self._speaking(rows)
        return ForecastAnswer(
            self._alive(rows, speaking),
            np.stack([speaking.p_order(each) for each in days], axis=1),
            np.stack([speaking.n_expected(each) for each in days], axis=1),
            interval(speaking, self.never),
        )

    def with_once(self) -> PopulationForecast:
        """Return the same with the chances of who came once, where there is a learner."""
        if self.learner is None:
            return self
        silent = self._silence(np.flatnonzero(self.purchases.frequency == 0))
        table = table_of(self.now, int(silent.max(initial=0.0)), self._ever_and_soon)
        return replace(self, once=table)

    def _alive(self, rows: Ints, speaking: ChanceModel) -> Floats:
        """Return the chance of ordering again at all: lower where the learner expects less.

        What the learner sees missing of the orders in its 90 days counts as having stopped.
        """
        past = self._past(rows)
        if self.is_textbook:
            return self.model.p_alive(past)
        if self.once is None:
            return capped(self.model, past)
        alive, soon = self._less(past, speaking)
        told = looked_up(self.once, self._silence(rows))
        once, twice = past.frequency == 0, past.frequency == 1
        return np.where(
            once, np.maximum(told, soon), np.where(twice, np.maximum(alive, told), alive)
        )

    def _less(self, past: RfmPatterns, speaking: ChanceModel) -> tuple[Floats, Floats]:
        reach = float(EDGES[-1])
        soon, plain = speaking.p_order(reach), self.model.p_order(past, reach)
        share = np.minimum(soon / np.maximum(plain, 1e-12), 1.0)
        return np.maximum(self.model.p_alive(past) * share, soon), soon

    def _ever_and_soon(self, visits: OrderDays) -> tuple[Floats, Floats]:
        """Return the chances of an order at all, and in the learner's days, after visits."""
        curve = self._curved(visits)
        return self._less(curve.past, _CurveForecast(curve))

    def _silence(self, rows: Ints) -> Floats:
        silence: Floats = self.now - self.visits.at[self.visits.bounds[1:] - 1][rows]
        return silence

    def shop(self, chance: Floats, days: tuple[float, ...]) -> ForecastAnswer:
        """Return one entry: the mean of the customers (20,000 of them, by ``chance``)."""
        rows = np.sort(np.argsort(chance, kind="stable")[:MOST_FOR_SHOP])
        if not len(rows):
            return self._nobody(days)
        speaking = self._speaking(rows)
        soon, middle, late = (_reach(speaking, q) for q in (SOON, MIDDLE, LATE))
        if late > self.never:
            soon, late = _reach(speaking, SOON_WITHOUT_END), float("inf")
        return ForecastAnswer(
            np.array([self._alive(rows, speaking).mean()]),
            np.array([[speaking.p_order(each).mean() for each in days]]),
            np.array([[speaking.n_expected(each).mean() for each in days]]),
            np.array([[soon, middle, late]]),
        )

    def _nobody(self, days: tuple[float, ...]) -> ForecastAnswer:
        none = np.zeros(1)
        plain = MemberForecast(self.model, RfmPatterns(none, none, none, none))
        both = (plain.p_order, plain.n_expected)
        p_order, n_expected = (np.stack([call(each) for each in days], axis=1) for call in both)
        return ForecastAnswer(np.ones(1), p_order, n_expected, interval(plain, self.never))

    def _speaking(self, rows: Ints) -> ChanceModel:
        if self.learner is None:
            return MemberForecast(self.model, self._past(rows))
        return _CurveForecast(self._curved(self.visits.take(rows)))

    def _curved(self, visits: OrderDays) -> SurvivalCurve:
        assert self.learner is not None
        ahead = HazardIntervals(visits, self.now, self.model)
        return curve_of(self.learner.hazards(ahead), ahead.past, self.model)

    def _past(self, rows: Ints) -> RfmPatterns:
        return self.purchases.patterns(rows)


@dataclass(frozen=True)
class _CurveForecast:
    """A curve that is asked for one probability for all."""

    curve: SurvivalCurve

    def p_order(self, days: float) -> Floats:
        return self.curve.p_order(days)

    def n_expected(self, days: float) -> Floats:
        return self.curve.n_expected(days)

    def wait(self, probability: float) -> Floats:
        return self.curve.wait(np.full(len(self.curve.staying), probability))


def interval(speaking: ChanceModel, never: float) -> Floats:
    """Return customers x 3: the days to the start of the 80 % interval, the median, its end.

    Where the end is more than ``never`` days ahead the interval has none, and begins at a fifth.
    """
    middle, late = speaking.wait(MIDDLE), speaking.wait(LATE)
    late = np.where(late > never, np.inf, late)
    soon = np.where(np.isfinite(late), speaking.wait(SOON), speaking.wait(SOON_WITHOUT_END))
    return np.stack([soon, middle, late], axis=1)


def _reach(speaking: ChanceModel, probability: float) -> float:
    """Return when the mean of the customers reaches ``probability``, by bisection."""
    low, high = 0.0, NEVER_DAYS
    if speaking.p_order(high).mean() < probability:
        return float("inf")
    for _ in range(40):
        middle = (low + high) / 2
        reached = speaking.p_order(middle).mean() >= probability
        low, high = (low, middle) if reached else (middle, high)
    return high
