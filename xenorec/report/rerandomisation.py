"""Re-randomisation: what the difference between two arms would be had chance drawn other arms.

The statistic is the difference in means over its standard error, each arm with its own variance
(Chung and Romano 2013; Wu and Ding 2021). Its distribution comes from drawing arms of the same
sizes anew (Fisher 1935), so it is right for skewed amounts and for a control that is a small share
of all, where Student's is not. Both tails count alike: the two-sided p-value is twice the smaller
one, draws that tie with what was seen count half. The interval is studentised with the same
distribution, like that of a bootstrap-t (Efron 1981) whose draws are all customers and not those
of the small arm alone; so it never contradicts the p-value.

Where both arms are large, the distribution is known without a draw: Student's, corrected for
skewness (Hall 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xenorec.array_types import Bools, Floats
from xenorec.hash_uniform import uniform
from xenorec.report.effect_estimate import EffectEstimate

DRAWS = 4_000
"""How many arms are drawn anew."""
SHUFFLED = 3_000_000
SHUFFLES = (8, 40)
"""How many customers are shuffled for them, and how often at least and at most."""
BLOCKS = 64
"""Where more shuffles were needed, several draws are made of each, by blocks of customers: at least
so many blocks make the smaller arm."""
AT_ONCE = 100_000
"""How many customers are shuffled in one step."""
LARGE, SKEWED, HEAVY = 500, 0.05, 0.02
"""An arm is large from so many customers on, with no more skewness and excess of its mean."""
TINY, FLOOR = 1e-9, 1e-12
"""What rounding leaves of a number, and the least variance of a difference."""
NEXT = 1e-6
"""How far below a statistic that is rejected the interval ends, where it would end with it."""


@dataclass(frozen=True)
class Rerandomisation:
    """Columns of numbers, one row per customer in an order that the arms do not change.

    Each column is in a unit in which it scatters by about 1. ``seed``: of the draws, which
    besides depend on who is in the smaller arm.
    """

    columns: Floats
    is_treated: Bools
    seed: str

    def effect(self, column: int, *, level: float) -> EffectEstimate:
        """Return the difference of a column between the arms: treated minus control."""
        gap, variance = float(self._gaps[0, column]), float(self._variances[0, column])
        error = float(np.sqrt(max(variance, FLOOR)))
        p_value, low, high = self._judged(column, gap / error, 1 - level)
        estimate, ci_low, ci_high = map(_clean, (gap, gap - high * error, gap - low * error))
        return EffectEstimate(estimate, ci_low, ci_high, p_value, variance)

    def p_value(self, column: int) -> float:
        """Return the two-sided p-value of a difference of a column between the arms."""
        return self.effect(column, level=0.5).p_value

    def _judged(self, column: int, seen: float, alpha: float) -> tuple[float, float, float]:
        """Return the p-value of a statistic, and between which ones none is rejected."""
        limit = self._limits[column]
        if limit is not None:
            return (limit.p_value(seen), *limit.kept(alpha))
        errors = np.sqrt(np.maximum(self._variances[1:, column], FLOOR))
        ranked = RankedStatistics.of(self._gaps[1:, column] / errors)
        return (ranked.p_value(seen), *ranked.kept(alpha))

    @cached_property
    def _smaller(self) -> Bools:
        """The smaller arm; of equal ones that of the first customer, whatever it is called."""
        n_treated, n = int(self.is_treated.sum()), len(self.is_treated)
        is_it = 2 * n_treated < n or (2 * n_treated == n and bool(self.is_treated[0]))
        return self.is_treated if is_it else ~self.is_treated

    @cached_property
    def _centred(self) -> Floats:
        centred: Floats = self.columns - self.columns.mean(axis=0)
        return centred

    @cached_property
    def _sums(self) -> tuple[Floats, Floats]:
        """Sums, and those of squares, over the smaller arm: as it is, then as it might have been.

        The first alone where every column is judged without a draw.
        """
        seen = self._centred[self._smaller]
        drawn = [self._drawn] if None in self._limits else []
        sums = np.vstack([np.hstack([seen.sum(axis=0), (seen**2).sum(axis=0)]), *drawn])
        k = self.columns.shape[1]
        return sums[:, :k], sums[:, k:]

    @cached_property
    def _limits(self) -> tuple[LimitDistribution | None, ...]:
        return tuple(LimitDistribution.of(column, self.is_treated) for column in self.columns.T)

    @property
    def _drawn(self) -> Floats:
        """Draw from a seed of the arms themselves, so that one unlucky draw is not everybody's."""
        arm = np.packbits(self._smaller).tobytes().hex()
        seed = int(uniform(self.seed, str(len(self.columns)), arm) * 2**53)
        return _draws(self._centred, int(self._smaller.sum()), np.random.default_rng(seed))

    @cached_property
    def _gaps(self) -> Floats:
        """Treated minus control: as it is, then as it might have been."""
        n, n_all = int(self._smaller.sum()), len(self.columns)
        sign = 1.0 if self.is_treated[np.argmax(self._smaller)] else -1.0
        return sign * self._sums[0] * (1 / n + 1 / (n_all - n))

    @cached_property
    def _variances(self) -> Floats:
        """Variances of these differences."""
        n, n_all = int(self._smaller.sum()), len(self.columns)
        total, square = self._sums
        own = square - total**2 / n
        other = (self._centred**2).sum(axis=0) - square - total**2 / (n_all - n)
        rest = n_all - n
        found: Floats = np.maximum(own, 0) / n / (n - 1) + np.maximum(other, 0) / rest / (rest - 1)
        return found


@dataclass(frozen=True)
class RankedStatistics:
    """The distinct statistics of the draws in order, and how often each came."""

    values: Floats
    counts: Floats

    @classmethod
    def of(cls, drawn: Floats) -> RankedStatistics:
        """Rank what was drawn; what differs by rounding alone is one value."""
        ranked = np.sort(drawn)
        gaps = np.diff(ranked, prepend=-np.inf)
        starts = np.flatnonzero(gaps > TINY * (1 + np.abs(ranked)))
        counts = np.diff(np.append(starts, len(ranked)))
        return cls(ranked[starts], counts.astype(np.float64))

    def p_value(self, seen: float) -> float:
        """Return twice the smaller tail; what was seen is one draw of its own."""
        slack = TINY * 2 * (1 + abs(seen))
        is_above, is_below = self.values > seen + slack, self.values < seen - slack
        n, above, below = (
            self.counts.sum() + 1,
            *(self.counts[i].sum() for i in (is_above, is_below)),
        )
        equal = n - above - below
        return min(1.0, 2 * float((min(above, below) + equal / 2) / n))

    def kept(self, alpha: float) -> tuple[float, float]:
        """Return the least and the largest statistic that is not rejected at ``alpha``."""
        turned = RankedStatistics(-self.values[::-1], self.counts[::-1])
        return -turned._largest(alpha), self._largest(alpha)

    def _largest(self, alpha: float) -> float:
        """Return the largest that is not rejected: one that was drawn, or just below the next.

        Infinite where so few were drawn that none is rejected.
        """
        n = self.counts.sum() + 1
        above = n - 1 - np.cumsum(self.counts)
        at = int(np.flatnonzero(above + (self.counts + 1) / 2 >= n * alpha / 2)[-1])
        if above[at] + 1 / 2 < n * alpha / 2:
            return float(self.values[at])
        if at + 1 == len(self.values):
            return float(np.inf)
        return float(self.values[at + 1] - NEXT * (1 + abs(self.values[at + 1])))


@dataclass(frozen=True)
class LimitDistribution:
    """The distribution of the statistic where both arms are large.

    ``skewness`` is that of the difference; the cubic of Hall (1992) takes it from the statistic.
    """

    freedom: float
    skewness: float

    @classmethod
    def of(cls, values: Floats, is_treated: Bools) -> LimitDistribution | None:
        """Return the limit, or None where an arm is too small or too uneven for it."""
        arms = [values[is_treated], values[~is_treated]]
        if min(map(len, arms)) < LARGE:
            return None
        arms = [arm - arm.mean() for arm in arms]
        n = np.array([len(arm) for arm in arms], dtype=np.float64)
        second, third, fourth = (
            np.array([float((arm**power).mean()) for arm in arms]) for power in (2, 3, 4)
        )
        error = second / n
        if not (second > 0).all() or (fourth / second**2 / n > HEAVY).any():
            return None
        skewness = float((third / n**2) @ np.array([1.0, -1.0]) / error.sum() ** 1.5)
        if abs(skewness) > SKEWED:
            return None
        return cls(float(error.sum() ** 2 / (error**2 / (n - 1)).sum()), skewness)

    def p_value(self, seen: float) -> float:
        """Return twice the smaller tail."""
        from scipy.special import stdtr

        a = self.skewness
        even = seen + a * seen**2 / 3 + a**2 * seen**3 / 27 + a / 6
        return min(1.0, 2 * float(stdtr(self.freedom, -abs(even))))

    def kept(self, alpha: float) -> tuple[float, float]:
        """Return the least and the largest statistic that is not rejected at ``alpha``."""
        from scipy.special import stdtrit

        z = float(stdtrit(self.freedom, 1 - alpha / 2))
        return self._uneven(-z), self._uneven(z)

    def _uneven(self, even: float) -> float:
        a = self.skewness
        if abs(a) < TINY:
            return even
        return float(3 * (np.cbrt(1 + a * (even - a / 6)) - 1) / a)


def _clean(value: float) -> float:
    """Return zero for what rounding left of it, so that an interval that ends there holds it."""
    return 0.0 if abs(value) < FLOOR else value


def _draws(columns: Floats, n: int, rng: np.random.Generator) -> Floats:
    """Return the sums and those of squares over ``n`` customers drawn at random, a row per draw."""
    size, both = len(columns), np.hstack([columns, columns**2])
    shuffles = -(-DRAWS // (size // n))
    most = int(np.clip(SHUFFLED // size, *SHUFFLES))
    if shuffles <= most or n < 2 * BLOCKS:
        return _groups(both, n, DRAWS, rng)
    each = -(-DRAWS // most)
    found = [_of_blocks(both[rng.permutation(size)], n, each, rng) for _ in range(most)]
    return np.vstack(found)[:DRAWS]


def _of_blocks(shuffled: Floats, n: int, n_draws: int, rng: np.random.Generator) -> Floats:
    """Cut a shuffled list into blocks, and draw many times as many of them as make ``n``."""
    per = n // BLOCKS
    rest = n % per
    blocks = _summed(shuffled[None, rest:], per)[0]
    found: Floats = _groups(blocks, n // per, n_draws, rng) + shuffled[:rest].sum(axis=0)
    return found


def _groups(rows: Floats, n: int, n_draws: int, rng: np.random.Generator) -> Floats:
    """Shuffle the rows and cut them into groups of ``n``, each a draw, until there are enough."""
    size, width = rows.shape
    shuffles = -(-n_draws // (size // n))
    step = max(1, min(shuffles, AT_ONCE // size))
    found = []
    for _ in range(-(-shuffles // step)):
        order = rng.permuted(np.broadcast_to(np.arange(size), (step, size)), axis=1)
        found.append(_summed(rows[order], n).reshape(-1, width))
    return np.vstack(found)[:n_draws]


def _summed(shuffled: Floats, n: int) -> Floats:
    """Return the sums over each ``n`` rows that follow one another, in each of many lists."""
    lists, size, width = shuffled.shape
    whole = shuffled[:, : size // n * n].reshape(lists, size // n, n, width)
    found: Floats = np.einsum("lgnw->lgw", whole)
    return found
