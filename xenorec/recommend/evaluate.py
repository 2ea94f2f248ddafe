"""Were the shelves right? Looked at from a past instant, beside simple rules and strong methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints, Texts
from xenorec.config.durations import span
from xenorec.dataset.data_frames import positions
from xenorec.errors import BadInput
from xenorec.modeling.backtest import Evaluation, as_text
from xenorec.recommend.baselines import OWN, POPULAR, all_lists, new_lists
from xenorec.recommend.benchmark_table import (
    OURS,
    gains,
    interval_table,
    list_table,
    method_table,
)
from xenorec.recommend.eligibility import Rules
from xenorec.recommend.evaluation_metrics import (
    METRICS,
    cell_rates,
    coverage,
    diversity,
    draw_cells,
    draw_methods,
    draw_reliability,
    draw_shelves,
    lay_out,
    ndcg2d,
    novelty,
    page_frame,
    reliability,
    repeat_share,
    shelf_rates,
    themes_per_page,
)
from xenorec.recommend.ground_truth import GroundTruth, scored
from xenorec.recommend.grouped_arrays import names_at
from xenorec.recommend.line_log import LineLog, read_lines
from xenorec.recommend.page_request import PageRequest
from xenorec.recommend.product_types import by_kind
from xenorec.recommend.purchase_matrix import count_purchases
from xenorec.recommend.shelf_recommender import ShelfRecommender
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import AsOf, as_instant, instant_of

ROWS, COLUMNS = 5, 10
BY = ("product", "category")
OPEN = Rules(out_of_stock=False, discontinued=False, age_restricted=False, same_title=False)
"""A catalogue tells the stock of today, not of then: a back-test closes nothing."""


@dataclass(frozen=True, eq=False)
class ShelfEvaluation(Evaluation):
    """What ``k`` products per customer hit of what was bought in (as_of, as_of + within].

    ``table``: one row per method: method, recall@k, ndcg@k, phr@k (share of customers with a hit),
    map@k, n_customers. ``difference``: xenorec minus other methods: against, metric, estimate,
    ci_low, ci_high (95 %, customers drawn again in pairs). ``discovery``: the same figures for
    lists of products never bought before. ``page``: NDCG2D of a page of 5 shelves of 10, and how
    many themes it holds. ``by_shelf``: one row per shelf of the pages of all known customers,
    those who buy nothing too: shelf, n_cells, n_customers, hit_rate, predicted_rate. ``cells``:
    the same for each place of these pages: row, column (from 1), n, hit_rate, predicted_rate.
    ``calibration``: predicted against observed rates of their cells. ``variety``: coverage, novelty
    (bits), diversity and repeat_share of the lists. ``intervals``: the table's means, each with its
    interval: method, metric, estimate, ci_low, ci_high, n_customers.
    """

    as_of: datetime
    within: timedelta
    k: int
    by: str
    n_customers: int
    table: pd.DataFrame
    difference: pd.DataFrame
    discovery: pd.DataFrame
    page: pd.DataFrame
    by_shelf: pd.DataFrame
    calibration: pd.DataFrame
    variety: pd.DataFrame
    cells: pd.DataFrame
    intervals: pd.DataFrame
    notes: tuple[str, ...]

    def figures(self) -> dict[str, Any]:
        """Return the pictures by name, as altair charts: methods, calibration, shelves and page.

        Raises MissingPackage without the extra ``notebooks``.
        """
        return {
            "methods": draw_methods(
                self.intervals,
                ours=OURS,
                by_figure=True,
                title=f"{self.k} of each {self.by} list, mean with 95 % interval",
            ),
            "calibration": draw_reliability(self.calibration),
            "shelves": draw_shelves(self.by_shelf),
            "page": draw_cells(
                self.cells.rename(columns={"row": "shelf_rank", "column": "item_rank"}).assign(
                    observed_rate=self.cells["hit_rate"]
                )
            ),
        }

    def __str__(self) -> str:
        days = self.within / timedelta(days=1)
        head = (
            f"Bought within {days:g} days after {self.as_of:%Y-%m-%d %H:%M} UTC, "
            f"{self.k} of each {self.by} list for each of {self.n_customers:,} customers"
        )
        parts = [f"{head}\n{as_text(self.table)}"]
        parts += [f"{title}\n{as_text(getattr(self, name))}" for name, title in TITLES.items()]
        return "\n\n".join([*parts, "\n".join(self.notes)])


TITLES = {
    "difference": f"{OURS} minus other methods, with 95 % interval",
    "discovery": "Lists of what was never bought before",
    "page": f"Pages of {ROWS} shelves of {COLUMNS}",
    "by_shelf": f"Shelves on {OURS}'s pages of all known customers, whether they buy or not",
    "calibration": "Chance of a purchase, predicted and observed, of the cells of these pages",
    "variety": f"Variety of {OURS}'s lists",
}


def evaluate_shelves(
    lines: Any,
    *,
    as_of: AsOf,
    within: str | timedelta = "14d",
    k: int = 10,
    by: str = "product",
    products: Any | None = None,
    customers: Any | None = None,
    recommender: ShelfRecommender | None = None,
    seed: str = "shelves",
) -> ShelfEvaluation:
    """Learn from the lines up to ``as_of`` and compare with what was bought in the span after it.

    ``lines`` and ``products`` as for ``ShelfRecommender.fit``. ``by`` "category" takes kinds of
    products (the last name of category_path, else the category) in place of products. Scored are
    the customers who buy in the span and had bought before it; with ``customers`` those of them
    who buy in it, newcomers too. The default recommender leaves no product out as not promotable
    or sensitive, so that figures compare with published ones. Raises BadInput when nobody buys in
    the span.
    """
    if by not in BY:
        raise BadInput(f"by is {by!r}; expected one of {', '.join(BY)}.")
    if by == "category":
        lines, products = by_kind(lines, products)
    everything, moment, length = read_lines(lines), _instant(as_of), span(within)
    purchases = count_purchases(everything, moment)
    then = everything.after(moment).until(moment + length)
    who, n_new = scored(everything, then, purchases, customers)
    days = f"{round(length / timedelta(days=1))}d"
    model = recommender or ShelfRecommender(
        within=days, promotable_only=False, allow=None, rules=OPEN
    )
    model.fit(everything, products, moment)
    truth, names = GroundTruth.of(then, everything, who), purchases.products
    shop = model.shop
    customer = positions(who, purchases.customers)
    recommended = model.recommend(who, k)
    others = all_lists(shop, customer, max(k, ROWS * COLUMNS))
    lists = {name: table[:, :k] for name, table in others.items()}
    lists[OURS] = list_table(recommended, who, names, k)
    scores = {name: truth.score(table, names) for name, table in lists.items()}
    known = GroundTruth.of(then, everything, purchases.customers)
    bought = known.frame()
    pages = model.shelves(request=_wide(model.request))
    page = pages[pages["customer_id"].isin(who)]
    return ShelfEvaluation(
        as_of=moment,
        within=length,
        k=k,
        by=by,
        n_customers=len(who),
        table=method_table(scores, k),
        difference=gains(scores, k, seed),
        discovery=_discovery(model, shop, truth, who, k),
        page=_pages(page, others, names, truth),
        by_shelf=shelf_rates(pages, bought, known.customers),
        cells=_cells(pages, bought, known.customers),
        calibration=_calibration(pages, known),
        variety=_variety(recommended, page, shop, who),
        intervals=interval_table(scores, k, seed),
        notes=_notes(everything, moment + length, n_new, customers, model),
    )


def _instant(as_of: AsOf) -> datetime:
    if as_of is None:
        raise BadInput("as_of is missing; give the instant to look from, such as '2017-11-01'.")
    return as_instant(as_of)


def _wide(asked: PageRequest) -> PageRequest:
    """Return the same request for the page that is measured."""
    return replace(asked, layout=replace(asked.layout, n_shelves=ROWS, n_items=COLUMNS))


def _discovery(
    model: ShelfRecommender, shop: ShopData, truth: GroundTruth, who: Texts, k: int
) -> pd.DataFrame:
    purchases = shop.purchases
    new = truth.never_bought(purchases)
    if not new.n_relevant.any():
        return pd.DataFrame(columns=["method", *(f"{m}@{k}" for m in METRICS), "n_customers"])
    recommended = model.recommend(who, k, only_new=True)
    lists = {
        **new_lists(shop, positions(who, purchases.customers), k),
        OURS: list_table(recommended, who, purchases.products, k),
    }
    return method_table({n: new.score(table, purchases.products) for n, table in lists.items()}, k)


def _pages(
    page: pd.DataFrame, lists: Mapping[str, Ints], names: Texts, truth: GroundTruth
) -> pd.DataFrame:
    who, bought = truth.customers, truth.frame()
    lists = {name: table[:, : ROWS * COLUMNS] for name, table in lists.items()}
    laid = {
        f"{POPULAR}, diagonal": lay_out(lists[POPULAR], ROWS, COLUMNS),
        f"{OWN}, row by row": lay_out(lists[OWN], ROWS, COLUMNS, how="row_by_row"),
        f"{OWN}, diagonal": lay_out(lists[OWN], ROWS, COLUMNS),
    }
    pages = {name: page_frame(table, who, names, shelf=name) for name, table in laid.items()}
    rows = [
        {
            "method": name,
            "ndcg2d": float(np.nanmean(ndcg2d(frame, bought, who, rows=ROWS, columns=COLUMNS))),
            "n_themes": float(themes_per_page(frame, who).mean()),
        }
        for name, frame in {**pages, OURS: page}.items()
    ]
    return pd.DataFrame(rows)


def _cells(pages: pd.DataFrame, bought: pd.DataFrame, customers: Texts) -> pd.DataFrame:
    found = cell_rates(pages, bought, customers).rename(
        columns={
            "shelf_rank": "row",
            "item_rank": "column",
            "observed_rate": "hit_rate",
            "mean_predicted": "predicted_rate",
        }
    )
    return found[["row", "column", "n", "hit_rate", "predicted_rate"]]


def _calibration(page: pd.DataFrame, truth: GroundTruth) -> pd.DataFrame:
    row = positions(page["customer_id"].to_numpy(object), truth.customers)
    product = positions(page["product_id"].to_numpy(object), truth.products)
    return reliability(page["score"].to_numpy(), truth.hit(row, product))


def _variety(
    recommended: pd.DataFrame, page: pd.DataFrame, shop: ShopData, who: Texts
) -> pd.DataFrame:
    purchases, catalog = shop.purchases, shop.catalog
    ever = {
        "customer_id": purchases.customers[purchases.bought.customer],
        "product_id": purchases.products[purchases.bought.product],
    }
    bought = pd.DataFrame(ever)
    category = names_at(catalog.categories, catalog.category)
    kinds = pd.DataFrame({"product_id": purchases.products, "category": category})
    rows = [
        {
            "of": name,
            "coverage": coverage(frame, purchases.products),
            "novelty_bits": _mean(novelty(frame, bought, who)),
            "diversity": _mean(diversity(frame, kinds, who)),
            "repeat_share": _mean(repeat_share(frame, bought, who)),
        }
        for name, frame in (("list", recommended), ("page", page))
    ]
    return pd.DataFrame(rows)


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _notes(
    everything: LineLog, end: datetime, n_new: int, customers: Any, model: ShelfRecommender
) -> tuple[str, ...]:
    notes = ["Equal scores go to the more popular product, then to the lower id."]
    if not model.promotable_only:
        notes.append("Products marked as not promotable are kept, as published figures do.")
    if n_new and customers is None:
        notes.append(f"{n_new:,} newcomers bought in the span and are not scored.")
    last = instant_of(everything.at.max())
    if last < end - timedelta(days=1):
        notes.append(f"The rows end at {last.isoformat()}, before the span does.")
    return tuple(notes)
