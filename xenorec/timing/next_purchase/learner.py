"""Learner: boosted hazards, learned at past instants and held against the latest days.

The probability model and the learner are put together on the scale of log-odds, with the share
that did best on days that neither had seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xenorec.boosting import Boosting, Model, fit_model
from xenorec.numbers import Bools, Floats, Singles
from xenorec.timing.evaluation.scores import log_loss
from xenorec.timing.next_purchase.periods import N_PERIODS, Ahead, rows_seen
from xenorec.timing.next_purchase.purchase_model import PurchaseModel
from xenorec.timing.next_purchase.visits import Visits

BOOSTING = Boosting(n_trees=150, learning_rate=0.08, n_leaves=10, least=80, features=0.3)
STEP = 7.0
"""Days between the past instants: whole weeks, so that all stand at the same weekday."""
WARM_UP = 28.0
"""Days of the shop before the first instant that is learned from."""
MOST_ROWS = 200_000
HALF_LIFE = 120.0
"""Days after which a past instant teaches half as much."""
CHECK_DAYS = 28.0
"""The latest days, which tell how far the learner is trusted."""
LEAST_VISITS = 5_000
"""Visits that a shop must have had before anything is learned from them."""
MOST_CHECKED = 20_000
"""Customers who tell how far the learner is trusted."""
GOLDEN = 0.6180339887498949
"""Spreads chance anew at each instant, so that each has other customers."""
LOGIT = 13.8
SHIFTED, MOST_SHIFT = 0.5, 1.0
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


class Lessons(NamedTuple):
    """Rows to learn from: features by name, whether there was a visit, and what a row counts."""

    found: dict[str, Singles]
    visited: Bools
    weight: Floats
    plain: Floats


@dataclass(frozen=True)
class Learner:
    """Boosted hazards and the ``share`` they have in the answer beside the probability model.

    ``shift``: what is added to the log-odds, half of what the latest days asked for, as a level
    goes up and down. ``gain``: by how many nats a stretch of the latest days was told better
    than by the probability model alone.
    """

    model: Model
    share: float
    shift: float
    gain: float

    def hazards(self, ahead: Ahead) -> Floats:
        """Return customers x stretches: the chance of a visit, given none before."""
        n = len(ahead)
        customer, period = np.repeat(np.arange(n), N_PERIODS), np.tile(np.arange(N_PERIODS), n)
        margin = self.model.margin(ahead.features(customer, period), {"own": customer})
        odds = self.share * margin + (1 - self.share) * _log_odds(ahead.plain.ravel())
        return sigmoid(odds + self.shift).reshape(n, N_PERIODS)


def learn(visits: Visits, now: float, model: PurchaseModel, chance: Floats) -> Learner | None:
    """Return a learner, or None where the shop has shown too little.

    ``chance``: one number in [0, 1) per customer; of a large shop those with the lowest are
    learned from. The share is what tells best the stretches after ``now`` minus ``CHECK_DAYS``
    by a learner that has seen nothing later.
    """
    if len(visits.at) < LEAST_VISITS:
        return None
    cut = now - CHECK_DAYS
    earlier, everything = (lessons(visits, at, model, chance) for at in (cut, now))
    if earlier is None or everything is None:
        return None
    who = np.flatnonzero(
        (visits.at[visits.bounds[:-1]] <= cut) & (chance < MOST_CHECKED / len(visits))
    )
    held = _look(visits.take(who), cut, now, model)
    return Learner(fit_lessons(everything), *_trust(held, fit_lessons(earlier)))


def fit_lessons(lessons: Lessons) -> Model:
    """Return the boosted hazards."""
    return fit_model(lessons.found, lessons.visited, lessons.weight, BOOSTING)


def lessons(visits: Visits, now: float, model: PurchaseModel, chance: Floats) -> Lessons | None:
    """Return the rows that could be seen at ``now`` from past instants; None without any visit."""
    instants = np.arange(now - STEP, float(visits.at.min()) + WARM_UP, -STEP)
    first, part = visits.at[visits.bounds[:-1]], _part(visits, instants, now, chance)
    looks = []
    for at in instants.tolist():
        who = np.flatnonzero((first <= at) & ((chance + at * GOLDEN) % 1.0 < part))
        if len(who):
            looks.append(_look(visits.take(who), at, now, model))
    if not any(look.visited.any() for look in looks):
        return None
    found = {name: np.concatenate([look.found[name] for look in looks]) for name in looks[0].found}
    others = (np.concatenate(parts) for parts in zip(*(look[1:] for look in looks), strict=True))
    return Lessons(found, *others)


def _part(visits: Visits, instants: Floats, now: float, chance: Floats) -> float:
    """Return the share of the customers that gives ``MOST_ROWS`` rows, told from a few of them."""
    few = np.flatnonzero(chance < MOST_CHECKED / len(visits))
    some = visits.take(few)
    first, n_rows = some.at[some.bounds[:-1]], 0
    for at in instants.tolist():
        known = some.take(np.flatnonzero(first <= at))
        n_rows += len(rows_seen(_wait(known, at, now), now - at)[0])
    return MOST_ROWS / max(n_rows * len(visits) / max(len(few), 1), 1.0)


def _wait(visits: Visits, at: float, now: float) -> Floats:
    """Return the days to each next visit; inf where it comes after ``now``."""
    wait = visits.next_after(at)
    wait[wait > now - at] = np.inf
    return wait


def _look(visits: Visits, at: float, now: float, model: PurchaseModel) -> Lessons:
    """Return the rows of customers who are all known at the instant."""
    customer, period, visited = rows_seen(_wait(visits, at, now), now - at)
    ahead = Ahead(visits.until(at)[1], at, model)
    weight = np.full(len(customer), 0.5 ** ((now - at) / HALF_LIFE))
    return Lessons(ahead.features(customer, period), visited, weight, ahead.plain[customer, period])


def _trust(held: Lessons, model: Model) -> tuple[float, float, float]:
    """Return the share of the learner and the shift that tell ``held`` best, and the gain.

    The gain is over the probability model alone, in nats a row.
    """
    margin, plain = model.margin(held.found), _log_odds(held.plain)
    visited = held.visited.astype(np.float64)
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


def sigmoid(odds: Floats) -> Floats:
    """Return the probability of log-odds, kept away from 0 and 1."""
    p: Floats = 1 / (1 + np.exp(-np.clip(odds, -LOGIT, LOGIT)))
    return p
