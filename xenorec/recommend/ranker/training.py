"""Training rows: what was known at past instants, and what was bought in the time after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from xenorec.instants import microseconds
from xenorec.numbers import Bools, Floats, Ints, Singles
from xenorec.recommend.arrays import distinct
from xenorec.recommend.popularity import count_popularity
from xenorec.recommend.ranker.features import Pairs
from xenorec.recommend.shop import Shop


@dataclass(frozen=True)
class Origin:
    """A past instant: the shop as it was then, and the keys of what was bought afterwards.

    ``then`` holds sorted numbers customer * number of products + product.
    """

    shop: Shop
    then: Ints

    @property
    def n_bought(self) -> Ints:
        """How many different products each customer bought afterwards."""
        n = len(self.shop.purchases.customers)
        return np.bincount(self.then // self.shop.n_products, minlength=n).astype(np.int64)


@dataclass(frozen=True)
class Rows:
    """Training rows: the features of pairs, whether they were bought, and two weights.

    ``weight`` undoes the sampling of what was not bought; ``emphasis`` also gives customers who
    bought much less than their number, and nothing to those who did not buy at all.
    """

    found: Mapping[str, Singles]
    bought: Bools
    weight: Floats
    emphasis: Floats


@dataclass(frozen=True)
class Sampling:
    """How many origins and customers, and how many rows not bought for each one bought."""

    n_origins: int = 6
    n_customers: int = 20_000
    n_negatives: float = 8.0
    least: int = 300
    spacing: float = 1.0
    power: float = 0.5


def origins(shop: Shop, within: timedelta, sampling: Sampling) -> Iterator[Origin]:
    """Yield the shop at past instants, the latest first, none closer than ``within`` to the end.

    At least twice ``within`` and a third of all time lies before each.
    """
    purchases = shop.purchases
    end, length = microseconds(purchases.as_of), microseconds(within)
    earliest = purchases.since + max(2 * length, (end - purchases.since) // 3)
    for number in range(sampling.n_origins):
        at = end - length - int(number * sampling.spacing * length)
        if at < earliest:
            return
        past = purchases.until(at)
        later = (purchases.at > at) & (purchases.at <= at + length)
        key = purchases.customer[later] * shop.n_products + purchases.product[later]
        as_was = replace(shop, purchases=past, popularity=count_popularity(past))
        yield Origin(as_was, distinct(key))


def sample_rows(
    origin: Origin,
    customer: Ints,
    pairs: Pairs,
    describe: Callable[[Pairs], Mapping[str, Singles]],
    sampling: Sampling,
) -> Rows:
    """Return rows of ``pairs`` (of ``customer``): all that were bought and some that were not."""
    key = customer[pairs.asked] * origin.shop.n_products + pairs.product
    bought, n_bought = np.isin(key, origin.then), origin.n_bought[customer[pairs.asked]]
    return draw_rows(pairs, bought, n_bought, mixed(key), describe, sampling)


def draw_rows(
    pairs: Pairs,
    bought: Bools,
    n_bought: Ints,
    chance: Floats,
    describe: Callable[[Pairs], Mapping[str, Singles]],
    sampling: Sampling,
) -> Rows:
    """Return rows of the pairs that were bought, and of the others where ``chance`` is low.

    ``n_bought``: how many different products the customer of each pair bought.
    """
    share = min(1.0, sampling.n_negatives * bought.sum() / max((~bought).sum(), 1))
    picked = np.flatnonzero(bought | (chance < share))
    bought, n_bought = bought[picked], n_bought[picked]
    weight = np.where(bought, 1.0, 1 / max(share, 1e-9))
    emphasis = np.where(n_bought > 0, weight / np.maximum(n_bought, 1) ** sampling.power, 0.0)
    return Rows(describe(pairs.take(picked)), bought, weight, emphasis)


def stack(parts: Sequence[Rows]) -> Rows:
    """Return the rows of several origins as one."""
    return Rows(
        {name: np.concatenate([part.found[name] for part in parts]) for name in parts[0].found},
        np.concatenate([part.bought for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.emphasis for part in parts]),
    )


def mixed(key: Ints) -> Floats:
    """Return a number in [0, 1) that depends on each key alone (SplitMix64, Steele et al. 2014)."""
    z = key.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return np.asarray((z >> np.uint64(11)).astype(np.float64) / 2.0**53)
