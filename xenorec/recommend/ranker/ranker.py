"""The ranker: how likely each customer buys each product within the time asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Self

import numpy as np

from xenorec.numbers import Bools, Floats, Ints, Singles
from xenorec.recommend.ranker.calibration import Calibration, fit_calibration
from xenorec.recommend.ranker.candidates import (
    more_candidates,
    new_candidates,
    own_candidates,
    with_scores,
)
from xenorec.recommend.ranker.features import Known, Pairs, features
from xenorec.recommend.ranker.habits import habits
from xenorec.recommend.ranker.model import Boosting, Model, fit_model
from xenorec.recommend.ranker.past import past_of
from xenorec.recommend.ranker.plain import plain_discovery, plain_repeat
from xenorec.recommend.ranker.training import (
    Origin,
    Rows,
    Sampling,
    mixed,
    origins,
    sample_rows,
    stack,
)
from xenorec.recommend.ranker.trends import Levels, Trends, count_levels, learn_trends, levels_of
from xenorec.recommend.shop import Shop

if TYPE_CHECKING:
    from xenorec.recommend.scorers import Scorer

DAY = timedelta(days=1)
TREND_CUSTOMERS = 100_000


@dataclass(frozen=True)
class Ranked:
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
class Stage:
    """A model of one kind of candidates, with its calibration."""

    model: Model
    calibration: Calibration

    def p_buy(self, found: Mapping[str, Singles]) -> Floats:
        """Return the probability of each row of features."""
        return self.calibration.p_buy(self.model.margin(found), found)


@dataclass(frozen=True, eq=False)
class View:
    """What a shop tells at one instant: trends of its products and fitted scorers."""

    shop: Shop
    levels: Levels
    trends: Trends
    scorers: tuple[Scorer, ...]

    @classmethod
    def of(cls, shop: Shop, scorers: Sequence[Scorer], days: float) -> View:
        """Learn the trends from the customers (of many: a sample), and fit the scorers."""
        levels = levels_of(shop)
        past = past_of(shop.purchases, _some(shop, TREND_CUSTOMERS, "trends"))
        trends = learn_trends(past, count_levels(past, levels), levels, days)
        return cls(shop, levels, trends, tuple(scorer.fit(shop) for scorer in scorers))

    def know(self, customer: Ints) -> Known:
        """Return what is known of the customers (positions, -1 for nobody)."""
        past = past_of(self.shop.purchases, customer)
        return Known(past, count_levels(past, self.levels), habits(past, self.shop.n_products))


@dataclass(eq=False)
class Ranker:
    """Two boosted models, one of what was bought before and one of what was not.

    Both learn at past instants only, from what was bought in ``within`` after each. Where the
    past holds too few purchases to learn from, a plain rule gives the probability instead.
    """

    within: timedelta
    scorers: Sequence[Scorer] = ()
    sampling: Sampling = field(default_factory=Sampling)
    repeat: Boosting = field(default_factory=Boosting)
    discovery: Boosting = field(default_factory=lambda: Boosting(120, 0.06, 15, 100, 10.0))
    depth: int = 120
    reach: int = 30

    def fit(self, shop: Shop) -> Self:
        """Learn from the shop, forgetting what was learned before."""
        own: list[Rows] = []
        new: list[Rows] = []
        for origin in origins(shop, self.within, self.sampling):
            view = View.of(origin.shop, self._fresh(), self.within / DAY)
            customer = _training_customers(origin, self.sampling)
            known = view.know(customer)
            pairs = self._candidates(view, known, customer, view.shop.is_allowed)
            own.append(self._rows(view, origin, customer, known, pairs[0]))
            new.append(self._rows(view, origin, customer, known, pairs[1]))
        self.repeat_ = self._stage(own, self.repeat)
        self.discovery_ = self._stage(new, self.discovery)
        self.view_ = View.of(shop, self._fresh(), self.within / DAY)
        return self

    def score(self, customer: Ints, is_open: Bools) -> Ranked:
        """Return the candidates of each customer with their probability."""
        known = self.view_.know(customer)
        pairs = self._candidates(self.view_, known, customer, is_open)
        parts = []
        for stage, listed, is_own in zip(
            (self.repeat_, self.discovery_), pairs, (True, False), strict=True
        ):
            found = self._describe(self.view_, known, listed)
            p_buy = self._plain(found, is_own) if stage is None else stage.p_buy(found)
            parts.append((listed, p_buy, is_own, found))
        return _together(parts)

    def _plain(self, found: Mapping[str, Singles], is_own: bool) -> Floats:
        rule = plain_repeat if is_own else plain_discovery
        return rule(found, self.within / DAY)

    def _candidates(
        self, view: View, known: Known, customer: Ints, is_open: Bools
    ) -> tuple[Pairs, Pairs]:
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

    def _rows(self, view: View, origin: Origin, customer: Ints, known: Known, pairs: Pairs) -> Rows:
        return sample_rows(
            origin,
            customer,
            pairs,
            lambda picked: self._describe(view, known, picked),
            self.sampling,
        )

    def _describe(self, view: View, known: Known, pairs: Pairs) -> dict[str, Singles]:
        return features(known, view.trends, view.levels, pairs, self.within / DAY)

    def _stage(self, parts: Sequence[Rows], boosting: Boosting) -> Stage | None:
        if not parts or sum(int(part.bought.sum()) for part in parts) < self.sampling.least:
            return None
        rows = stack(parts)
        counted = rows.emphasis > 0
        found = {name: values[counted] for name, values in rows.found.items()}
        model = fit_model(found, rows.bought[counted], rows.emphasis[counted], boosting)
        margin = model.margin(rows.found)
        return Stage(model, fit_calibration(margin, rows.found, rows.bought, rows.weight))

    def _fresh(self) -> list[Scorer]:
        return [replace(scorer) for scorer in self.scorers]  # type: ignore[type-var]


def _training_customers(origin: Origin, sampling: Sampling) -> Ints:
    return _some(origin.shop, sampling.n_customers, "training")


def _some(shop: Shop, most: int, seed: str) -> Ints:
    """Return the customers with orders; of more than ``most`` those with the least chance."""
    bought = np.unique(shop.purchases.orders.customer)
    if len(bought) <= most:
        return bought.astype(np.int64)
    chance = mixed(bought * 2 + len(seed))
    return np.sort(bought[np.argsort(chance, kind="stable")[:most]]).astype(np.int64)


def _together(parts: Sequence[tuple[Pairs, Floats, bool, Mapping[str, Singles]]]) -> Ranked:
    asked = np.concatenate([pairs.asked for pairs, _, _, _ in parts])
    product = np.concatenate([pairs.product for pairs, _, _, _ in parts])
    order = np.lexsort((product, asked))
    return Ranked(
        asked[order],
        product[order],
        np.concatenate([p for _, p, _, _ in parts])[order],
        np.concatenate([np.full(len(pairs), own) for pairs, _, own, _ in parts])[order],
        {
            name: np.concatenate(
                [_column(found, name, len(pairs)) for pairs, _, _, found in parts]
            )[order]
            for name in {name: None for _, _, _, found in parts for name in found}
        },
    )


def _column(found: Mapping[str, Singles], name: str, n: int) -> Singles:
    return found[name] if name in found else np.full(n, np.nan, dtype=np.float32)
