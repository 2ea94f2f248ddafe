"""Hazard learner: boosted hazards, learned at past instants and held against the latest days.

The probability model and the learner are put together on the scale of log-odds, with the share
that did best on days that neither had seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.modeling.boosting import BoostedModel, BoostingSettings, sigmoid
from xenorec.modeling.landmarks import TrainingSet, chance_at, landmarks
from xenorec.modeling.metrics.probability_metrics import log_loss
from xenorec.modeling.parallel import in_threads
from xenorec.timing.next_purchase.hazard_intervals import (
    EDGES,
    N_PERIODS,
    HazardIntervals,
    rows_seen,
)
from xenorec.timing.next_purchase.order_days import OrderDays
from xenorec.timing.next_purchase.purchase_model import PurchaseModel

BOOSTING = BoostingSettings(n_trees=400, learning_rate=0.035, n_leaves=8, least=80, features=0.3)
STEP = 7.0
"""Days between the past instants: whole weeks, so that all stand at the same weekday."""
WARM_UP = 28.0
"""Days of the shop before the first instant that is learned from."""
MOST_ROWS = 200_000
HALF_LIFE = 120.0
"""Days after which a past instant teaches half as much."""
CHECK_DAYS = 28.0
"""The latest days, which tell how far the learner is trusted."""
MOST_LATER = 0.25
"""The most that it is trusted with the days after those: its shop may be another by then."""
LEAST_VISITS = 5_000
"""Visits that a shop must have had before anything is learned from them."""
MOST_CHECKED = 20_000
"""Customers who tell how far the learner is trusted."""
OTHER_BITS = 65536.0
SHIFTED, MOST_SHIFT = 0.25, 1.0
MOST_OFF, FURTHEST = 0.05, 14.0
"""How far the share that orders may be off the probability model's, in all; and in log-odds.

On the development windows 0 to 5 % tell equally well, and more tells worse over a Christmas
(``tests.bench.bench_learner_bound``).
"""
HELD = 0.1
"""Log-odds from which on being held is worth a word."""
MOST_PAIRS = 500_000
"""Pairs of customer and past instant that are learned from."""
LEAST_PART = 0.02
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class HazardLearner:
    """Boosted hazards and the ``share`` they have in the answer beside the probability model.

    In stretches that begin after ``CHECK_DAYS`` the share is ``MOST_LATER`` at the most.

    ``shift``: what is added to the log-odds, a quarter of what the latest days asked for: a level
    goes up and comes down. ``gain``: by how many nats a stretch of the latest days was told better
    than by the probability model alone.

    ``level``: what is added in each stretch, so that as many customers order in all as the
    probability model expects, but for ``MOST_OFF``. The latest days tell who comes sooner than
    others; how many come in another season they cannot tell.
    """

    model: BoostedModel
    share: float
    shift: float
    gain: float
    level: Floats

    @property
    def is_held(self) -> bool:
        """Whether it would have expected more or fewer orders in all than it may."""
        return bool((np.abs(self.level) > HELD).any())

    def hazards(self, ahead: HazardIntervals) -> Floats:
        """Return customers x stretches: the chance of a visit, given none before."""
        return sigmoid(self.odds(ahead) + self.level)

    def odds(self, ahead: HazardIntervals) -> Floats:
        """Return the same as log-odds, before the level is held."""
        n = len(ahead)
        customer, period = np.repeat(np.arange(n), N_PERIODS), np.tile(np.arange(N_PERIODS), n)
        margin = self.model.margin(ahead.features(customer, period), {"own": customer})
        is_later = EDGES[period] >= CHECK_DAYS
        share = np.where(is_later, min(self.share, MOST_LATER), self.share)
        odds = share * margin + (1 - share) * _log_odds(ahead.plain.ravel())
        return (odds + self.shift).reshape(n, N_PERIODS)


def learn(
    visits: OrderDays, now: float, model: PurchaseModel, chance: Floats
) -> HazardLearner | None:
    """Return a learner, or None where the shop has shown too little.

    ``chance``: one number in [0, 1) per customer; of a large shop those with the lowest are
    learned from. The share is what tells best the stretches after ``now`` minus ``CHECK_DAYS``
    by a learner that has seen nothing later.
    """
    if len(visits.at) < LEAST_VISITS:
        return None
    cut = now - CHECK_DAYS
    shop = HazardHistory(visits, model, chance)
    earlier, everything = in_threads(shop.training_set, (cut, now))
    if earlier is None or everything is None:
        return None
    few = chance < MOST_CHECKED / len(visits)
    latest = shop.rows(cut, np.flatnonzero((shop.first <= cut) & few), now, 1.0)
    past, current = in_threads(lambda rows: rows.fit(BOOSTING), (earlier, everything))
    free = HazardLearner(current, *_trust(latest, past), np.zeros(N_PERIODS))
    return held_to(free, HazardIntervals(visits.take(np.flatnonzero(few)), now, model))


def held_to(learner: HazardLearner, ahead: HazardIntervals) -> HazardLearner:
    """Return the learner with its level held, on the mean of customers as they are now.

    The mean chance of an order up to each edge is ``MOST_OFF`` at the most off the probability
    model's, as a share of that one.
    """
    odds, level = learner.odds(ahead), np.zeros(N_PERIODS)
    plain = np.cumprod(1 - ahead.plain, axis=1)
    staying = np.ones(len(ahead))
    for period in range(N_PERIODS if len(ahead) else 0):
        here, mean = odds[:, period], 1 - float(plain[:, period].mean())
        level[period] = _shift_between(here, staying, mean / (1 + MOST_OFF), mean * (1 + MOST_OFF))
        staying = staying * (1 - sigmoid(here + level[period]))
    return replace(learner, level=level)


def _shift_between(odds: Floats, staying: Floats, least: float, most: float) -> float:
    """Return what must be added to the log-odds of a stretch for its end to lie between two."""

    def ordered(shift: float) -> float:
        return 1 - float((staying * (1 - sigmoid(odds + shift))).mean())

    free = ordered(0.0)
    if least <= free <= most:
        return 0.0
    low, high, goal = -FURTHEST, FURTHEST, float(np.clip(free, least, most))
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if ordered(middle) > goal else (middle, high)
    return (low + high) / 2


@dataclass(frozen=True, eq=False)
class HazardHistory:
    """A shop's visits, the probability model beside, and a number in [0, 1) per customer."""

    visits: OrderDays
    model: PurchaseModel
    chance: Floats

    @property
    def first(self) -> Floats:
        """The day of each customer's first visit."""
        first: Floats = self.visits.at[self.visits.bounds[:-1]]
        return first

    def training_set(self, now: float) -> TrainingSet | None:
        """Return the rows that could be seen at ``now`` from landmarks; None without any visit.

        All stretches with a visit, and as many without one as make ``MOST_ROWS``, which count more
        in return (case-control sampling; King and Zeng 2001).
        """
        chosen = list(self._customers_at_landmarks(now))
        part = self._part(chosen, now)
        if part is None:
            return None
        return TrainingSet.concatenate([self.rows(at, who, now, part) for at, who in chosen])

    def rows(self, at: float, who: Ints, now: float, part: float) -> TrainingSet:
        """Return the rows of customers who are all known at the landmark.

        ``plain`` among the others is what the probability model says.
        """
        some = self.visits.take(who)
        customer, period, visited = rows_seen(_wait(some, at, now), now - at)
        # which rows are kept has nothing to do with who is looked at
        other = self.chance[who] * OTHER_BITS % 1.0
        spread = chance_at(other[customer], at + period.astype(np.float64))
        kept = visited | (spread < part)
        customer, period, visited = customer[kept], period[kept], visited[kept]
        ahead = HazardIntervals(some.until(at)[1], at, self.model)
        weight = np.where(visited, 1.0, 1 / part) * 0.5 ** ((now - at) / HALF_LIFE)
        plain = {"plain": ahead.plain[customer, period]}
        return TrainingSet(ahead.features(customer, period), visited, weight, plain)

    def _customers_at_landmarks(self, now: float) -> Iterator[tuple[float, Ints]]:
        """Yield the landmarks, and who is looked at: all who are known, or others each time."""
        earliest = np.nextafter(float(self.visits.at.min()) + WARM_UP, np.inf)
        instants = landmarks(now - STEP, step=STEP, earliest=earliest)
        n_known = sum(int((self.first <= at).sum()) for at in instants)
        part = MOST_PAIRS / max(n_known, 1)
        for at in instants:
            who = np.flatnonzero((self.first <= at) & (chance_at(self.chance, at) < part))
            if len(who):
                yield at, who

    def _part(self, chosen: list[tuple[float, Ints]], now: float) -> float | None:
        """Return the share of stretches without a visit to learn from; None for no visit."""
        n_visits, n_rows = 0, 0
        for at, who in chosen:
            visited = rows_seen(_wait(self.visits.take(who), at, now), now - at)[2]
            n_visits, n_rows = n_visits + int(visited.sum()), n_rows + len(visited)
        if not n_visits:
            return None
        return float(np.clip((MOST_ROWS - n_visits) / max(n_rows - n_visits, 1), LEAST_PART, 1.0))


def _wait(visits: OrderDays, at: float, now: float) -> Floats:
    """Return the days to each next visit; inf where it comes after ``now``."""
    wait = visits.next_after(at)
    wait[wait > now - at] = np.inf
    return wait


def _trust(latest: TrainingSet, model: BoostedModel) -> tuple[float, float, float]:
    """Return the share of the learner and the shift that tell ``latest`` best, and the gain.

    The gain is over the probability model alone, in nats a row.
    """
    margin, plain = model.margin(latest.features), _log_odds(latest.others["plain"])
    visited = latest.label.astype(np.float64)
    tried = []
    for share in SHARES:
        odds = share * margin + (1 - share) * plain
        shift = _level(odds, visited)
        tried.append((log_loss(sigmoid(odds + shift), visited), share, shift))
    loss, share, shift = min(tried)
    return share, shift * SHIFTED, log_loss(sigmoid(plain), visited) - loss


def _level(odds: Floats, visited: Floats) -> float:
    """Return what must be added to the log-odds for the expected visits to be those seen."""
    low, high = -MOST_SHIFT, MOST_SHIFT
    for _ in range(40):
        middle = (low + high) / 2
        is_high = sigmoid(odds + middle).sum() > visited.sum()
        low, high = (low, middle) if is_high else (middle, high)
    return (low + high) / 2


def _log_odds(p: Floats) -> Floats:
    odds: Floats = np.log(p / (1 - p))
    return odds
