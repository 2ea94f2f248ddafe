"""How the model would have done in the latest window, beside each customer's own habits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from xenorec.array_types import Floats, Texts
from xenorec.config.durations import span
from xenorec.dataset.data_frames import positions
from xenorec.errors import BadInput
from xenorec.modeling.bootstrap import mean_interval
from xenorec.recommend.baselines import of_own, wide
from xenorec.recommend.benchmark_table import list_table
from xenorec.recommend.eligibility import Rules
from xenorec.recommend.evaluation_metrics import METRICS
from xenorec.recommend.ground_truth import GroundTruth, scored
from xenorec.recommend.line_log import LineLog
from xenorec.recommend.model_store.candidate_features import stages_of
from xenorec.recommend.purchase_matrix import count_purchases
from xenorec.recommend.shelf_recommender import ShelfRecommender

K = 10
UNRULED = Rules(out_of_stock=False, discontinued=False, age_restricted=False)
COMPARED = ("recall", "ndcg", "phr")
NOBODY = "Nobody known bought anything in the latest window, so nothing could be measured."
SMALL = "The shop is too small or too young for boosted models; the plain rules were measured."


@dataclass(frozen=True)
class WalkForwardMetric:
    """One figure of ours and of own frequency, and the 95 % interval of ours minus own."""

    name: str
    ours: float
    own: float
    ci_low: float
    ci_high: float

    def __str__(self) -> str:
        return f"{self.name} {self.ours:.3f} against {self.own:.3f}"


@dataclass(frozen=True)
class WalkForward:
    """What was learned up to ``from_at``, measured on what was bought until ``until_at``.

    ``stages`` were learned by then. Without figures a note says why.
    """

    from_at: datetime
    until_at: datetime
    n_customers: int
    figures: tuple[WalkForwardMetric, ...]
    stages: tuple[str, ...]
    note: str | None

    def to_mapping(self) -> dict[str, Any]:
        """Return the same as plain JSON."""
        return {
            **asdict(self),
            "from_at": self.from_at.isoformat(),
            "until_at": self.until_at.isoformat(),
            "figures": [asdict(figure) for figure in self.figures],
            "stages": list(self.stages),
        }


def walk_forward(lines: LineLog, products: Any | None, until: datetime, within: str) -> WalkForward:
    """Fit at ``until`` minus ``within`` and measure ten products each on the window after it.

    Scored are the customers who buy in the window and had bought before. No rule leaves products
    out, so that both lists choose among the same ones.
    """
    begin = until - span(within)
    then = lines.after(begin).until(until)
    try:
        purchases = count_purchases(lines, begin)
        who, _ = scored(lines, then, purchases, None)
    except BadInput:  # no rows before the window, or nobody in it
        return WalkForward(begin, until, 0, (), (), NOBODY)
    model = ShelfRecommender(within=within, promotable_only=False, allow=None, rules=UNRULED)
    model.fit(lines, products, begin)
    truth = GroundTruth.of(then, lines, who)
    names = purchases.products
    ours = truth.score(list_table(model.recommend(who, K), who, names, K), names)
    figures = compare(ours, truth.score(_own_frequency(model, who), names))
    stages = tuple(stages_of(model.ranker_))
    return WalkForward(begin, until, len(who), figures, stages, None if stages else SMALL)


def compare(ours: Floats, own: Floats) -> tuple[WalkForwardMetric, ...]:
    """Return the figures of two tables of customers x ``METRICS``, drawn again in pairs."""
    low, high = mean_interval(ours - own, seed="walk")
    return tuple(
        WalkForwardMetric(
            f"{name}@{K}",
            float(ours[:, at].mean()),
            float(own[:, at].mean()),
            float(low[at]),
            float(high[at]),
        )
        for at, name in enumerate(METRICS)
        if name in COMPARED
    )


def worse(figures: Sequence[WalkForwardMetric]) -> tuple[WalkForwardMetric, ...]:
    """Return the figures for which ours may not be published.

    Those that are surely worse (the whole interval of the difference lies below 0), and all where
    every one is lower. A single figure that chance explains is none.
    """
    lower = tuple(figure for figure in figures if figure.ours < figure.own)
    if len(lower) == len(figures):
        return lower
    return tuple(figure for figure in lower if figure.ci_high < 0)


def _own_frequency(model: ShelfRecommender, who: Texts) -> Any:
    """Return what each customer bought most often, filled up by what is popular."""
    shop = model.shop
    customer = positions(who, shop.purchases.customers)
    n_orders = shop.purchases.bought.n_orders.astype(np.float64)
    return wide(of_own(shop, customer, n_orders, K), K)
