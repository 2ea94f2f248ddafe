"""Two stage ranker: how likely each customer buys each product within the time asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import ClassVar, Self, TypeAlias

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.modeling.boosting import NOTHING_ALIKE, Alike, BoostedModel, BoostingSettings
from xenorec.modeling.calibration import ProbabilityCalibration, fit_calibration
from xenorec.modeling.landmarks import TrainingSet
from xenorec.recommend.grouped_arrays import best_each
from xenorec.recommend.product_popularity import count_popularity
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.recommend.ranker.candidate_generation import (
    merged,
    more_candidates,
    new_candidates,
    own_candidates,
    with_scores,
)
from xenorec.recommend.ranker.customer_features import habits
from xenorec.recommend.ranker.fallback_rules import plain_discovery, plain_repeat
from xenorec.recommend.ranker.pair_features import (
    CandidatePairs,
    CustomerKnowledge,
    alike_in,
    features,
)
from xenorec.recommend.ranker.product_features import (
    ItemLevels,
    ProductFeatures,
    count_levels,
    learn_trends,
    levels_of,
)
from xenorec.recommend.ranker.purchase_history import past_of
from xenorec.recommend.ranker.training_rows import (
    Sampling,
    ShopLandmark,
    sample_rows,
    shop_landmarks,
)
from xenorec.recommend.scorers import Scorer
from xenorec.recommend.shop_data import ShopData

DAY = timedelta(days=1)
LIVELINESS = ("lines_28", "orders_28", "since", "overdue")
"""Features of a customer by which chances are set right: how lively they are of late."""
TREND_CUSTOMERS = 100_000
LIKELY = 64
"""Products bought before, and of new ones, that each customer keeps: the likeliest."""
LEARNED_LINES = 3_000_000
"""Entries of the sample that a large shop's models learn from, and its customers at most."""


Judged: TypeAlias = tuple[CandidatePairs, Floats, Mapping[str, Singles]]
Plain: TypeAlias = Callable[[Mapping[str, Singles], float], Floats]
"""A rule that gives each row of features a probability, for so many days."""


@dataclass(frozen=True)
class RankedCandidates:
    """One entry per customer asked about and product, sorted by both.

    ``p_buy`` is the probability of a purchase within the time; ``is_own`` tells what the customer
    had bought before; ``found`` holds the features.
    """

    asked: Ints
    product: Ints
    p_buy: Floats
    is_own: Bools
    found: Mapping[str, Singles]


@dataclass(frozen=True, eq=False)
class RankingStage:
    """A model of one kind of candidates, with its calibration."""

    model: BoostedModel
    calibration: ProbabilityCalibration

    def best(
        self,
        pairs: CandidatePairs,
        found: Mapping[str, Singles],
        most: int,
        alike: Alike = NOTHING_ALIKE,
    ) -> Judged:
        """Return the likeliest ``most`` pairs of each customer, with features and probability."""
        return self.likeliest(pairs, found, self.model.margin(found, alike), most)

    def likeliest(
        self, pairs: CandidatePairs, found: Mapping[str, Singles], margin: Floats, most: int
    ) -> Judged:
        """Return the same of pairs whose log-odds are known."""
        if len(pairs) and np.bincount(pairs.asked).max() > most:
            rows, _ = best_each(pairs.asked, margin, pairs.product, most)
            rows = np.sort(rows)
            found = {name: values[rows] for name, values in found.items()}
            pairs, margin = pairs.take(rows), margin[rows]
        return pairs, self.calibration.probability(_with_liveliness(margin, found)), found


@dataclass(frozen=True, eq=False)
class ShopFeatures:
    """What a shop tells at one instant: trends of its products and fitted scorers."""

    shop: ShopData
    levels: ItemLevels
    trends: ProductFeatures
    scorers: tuple[Scorer, ...]

    @classmethod
    def of(cls, shop: ShopData, scorers: Sequence[Scorer], days: float) -> ShopFeatures:
        """Learn the trends from the customers (of many: a sample), and fit the scorers."""
        levels = levels_of(shop)
        past = past_of(shop.purchases, some_customers(shop, TREND_CUSTOMERS))
        trends = learn_trends(past, levels, days)
        return cls(shop, levels, trends, tuple(scorer.fit(shop) for scorer in scorers))

    def know(
        self, customer: Ints, *, purchases: PurchaseMatrix | None = None, before: Ints | None = None
    ) -> CustomerKnowledge:
        """Return what is known of the customers (positions, -1 for nobody).

        ``purchases``: where their past is read, if not in the view's shop; its products must be
        the same. ``before``: an instant for each customer to take the place of ``as_of``.
        """
        past = past_of(purchases or self.shop.purchases, customer, before)
        return CustomerKnowledge(
            past, count_levels(past, self.levels), habits(past, self.shop.n_products)
        )


@dataclass(eq=False)
class TwoStageRanker:
    """Two boosted models, one of what was bought before and one of what was not.

    Both learn at past instants only, from what was bought in ``within`` after each. Where the
    past holds too few purchases to learn from, a ``plain`` rule gives the probability instead.
    """

    within: timedelta
    scorers: Sequence[Scorer] = ()
    sampling: Sampling = field(default_factory=Sampling)
    repeat: BoostingSettings = field(default_factory=BoostingSettings)
    discovery: BoostingSettings = field(
        default_factory=lambda: BoostingSettings(120, 0.06, 15, 100, 10.0)
    )
    depth: int = 120
    reach: int = 30

    plain: ClassVar[tuple[Plain, Plain]] = (plain_repeat, plain_discovery)

    def fit(self, shop: ShopData) -> Self:
        """Learn from the shop, forgetting what was learned before."""
        own: list[TrainingSet] = []
        new: list[TrainingSet] = []
        for landmark in self.landmarks(learned_from(shop)):
            view, customer = self.view(landmark.shop), landmark.customer
            known = view.know(customer, purchases=landmark.past, before=landmark.before)
            again, first = self.candidates(view, known, customer, shop.is_allowed)
            worth = at_a_glance(known, again, self.within / DAY)
            for rows, pairs, likely in ((own, again, worth), (new, first, None)):
                described = partial(self.describe, view, known)
                rows.append(sample_rows(landmark, pairs, described, self.sampling, likely))
        self.repeat_ = self._stage(own, self.repeat)
        self.discovery_ = self._stage(new, self.discovery)
        self.view_ = self.view(shop)
        return self

    def landmarks(self, shop: ShopData) -> Iterator[ShopLandmark]:
        """Yield the past instants to learn from, the latest first."""
        few = partial(some_customers, most=self.sampling.n_customers)
        return shop_landmarks(shop, self.within, self.sampling, few)

    def view(self, shop: ShopData) -> ShopFeatures:
        """Return what the shop tells at its instant."""
        scorers = [replace(scorer) for scorer in self.scorers]  # type: ignore[type-var]
        return ShopFeatures.of(shop, scorers, self.within / DAY)

    def score(self, customer: Ints, is_open: Bools, *, most: int = LIKELY) -> RankedCandidates:
        """Return the candidates of each customer with their probability.

        The likeliest ``most`` of those bought before and of those that were not.
        """
        return self.judge(self.view_.know(customer), customer, is_open, most=most)

    def score_with_closed(
        self, customer: Ints, is_open: Bools, *, most: int = LIKELY
    ) -> tuple[RankedCandidates, RankedCandidates]:
        """Return the open candidates, and what they were with nothing closed.

        Each is as ``score`` gives it; what both hold is judged once. Of the second the likeliest
        64 are kept.
        """
        view, every = self.view_, np.ones_like(is_open)
        known = view.know(customer)
        if len(view.scorers) > 1 or is_open.all():
            found = self.judge(known, customer, is_open, most=most)
            same = most == LIKELY and is_open.all()
            return found, found if same else self.judge(known, customer, every)
        some, others = (self.candidates(view, known, customer, one) for one in (is_open, every))
        stages = (self.repeat_, self.discovery_)
        judged: tuple[list[Judged], list[Judged]] = ([], [])
        kinds = zip(some, others, stages, self.plain, strict=True)
        for one, other, stage, plain in kinds:
            pairs, places = merged(one, other, view.shop.n_products)
            features_of = self.describe(view, known, pairs)
            if stage is None:
                said = plain(features_of, self.within / DAY)
            else:
                said = stage.model.margin(features_of, alike_in(known, view.levels, pairs))
            for into, rows, keep in zip(judged, places, (most, LIKELY), strict=True):
                found_of = {name: values[rows] for name, values in features_of.items()}
                part = pairs.take(rows)
                if stage is None:
                    into.append((part, said[rows], found_of))
                else:
                    into.append(stage.likeliest(part, found_of, said[rows], keep))
        return _together(judged[0]), _together(judged[1])

    def judge(
        self, known: CustomerKnowledge, customer: Ints, is_open: Bools, *, most: int = LIKELY
    ) -> RankedCandidates:
        """Return the same of customers of whom more may be known than the view's shop tells."""
        own, new = self.candidates(self.view_, known, customer, is_open)
        stages = (self.repeat_, self.discovery_)
        parts: list[Judged] = []
        for pairs, stage, plain in zip((own, new), stages, self.plain, strict=True):
            found = self.describe(self.view_, known, pairs)
            if stage is None:
                parts.append((pairs, plain(found, self.within / DAY), found))
            else:
                alike = alike_in(known, self.view_.levels, pairs)
                parts.append(stage.best(pairs, found, most, alike))
        return _together(parts)

    def candidates(
        self, view: ShopFeatures, known: CustomerKnowledge, customer: Ints, is_open: Bools
    ) -> tuple[CandidatePairs, CandidatePairs]:
        """Return the candidates bought before, and those never bought with the scorers' scores."""
        own = own_candidates(known, is_open, self.depth)
        new = new_candidates(known, view.trends, view.levels, is_open, self.within / DAY)
        n = view.shop.n_products
        wanted = new.asked * n + new.product
        said = {
            scorer.name: scorer.score(customer, depth=self.reach, is_open=is_open, pairs=wanted)
            for scorer in view.scorers
        }
        new = more_candidates(new, list(said.values()), known, is_open)
        return own, with_scores(new, said, n)

    def describe(
        self, view: ShopFeatures, known: CustomerKnowledge, pairs: CandidatePairs
    ) -> dict[str, Singles]:
        """Return the features of pairs."""
        return features(known, view.trends, view.levels, pairs, self.within / DAY)

    def _stage(
        self, parts: Sequence[TrainingSet], boosting: BoostingSettings
    ) -> RankingStage | None:
        if sum(part.n_positive for part in parts) < self.sampling.least or not parts:
            return None
        rows = TrainingSet.concatenate(parts)
        counted = rows.take(rows.others["emphasis"] > 0)
        model = counted.fit(boosting, counted.others["emphasis"])
        margin = model.margin(rows.features)
        columns = _with_liveliness(margin, rows.features)
        return RankingStage(model, fit_calibration(columns, rows.label, rows.weight))


def _with_liveliness(margin: Floats, found: Mapping[str, Singles]) -> Floats:
    lively = [np.log1p(found[f"customer_{name}"].astype(np.float64)) for name in LIVELINESS]
    return np.column_stack([margin, *lively])


def at_a_glance(known: CustomerKnowledge, pairs: CandidatePairs, days: float) -> Floats:
    """Return how likely each pair bought before is to be bought in ``days``, by the plain rule."""
    counts = known.counts[0]
    entry, _ = counts.find(pairs.asked, pairs.product)
    found = {
        "customer_first": known.habits["first"][pairs.asked].astype(np.float32),
        "product_faded_112": counts.columns["faded_112"][entry].astype(np.float32),
    }
    return plain_repeat(found, days)


def learned_from(shop: ShopData) -> ShopData:
    """Return the shop, or that of a sample of its customers where it has very many."""
    customer = some_customers(shop, TREND_CUSTOMERS)
    purchases = shop.purchases
    if len(customer) == len(purchases.customers):
        return shop
    few = purchases.of(customer)
    return replace(shop, purchases=few, popularity=count_popularity(few))


def some_customers(shop: ShopData, most: int) -> Ints:
    """Return the usual customers with orders; of too many those with the least chance.

    Too many: more than ``most``, or more than have ``LEARNED_LINES`` entries.
    """
    purchases = shop.purchases
    n_lines = np.bincount(purchases.customer, minlength=len(purchases.customers))
    bought = np.flatnonzero((n_lines > 0) & purchases.is_usual)
    if len(bought) <= most and n_lines.sum() <= LEARNED_LINES:
        return bought.astype(np.int64)
    drawn = bought[np.argsort(purchases.chance(bought), kind="stable")[:most]]
    n_drawn = max(int(np.searchsorted(np.cumsum(n_lines[drawn]), LEARNED_LINES)), 1)
    return np.sort(drawn[:n_drawn]).astype(np.int64)


def _together(parts: Sequence[Judged]) -> RankedCandidates:
    """Return what was bought before and what was not, the two parts, as one."""
    asked = np.concatenate([pairs.asked for pairs, _, _ in parts])
    product = np.concatenate([pairs.product for pairs, _, _ in parts])
    key = asked * (product.max(initial=0) + 1) + product
    order = np.argsort(key, kind="stable")  # two runs in order are merged
    return RankedCandidates(
        asked[order],
        product[order],
        np.concatenate([p_buy for _, p_buy, _ in parts])[order],
        np.repeat([True, False], [len(pairs) for pairs, _, _ in parts])[order],
        {
            name: np.concatenate([_column(found, name, len(pairs)) for pairs, _, found in parts])[
                order
            ]
            for name in {name: None for _, _, found in parts for name in found}
        },
    )


def _column(found: Mapping[str, Singles], name: str, n: int) -> Singles:
    return found[name] if name in found else np.full(n, np.nan, dtype=np.float32)
