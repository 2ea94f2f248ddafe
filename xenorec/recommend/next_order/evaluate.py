"""Would the next order have been foretold? Each customer's last one, beside strong methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints, Texts
from xenorec.dataset.data_frames import positions
from xenorec.errors import BadInput
from xenorec.modeling.backtest import Evaluation, as_text
from xenorec.recommend.baselines import (
    HALF_LIFE,
    NEIGHBOURS,
    OWN,
    POPULAR,
    filled,
    most_popular,
    wide,
)
from xenorec.recommend.benchmark_table import (
    OURS,
    gains,
    interval_table,
    list_table,
    method_table,
)
from xenorec.recommend.evaluate import BY, OPEN
from xenorec.recommend.evaluation_metrics import METRICS, draw_methods
from xenorec.recommend.ground_truth import GroundTruth
from xenorec.recommend.line_log import LineLog, read_lines
from xenorec.recommend.next_order.leave_last_out import HiddenOrders, hide_last
from xenorec.recommend.next_order.model import NextOrder
from xenorec.recommend.next_order.order_ranker import SPAN
from xenorec.recommend.next_order.recent_orders import with_recent
from xenorec.recommend.product_types import by_kind
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.recommend.scorers import TifuKnn
from xenorec.recommend.scorers.knn import EXACT_UP_TO
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import AsOf, as_instant, instant_of, microseconds

MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, eq=False)
class NextOrderEvaluation(Evaluation):
    """What ``k`` products per customer hit of the customer's last order, at or after ``since``.

    ``table``: one row per method: method, recall@k, ndcg@k, phr@k (share of customers with a hit),
    map@k, n_customers. ``difference``: xenorec minus other methods: against, metric, estimate,
    ci_low, ci_high (95 %, customers drawn again in pairs). ``intervals``: the table's means, each
    with its interval.
    """

    since: datetime
    k: int
    by: str
    n_customers: int
    table: pd.DataFrame
    difference: pd.DataFrame
    intervals: pd.DataFrame
    notes: tuple[str, ...]

    def figures(self) -> dict[str, Any]:
        """Return the picture of the methods, as altair chart."""
        title = f"{self.k} of each {self.by} list for the next order, with 95 % interval"
        return {"methods": draw_methods(self.intervals, ours=OURS, by_figure=True, title=title)}

    def __str__(self) -> str:
        head = (
            f"Held by the last order since {self.since:%Y-%m-%d %H:%M} UTC, "
            f"{self.k} of each {self.by} list for each of {self.n_customers:,} customers"
        )
        gain = f"{OURS} minus other methods, with 95 % interval"
        parts = [f"{head}\n{as_text(self.table)}", f"{gain}\n{as_text(self.difference)}"]
        return "\n\n".join([*parts, "\n".join(self.notes)])


def evaluate_next_order(
    lines: Any,
    *,
    since: AsOf,
    k: int = 10,
    by: str = "product",
    products: Any | None = None,
    recommender: NextOrder | None = None,
    seed: str = "next order",
) -> NextOrderEvaluation:
    """Hide each customer's last order and foretell it from what lies before it.

    Scored is every customer whose last order is at or after ``since`` and who had ordered before
    it. Models learn from rows before ``since``; what the shop tells is renewed every 14 days from
    then on, and a customer's own orders are known up to right before the hidden one. Of its instant
    every method knows the UTC day at most. So nothing of the hidden order or later is seen, and
    nothing of other customers since the last renewal.
    ``lines``, ``products`` and ``by`` as for ``evaluate_shelves``. The default recommender leaves
    no product out, so that figures compare with published ones. Raises BadInput when there is
    nobody to score or nothing before ``since``.
    """
    if by not in BY:
        raise BadInput(f"by is {by!r}; expected one of {', '.join(BY)}.")
    if since is None:
        raise BadInput("since is missing; give the instant to look from, such as '2017-11-06'.")
    if by == "category":
        lines, products = by_kind(lines, products)
    everything, moment = read_lines(lines), as_instant(since, name="since")
    hidden = hide_last(everything, moment)
    model = recommender or NextOrder(promotable_only=False, allow=None, rules=OPEN)
    model.fit(everything, products, moment - MOMENT)
    scores: dict[str, Floats] = {}
    for begin, rows in hidden.spans(moment, microseconds(SPAN)):
        renewed = instant_of(begin) - MOMENT
        if renewed > model.as_of_:
            model.update(everything, products, renewed)
        for name, values in _scored(model, hidden.take(rows), k).items():
            table = scores.setdefault(name, np.full((len(hidden), len(METRICS)), np.nan))
            table[rows] = values
    return NextOrderEvaluation(
        since=moment,
        k=k,
        by=by,
        n_customers=len(hidden),
        table=method_table(scores, k),
        difference=gains(scores, k, seed),
        intervals=interval_table(scores, k, seed),
        notes=_notes(everything, moment, len(hidden), model),
    )


def _scored(model: NextOrder, hidden: HiddenOrders, k: int) -> Mapping[str, Floats]:
    """Return customers x metrics of each method for the hidden orders of one span."""
    who, recent = hidden.lines.customers[hidden.customer], hidden.before()
    before = np.maximum(hidden.day_at, microseconds(model.as_of_) + 1)
    recommended = model.told(who, before, recent, k)
    names = model.shop.purchases.products
    lists = {**_others(model, who, before, recent, k), OURS: list_table(recommended, who, names, k)}
    truth = GroundTruth.of(hidden.truth, hidden.lines, who)
    return {name: truth.score(table, names) for name, table in lists.items()}


def _others(
    model: NextOrder, who: Texts, before: Ints, recent: LineLog, k: int
) -> Mapping[str, Ints]:
    """Return customers x k of each other method, filled up with what is popular in the shop."""
    shop = model.shop
    past = with_recent(shop.purchases, recent)
    own = model.know(who, before, past).counts[0]
    nearest = _nearest(shop, past).score(
        positions(who, past.customers), depth=k, is_open=np.ones(shop.n_products, dtype=bool)
    )
    ranked = {
        OWN: (own.asked, own.item, own.columns["n"]),
        HALF_LIFE: (own.asked, own.item, own.columns["faded_112"]),
        NEIGHBOURS: (nearest.asked, nearest.product, nearest.score),
    }
    lists = {POPULAR: np.tile(most_popular(shop)[:k], (len(who), 1))}
    lists |= {name: filled(shop, len(who), *of, k) for name, of in ranked.items()}
    return {name: wide(table, k) for name, table in lists.items()}


def _nearest(shop: ShopData, past: PurchaseMatrix) -> TifuKnn:
    """Return TIFUKNN that seeks among the shop's customers, and knows later orders of who asks.

    ``past`` ends right before each hidden order. A shop too large to compare everybody with
    everybody is asked with what was known when the span began.
    """
    others = TifuKnn().fit(shop)
    if len(past.customers) > EXACT_UP_TO:
        return others
    asking = TifuKnn().fit(replace(shop, purchases=past))
    nobody = np.full(len(past.customers) - len(others.nearest_.place), -1, dtype=np.int64)
    place = np.append(others.nearest_.place, nobody)
    asking.nearest_, asking.others_ = others.nearest_._replace(place=place), others.others_
    return asking


def _notes(lines: LineLog, since: datetime, n_scored: int, model: NextOrder) -> tuple[str, ...]:
    notes = [
        "Equal scores go to the more popular product, then to the lower id.",
        "xenorec knows the UTC day of the order that is hidden, not its hour; the half-life knows "
        "it too, the others need no instant.",
    ]
    if not model.promotable_only:
        notes.append("Products marked as not promotable are kept, as published figures do.")
    late = len(np.unique(lines.customer[lines.at >= microseconds(since)]))
    if late > n_scored:
        notes.append(
            f"{late - n_scored:,} customers ordered for the first time and are not scored."
        )
    if model.ranker_.repeat_ is None:
        notes.append("The shop is too small or too young for boosted models: plain rules.")
    return tuple(notes)
