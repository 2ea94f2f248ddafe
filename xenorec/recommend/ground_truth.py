"""Ground truth: what each customer bought in the time after an instant, to score lists against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.dataset.data_frames import ids as ids_of
from xenorec.dataset.data_frames import positions
from xenorec.errors import BadInput
from xenorec.recommend.evaluation_metrics import rank_metrics
from xenorec.recommend.grouped_arrays import distinct
from xenorec.recommend.line_log import LineLog
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.timestamps import instant_of


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """What each scored customer bought: sorted numbers customer * width + product."""

    customers: Texts
    products: Texts
    pairs: Ints
    n_relevant: Ints

    @classmethod
    def of(cls, then: LineLog, everything: LineLog, who: Texts) -> GroundTruth:
        """Return what the customers ``who`` bought in the lines ``then``."""
        row = positions(everything.customers, who)[then.customer]
        width = len(everything.products)
        pairs = distinct(row[row >= 0] * width + then.product[row >= 0])
        n = np.bincount(pairs // width, minlength=len(who)).astype(np.int64)
        return cls(who, everything.products, pairs, n)

    def hit(self, row: Ints, product: Ints) -> Bools:
        """Return whether the customers bought the products (never for product -1)."""
        return (product >= 0) & np.isin(row * len(self.products) + product, self.pairs)

    def score(self, table: Ints, names: Texts) -> Floats:
        """Return customers x metrics of lists that hold positions in ``names``, or -1."""
        product = np.append(positions(names, self.products), -1)[table]
        row = np.broadcast_to(np.arange(len(table))[:, None], table.shape)
        return rank_metrics(self.hit(row, product), self.n_relevant)

    def never_bought(self, purchases: PurchaseMatrix) -> GroundTruth:
        """Return only what the customer had never bought before."""
        width = len(self.products)
        customer = positions(self.customers, purchases.customers)[self.pairs // width]
        product = positions(self.products, purchases.products)[self.pairs % width]
        known = (customer >= 0) & (product >= 0)
        key = customer * len(purchases.products) + product
        before = known & np.isin(key, purchases.bought.key)
        pairs = self.pairs[~before]
        n = np.bincount(pairs // width, minlength=len(self.customers)).astype(np.int64)
        return GroundTruth(self.customers, self.products, pairs, n)

    def frame(self) -> pd.DataFrame:
        """Return one row per customer and product bought."""
        width = len(self.products)
        columns = {
            "customer_id": self.customers[self.pairs // width],
            "product_id": self.products[self.pairs % width],
        }
        return pd.DataFrame(columns)


def scored(
    everything: LineLog, then: LineLog, purchases: PurchaseMatrix, customers: object | None
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
