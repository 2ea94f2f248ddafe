"""Feature distribution: how the features of a ranker's candidates are distributed at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.recommend.grouped_arrays import mixed
from xenorec.recommend.ranker.two_stage_ranker import RankingStage, TwoStageRanker

STAGES: Mapping[str, bool] = {"repeat": True, "discovery": False}
"""The stages of a ranker, and whether their candidates are what the customer had bought."""

CUSTOMERS = 1_000
"""Customers whose candidates are looked at: of more, those with the least chance."""

N_PARTS = 10
OF_PRODUCTS = "shop_"
"""Features of this name have one value per product, whoever is asked about."""


@dataclass(frozen=True, eq=False)
class CandidateFeatures:
    """The features of what a stage has to judge, of how many customers and products."""

    found: Mapping[str, Singles]
    n_customers: int
    n_products: int

    def n_units(self, name: str) -> int:
        """Return how many values of a feature are independent of each other, at least."""
        return self.n_products if name.startswith(OF_PRODUCTS) else self.n_customers


@dataclass(frozen=True, eq=False)
class FeatureDistribution:
    """Features x ``edges`` (the nine deciles of what is known), and features x ``shares``.

    A share is that of the candidates above one decile and up to the next; the last one is of those
    for which the feature is not known. ``n_units``: how many independent values there were.
    """

    names: tuple[str, ...]
    edges: Floats
    shares: Floats
    n_units: Ints

    @classmethod
    def of(cls, names: tuple[str, ...], candidates: CandidateFeatures) -> FeatureDistribution:
        """Return the spread of some features over the candidates."""
        values = [candidates.found[name] for name in names]
        edges = np.array([_deciles(of) for of in values])
        return cls(
            names,
            edges,
            np.array([shares(of, at) for of, at in zip(values, edges, strict=True)]),
            np.array([candidates.n_units(name) for name in names], dtype=np.int64),
        )


def shares(values: Singles, edges: Floats) -> Floats:
    """Return the share of the values in each part that the edges make, and of NaN, last."""
    known = values[~np.isnan(values)].astype(np.float64)
    part = np.searchsorted(edges, known, side="left")
    counted = np.append(np.bincount(part, minlength=N_PARTS), len(values) - len(known))
    return counted / max(len(values), 1)


def stages_of(ranker: TwoStageRanker) -> dict[str, RankingStage]:
    """Return the stages that were learned, by name."""
    found: dict[str, RankingStage | None] = {name: getattr(ranker, f"{name}_") for name in STAGES}
    return {name: stage for name, stage in found.items() if stage is not None}


def candidates_of(ranker: TwoStageRanker) -> dict[str, CandidateFeatures]:
    """Return what each learned stage has to judge now, of some of the customers with orders."""
    stages = stages_of(ranker)
    if not stages:
        return {}
    bare = copy(ranker)  # no stage is asked: its features may be missing, and none is needed
    bare.repeat_ = bare.discovery_ = None
    shop = ranker.view_.shop
    customer = _some(np.unique(shop.purchases.orders.customer))
    ranked = bare.score(customer, shop.is_allowed)
    return {
        name: _candidates(ranked.found, ranked.asked, ranked.product, ranked.is_own == is_own)
        for name, is_own in STAGES.items()
        if name in stages
    }


def spreads_of(ranker: TwoStageRanker) -> dict[str, FeatureDistribution]:
    """Return the spread of the features that each learned stage reads, over the candidates now."""
    now, stages = candidates_of(ranker), stages_of(ranker)
    return {
        name: FeatureDistribution.of(stage.model.names, now[name]) for name, stage in stages.items()
    }


def _candidates(
    found: Mapping[str, Singles], asked: Ints, product: Ints, rows: Bools
) -> CandidateFeatures:
    return CandidateFeatures(
        {name: values[rows] for name, values in found.items()},
        len(np.unique(asked[rows])),
        len(np.unique(product[rows])),
    )


def _some(customers: Ints) -> Ints:
    chance = mixed(customers)
    return np.sort(customers[np.argsort(chance, kind="stable")[:CUSTOMERS]]).astype(np.int64)


def _deciles(values: Singles) -> Floats:
    """Return the nine deciles, each half-way to the next value: what hardly moves stays below."""
    known = np.unique(values[~np.isnan(values)]).astype(np.float64)
    if not len(known):
        return np.full(N_PARTS - 1, np.nan)
    share = np.arange(1, N_PARTS) / N_PARTS
    at = np.searchsorted(known, np.nanquantile(values, share, method="lower"))
    edges: Floats = (known[at] + known[np.minimum(at + 1, len(known) - 1)]) / 2
    return edges
