"""Training rows: what was known at past instants, and what was bought in the time after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.recommend.grouped_arrays import distinct
from xenorec.recommend.product_popularity import count_popularity
from xenorec.recommend.ranker.pair_features import CandidatePairs
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import microseconds

RARE, ROUNDS = 0.02, 12
"""The least share of a row not bought, and how often the others are set right by it."""


@dataclass(frozen=True)
class TrainingOrigin:
    """A past instant: the shop as it was then, and the keys of what was bought afterwards.

    ``then`` holds sorted numbers customer * number of products + product.
    """

    shop: ShopData
    then: Ints

    @property
    def n_bought(self) -> Ints:
        """How many different products each customer bought afterwards."""
        n = len(self.shop.purchases.customers)
        return np.bincount(self.then // self.shop.n_products, minlength=n).astype(np.int64)


@dataclass(frozen=True)
class TrainingRows:
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
    """How many origins and customers, and how many rows not bought for each one bought.

    Where it is known which rows are likely, ``n_likely`` of them do as well as ``n_negatives``.
    """

    n_origins: int = 6
    n_customers: int = 20_000
    n_negatives: float = 8.0
    n_likely: float = 4.0
    least: int = 300
    spacing: float = 1.0
    power: float = 0.5

    def shares(self, bought: Bools, worth: Floats | None = None) -> Floats:
        """Return how probably each row is taken if it was not bought.

        In proportion to ``worth`` (Horvitz and Thompson 1952), but no less than ``RARE``.
        """
        n_bought, n_not = int(bought.sum()), int((~bought).sum())
        if worth is None:
            return np.full(len(bought), min(1.0, self.n_negatives * n_bought / max(n_not, 1)))
        wanted, scale = self.n_likely * n_bought, 1.0
        for _ in range(ROUNDS if wanted < n_not else 0):
            scale *= wanted / max(float(np.clip(scale * worth[~bought], RARE, 1).sum()), 1e-9)
        return np.clip(scale * worth, RARE, 1.0) if wanted < n_not else np.ones(len(bought))


def origins(shop: ShopData, within: timedelta, sampling: Sampling) -> Iterator[TrainingOrigin]:
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
        yield TrainingOrigin(as_was, distinct(key))


def sample_rows(
    origin: TrainingOrigin,
    customer: Ints,
    pairs: CandidatePairs,
    describe: Callable[[CandidatePairs], Mapping[str, Singles]],
    sampling: Sampling,
    worth: Floats | None = None,
) -> TrainingRows:
    """Return rows of ``pairs`` (of ``customer``): all that were bought and some that were not.

    ``worth``: how likely each is to be bought, as a glance tells; the likely ones teach most.
    """
    key = customer[pairs.asked] * origin.shop.n_products + pairs.product
    bought, n_bought = np.isin(key, origin.then), origin.n_bought[customer[pairs.asked]]
    chance = origin.shop.purchases.chance(customer[pairs.asked], pairs.product)
    return draw_rows(pairs, bought, n_bought, chance, describe, sampling, worth)


def draw_rows(
    pairs: CandidatePairs,
    bought: Bools,
    n_bought: Ints,
    chance: Floats,
    describe: Callable[[CandidatePairs], Mapping[str, Singles]],
    sampling: Sampling,
    worth: Floats | None = None,
) -> TrainingRows:
    """Return rows of the pairs that were bought, and of the others where ``chance`` is low.

    ``n_bought``: how many different products the customer of each pair bought.
    """
    share = sampling.shares(bought, worth)
    picked = np.flatnonzero(bought | (chance < share))
    bought, n_bought = bought[picked], n_bought[picked]
    weight = np.where(bought, 1.0, 1 / np.maximum(share[picked], 1e-9))
    emphasis = np.where(n_bought > 0, weight / np.maximum(n_bought, 1) ** sampling.power, 0.0)
    return TrainingRows(describe(pairs.take(picked)), bought, weight, emphasis)


def stack(parts: Sequence[TrainingRows]) -> TrainingRows:
    """Return the rows of several origins as one."""
    return TrainingRows(
        {name: np.concatenate([part.found[name] for part in parts]) for name in parts[0].found},
        np.concatenate([part.bought for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.emphasis for part in parts]),
    )
