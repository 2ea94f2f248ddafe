"""Training rows: what was known at past instants, and what was bought in the time after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.modeling.landmarks import TrainingSet, landmarks
from xenorec.recommend.grouped_arrays import distinct
from xenorec.recommend.product_popularity import count_popularity
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.recommend.ranker.pair_features import CandidatePairs
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import microseconds

RARE, ROUNDS = 0.02, 12
"""The least share of a row not bought, and how often the others are set right by it."""


@dataclass(frozen=True, eq=False)
class ShopLandmark:
    """The shop at a past instant, who is asked about, and what each of them bought afterwards.

    ``held``: sorted numbers: position among the asked * number of products + product. Where each
    is asked about an instant of their own, it is ``before``, and ``past`` the purchases read of it.
    """

    shop: ShopData
    customer: Ints
    held: Ints
    past: PurchaseMatrix | None = None
    before: Ints | None = None

    @property
    def n_held(self) -> Ints:
        """How many different products each of the asked bought afterwards."""
        n = len(self.customer)
        return np.bincount(self.held // self.shop.n_products, minlength=n).astype(np.int64)


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


def past_instants(
    purchases: PurchaseMatrix, length: int, *, most: int, spacing: float = 1.0
) -> Iterator[tuple[int, PurchaseMatrix]]:
    """Yield past instants and the purchases until then, the latest ``length`` before the end.

    At least twice ``length`` and a third of all time lies before each.
    """
    end = microseconds(purchases.as_of)
    earliest = purchases.since + max(2 * length, (end - purchases.since) // 3)
    for at in landmarks(end - length, step=spacing * length, earliest=earliest, most=most):
        yield int(at), purchases.until(int(at))


def shop_at(shop: ShopData, past: PurchaseMatrix) -> ShopData:
    """Return the shop as it was when the past ended."""
    return replace(shop, purchases=past, popularity=count_popularity(past))


def shop_landmarks(
    shop: ShopData,
    within: timedelta,
    sampling: Sampling,
    customers_of: Callable[[ShopData], Ints],
) -> Iterator[ShopLandmark]:
    """Yield the shop at past instants, the latest first, none closer than ``within`` to the end."""
    purchases, length = shop.purchases, microseconds(within)
    n_origins, spacing = sampling.n_origins, sampling.spacing
    for at, past in past_instants(purchases, length, most=n_origins, spacing=spacing):
        as_was = shop_at(shop, past)
        customer = customers_of(as_was)
        place = np.full(len(purchases.customers), -1, dtype=np.int64)
        place[customer] = np.arange(len(customer))
        later = (purchases.at > at) & (purchases.at <= at + length)
        later &= place[purchases.customer] >= 0
        key = place[purchases.customer[later]] * shop.n_products + purchases.product[later]
        yield ShopLandmark(as_was, customer, distinct(key))


def sample_rows(
    landmark: ShopLandmark,
    pairs: CandidatePairs,
    describe: Callable[[CandidatePairs], Mapping[str, Singles]],
    sampling: Sampling,
    worth: Floats | None = None,
) -> TrainingSet:
    """Return rows of the pairs that were bought, and of some of those that were not.

    ``worth``: how likely each is to be bought, as a glance tells; the likely ones teach most. The
    ``weight`` undoes the sampling of what was not bought; ``emphasis`` also gives customers who
    bought much less than their number, and nothing to those who did not buy at all.
    """
    key = pairs.asked * landmark.shop.n_products + pairs.product
    bought, n_bought = np.isin(key, landmark.held), landmark.n_held[pairs.asked]
    purchases = landmark.shop.purchases if landmark.past is None else landmark.past
    chance = purchases.chance(landmark.customer[pairs.asked], pairs.product)
    share = sampling.shares(bought, worth)
    picked = np.flatnonzero(bought | (chance < share))
    bought, n_bought = bought[picked], n_bought[picked]
    weight = np.where(bought, 1.0, 1 / np.maximum(share[picked], 1e-9))
    emphasis = np.where(n_bought > 0, weight / np.maximum(n_bought, 1) ** sampling.power, 0.0)
    return TrainingSet(describe(pairs.take(picked)), bought, weight, {"emphasis": emphasis})
