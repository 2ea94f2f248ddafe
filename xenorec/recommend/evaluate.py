"""Were the shelves right? Looked at from a past instant, beside simple rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from xenorec.errors import BadInput
from xenorec.frames import ids as ids_of
from xenorec.frames import positions
from xenorec.instants import AsOf, as_instant, instant_of
from xenorec.numbers import Bools, Floats, Ints, Texts
from xenorec.recommend.arrays import distinct
from xenorec.recommend.baselines import own_frequency, popular_products
from xenorec.recommend.bootstrap import mean_interval
from xenorec.recommend.lines import Lines, read_lines
from xenorec.recommend.purchases import Purchases, count_purchases
from xenorec.recommend.rank_scores import METRICS, rank_scores
from xenorec.recommend.recommender import ShelfRecommender
from xenorec.spans import span

OURS, OWN, POPULAR = "xenorec", "own_frequency", "popular_28d"


@dataclass(frozen=True, eq=False)
class ShelfEvaluation:
    """What ``k`` products per customer hit of what was bought in (as_of, as_of + within].

    ``table``: one row per method: method, recall@k, ndcg@k, phr@k (share of customers with a hit),
    n_customers. ``difference``: xenorec minus own frequency, one row per metric: metric, estimate,
    ci_low, ci_high (95 %, customers drawn again in pairs). ``by_shelf``: one row per shelf that
    stands in xenorec's list: shelf, n_items, hit_rate (share of its items bought), n_customers.
    """

    as_of: datetime
    within: timedelta
    k: int
    n_customers: int
    table: pd.DataFrame
    difference: pd.DataFrame
    by_shelf: pd.DataFrame
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """Return everything as one JSON text."""
        return json.dumps(
            {
                "as_of": self.as_of.isoformat(),
                "within_days": self.within / timedelta(days=1),
                "k": self.k,
                "n_customers": self.n_customers,
                "table": self.table.to_dict("records"),
                "difference": self.difference.to_dict("records"),
                "by_shelf": self.by_shelf.to_dict("records"),
                "notes": list(self.notes),
            }
        )

    def __str__(self) -> str:
        days = self.within / timedelta(days=1)
        head = (
            f"Bought within {days:g} days after {self.as_of:%Y-%m-%d %H:%M} UTC, "
            f"{self.k} products for each of {self.n_customers:,} customers"
        )
        tables = [_text(self.table), _text(self.difference), _text(self.by_shelf)]
        titles = [head, f"{OURS} minus {OWN}, with 95 % interval", f"Shelves in {OURS}'s list"]
        parts = [f"{title}\n{table}" for title, table in zip(titles, tables, strict=True)]
        return "\n\n".join([*parts, "\n".join(self.notes)])


def evaluate_shelves(
    lines: Any,
    *,
    as_of: AsOf,
    within: str | timedelta = "14d",
    k: int = 10,
    products: Any | None = None,
    customers: Any | None = None,
    recommender: ShelfRecommender | None = None,
    seed: str = "shelves",
) -> ShelfEvaluation:
    """Learn from the lines up to ``as_of`` and compare with what was bought in the span after it.

    ``lines`` and ``products`` as for ``ShelfRecommender.fit``. Scored are the customers who buy in
    the span and had bought before it; with ``customers`` those of them who buy in it, newcomers
    too. The default recommender leaves no product out as not promotable, so that figures compare
    with published ones. Raises BadInput when nobody buys in the span.
    """
    everything, moment, length = read_lines(lines), _instant(as_of), span(within)
    purchases = count_purchases(everything, moment)
    then = everything.after(moment).until(moment + length)
    who, n_new = _scored(everything, then, purchases, customers)
    model = recommender or ShelfRecommender(promotable_only=False, allow=None)
    told = model.fit(everything, products, moment).recommend(who, k)
    truth = _Truth.of(then, everything, who)
    lists = _lists(told, purchases, who, k)
    scores = {name: truth.score(table, purchases.products) for name, table in lists.items()}
    return ShelfEvaluation(
        as_of=moment,
        within=length,
        k=k,
        n_customers=len(who),
        table=_table(scores, k),
        difference=_difference(scores[OURS] - scores[OWN], k, seed),
        by_shelf=_by_shelf(told, truth, who),
        notes=_notes(everything, moment + length, n_new, customers, model),
    )


@dataclass(frozen=True)
class _Truth:
    """What each scored customer bought in the span: sorted numbers customer * width + product."""

    products: Texts
    pairs: Ints
    n_relevant: Ints

    @classmethod
    def of(cls, then: Lines, everything: Lines, who: Texts) -> _Truth:
        row = positions(everything.customers, who)[then.customer]
        width = len(everything.products)
        pairs = distinct(row[row >= 0] * width + then.product[row >= 0])
        return cls(everything.products, pairs, np.bincount(pairs // width, minlength=len(who)))

    def hit(self, row: Ints, product: Ints) -> Bools:
        """Return whether the customers bought the products (never for product -1)."""
        return (product >= 0) & np.isin(row * len(self.products) + product, self.pairs)

    def score(self, table: Ints, names: Texts) -> Floats:
        """Return customers x metrics of lists that hold positions in ``names``."""
        product = np.append(positions(names, self.products), -1)[table]
        row = np.broadcast_to(np.arange(len(table))[:, None], table.shape)
        return rank_scores(self.hit(row, product), self.n_relevant)


def _instant(as_of: AsOf) -> datetime:
    if as_of is None:
        raise BadInput("as_of is missing; give the instant to look from, such as '2017-11-01'.")
    return as_instant(as_of)


def _scored(
    everything: Lines, then: Lines, purchases: Purchases, customers: Any | None
) -> tuple[Texts, int]:
    """Return the customers to score, in order of id, and how many newcomers buy in the span."""
    buyers = everything.customers[np.unique(then.customer)]
    is_new = positions(buyers, purchases.customers) < 0
    if customers is None:
        who = buyers[~is_new]
    else:
        who = buyers[positions(buyers, ids_of(customers, "customers")) >= 0]
    if not len(who):
        raise BadInput(
            f"Nobody to score: no customer asked about buys in the span after "
            f"{purchases.as_of.isoformat()}; the rows end at "
            f"{instant_of(everything.at.max()).isoformat()}."
        )
    return who, int(is_new.sum())


def _lists(told: pd.DataFrame, purchases: Purchases, who: Texts, k: int) -> dict[str, Ints]:
    """Return customers x k of each method, positions in the purchases' products or -1."""
    popular = np.full(k, -1, dtype=np.int64)
    best = popular_products(purchases, k)
    popular[: len(best)] = best
    ours = np.full((len(who), k), -1, dtype=np.int64)
    row = positions(told["customer_id"].to_numpy(object), who)
    ours[row, told["rank"].to_numpy() - 1] = positions(
        told["product_id"].to_numpy(object), purchases.products
    )
    own = own_frequency(purchases, positions(who, purchases.customers), k)
    return {POPULAR: np.tile(popular, (len(who), 1)), OWN: own, OURS: ours}


def _table(scores: dict[str, Floats], k: int) -> pd.DataFrame:
    frame = pd.DataFrame(
        [values.mean(axis=0) for values in scores.values()], columns=[f"{m}@{k}" for m in METRICS]
    )
    frame.insert(0, "method", list(scores))
    return frame.assign(n_customers=len(scores[OURS]))


def _difference(values: Floats, k: int, seed: str) -> pd.DataFrame:
    low, high = mean_interval(values, seed=seed)
    return pd.DataFrame(
        {
            "metric": [f"{m}@{k}" for m in METRICS],
            "estimate": values.mean(axis=0),
            "ci_low": low,
            "ci_high": high,
        }
    )


def _by_shelf(told: pd.DataFrame, truth: _Truth, who: Texts) -> pd.DataFrame:
    row = positions(told["customer_id"].to_numpy(object), who)
    product = positions(told["product_id"].to_numpy(object), truth.products)
    hits = told.assign(hit=truth.hit(row, product)).groupby("shelf", sort=True)
    frame = hits.agg(
        n_items=("hit", "size"), hit_rate=("hit", "mean"), n_customers=("customer_id", "nunique")
    )
    return frame.reset_index()


def _notes(
    everything: Lines, end: datetime, n_new: int, customers: Any, model: ShelfRecommender
) -> tuple[str, ...]:
    notes = []
    if not model.promotable_only:
        notes.append("Products marked as not promotable are kept, as published figures do.")
    if n_new and customers is None:
        notes.append(f"{n_new:,} newcomers bought in the span and are not scored.")
    last = instant_of(everything.at.max())
    if last < end - timedelta(days=1):
        notes.append(f"The rows end at {last.isoformat()}, before the span does.")
    return tuple(notes)


def _text(frame: pd.DataFrame) -> str:
    return frame.to_string(index=False, float_format="{:.4f}".format)
