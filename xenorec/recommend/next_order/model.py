"""NextOrder: what the order that a customer is making right now will hold."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.array_types import Ints, significant
from xenorec.dataset.data_frames import ids as ids_of
from xenorec.dataset.data_frames import positions
from xenorec.dataset.dataset import Dataset
from xenorec.engine import map_batches
from xenorec.errors import BadInput, NotFitted
from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.eligibility import EligibilityFilter, Rules, make_guard
from xenorec.recommend.fallback_levels import LEVELS, PERSONAL, SHOP
from xenorec.recommend.grouped_arrays import names_at
from xenorec.recommend.line_log import MAY, NEED, LineLog, bought, read_lines
from xenorec.recommend.load_dataset import LoadedDataset, read_shop
from xenorec.recommend.model_store.save_load import load, save
from xenorec.recommend.next_order.order_ranker import order_ranker
from xenorec.recommend.next_order.recent_orders import with_recent
from xenorec.recommend.page.page_assembly import best_listed
from xenorec.recommend.page.page_candidates import PageKnowledge
from xenorec.recommend.page.page_cells import ListedProducts
from xenorec.recommend.purchase_matrix import PurchaseMatrix
from xenorec.recommend.ranker.pair_features import CustomerKnowledge
from xenorec.recommend.ranker.two_stage_ranker import RankedCandidates
from xenorec.recommend.shop_data import ShopData
from xenorec.timestamps import AsOf, as_instant, microseconds

AT_ONCE = 1024


class NextOrder:
    """What an order holds, for a till or an app that knows the customer at the door.

    It differs from ``ShelfRecommender`` in what is asked: not what is bought within days, whether
    or not the customer comes, but what is in the basket given that they are there now. So the
    score of a product is the probability that this one order holds it, learned from past orders
    and what was known right before each.

    Args: ``promotable_only``, ``allow`` and ``rules`` as for ``ShelfRecommender``.

    Example:
    >>> import pandas as pd
    >>> lines = pd.DataFrame({"customer_id": ["c1"], "order_id": ["o1"], "product_id": ["tea"],
    ...                       "ordered_at": pd.to_datetime(["2017-10-03"])})
    >>> NextOrder().fit(lines).recommend(["c1"])[["product_id", "level"]].values.tolist()
    [['tea', 'personal']]
    """

    def __init__(
        self,
        *,
        promotable_only: bool = True,
        allow: Collection[str] | None = (),
        rules: Rules | None = None,
    ) -> None:
        self.promotable_only = promotable_only
        self.allow = allow
        self.rules = rules

    def fit(
        self, history_or_lines: Any, products: Any | None = None, as_of: AsOf = None
    ) -> NextOrder:
        """Learn from a history, or from a frame of lines; returns itself.

        Tables, ``as_of`` and errors as for ``ShelfRecommender.fit``. A shop with too few orders
        for boosted models, or too young for them, gets plain rules: the share of the customer's
        orders that held a product, the later ones counting more.
        """
        read = self._read(history_or_lines, products, as_of)
        self.ranker_ = order_ranker().fit(read.shop)
        self.learned_at_ = read.shop.purchases.as_of
        return self._know(read)

    def update(
        self, history_or_lines: Any, products: Any | None = None, as_of: AsOf = None
    ) -> NextOrder:
        """Read the shop anew and keep what was learned of orders; returns itself.

        Raises BadInput for an instant before the one learned at.
        """
        self._fitted()
        read = self._read(history_or_lines, products, as_of)
        moment = read.shop.purchases.as_of
        if moment < self.learned_at_:
            raise BadInput(
                f"as_of is {moment.isoformat()}, yet the model learned from rows up to "
                f"{self.learned_at_.isoformat()}: it would know what came later. Give a later "
                "as_of, or fit at this one."
            )
        self.ranker_.view_ = self.ranker_.view(read.shop)
        return self._know(read)

    def save(self, folder: str | Path) -> Path:
        """Write all to a folder, whole or not at all; raises ModelFileError over anything else."""
        self._fitted()
        return save(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> NextOrder:
        """Return what was saved, answering the same; raises ModelFileError, naming the file."""
        return load(cls, Path(folder), cls._fitted)

    def recommend(
        self,
        customer_ids: Any = None,
        n: int = 10,
        at: AsOf = None,
        *,
        recent: Any | None = None,
        exclude: Any | None = None,
    ) -> pd.DataFrame:
        """Return the ``n`` likeliest products of the order that each customer makes at ``at``.

        One row per customer and product: customer_id, product_id, rank (1 is best), score (the
        probability that the order holds it), level; customers in the order asked, all known ones
        for None. A customer who has never bought gets what their store, else the shop, sells most.
        ``recent``: lines since ``as_of``, such as a till's journal of today; those before ``at``
        count as past of their own customer, and of nobody else. ``at``: by default ``as_of``, with
        ``recent`` right after its last line. ``exclude`` as for ``ShelfRecommender.recommend``.
        Raises BadInput for an ``at`` before ``as_of``.
        """
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise BadInput(f"n is {n!r}; expected a whole number of at least 1.")
        self._fitted()
        since = _purchases(recent)
        asked = self._read_.people.known.ids
        ids = asked if customer_ids is None else ids_of(customer_ids, "customer_ids")
        before = np.full(len(ids), self._instant(at, since))
        return self.told(ids, before, since, n, exclude=exclude)

    def told(
        self, ids: Any, before: Ints, recent: LineLog | None, n: int, *, exclude: Any | None = None
    ) -> pd.DataFrame:
        """Return the same with an instant of each customer's own, in microseconds since 1970."""
        everybody = self._read_.people.ask(ids)
        guard = make_guard(self._read_.facts, self.rules or Rules(), everybody, exclude)
        past = self._past(everybody, recent)

        def score(batch: pa.Table) -> pa.Table:
            rows = batch["row"].to_numpy()
            asked, end = everybody.take(rows), int(rows[-1]) + 1 if len(rows) else 0
            known = self.know(asked.ids, before[rows], past)
            return self._table(asked, guard.block(end - len(rows), end), known, n)

        table = map_batches(score, pa.table({"row": np.arange(len(everybody))}), rows=AT_ONCE)
        frame: pd.DataFrame = table.to_pandas()
        return frame

    @property
    def shop(self) -> ShopData:
        """The shop as it was read last."""
        self._fitted()
        return self._read_.shop

    def know(self, ids: Any, before: Ints, past: PurchaseMatrix) -> CustomerKnowledge:
        """Return what is known of customers right before an instant each."""
        customer = positions(ids, past.customers)
        return self.ranker_.view_.know(customer, purchases=past, before=before)

    def __repr__(self) -> str:
        fitted = f"fitted as of {self.as_of_.isoformat()}" if hasattr(self, "as_of_") else ""
        return f"NextOrder({fitted})"

    def _read(self, history_or_lines: Any, products: Any | None, as_of: AsOf) -> LoadedDataset:
        (self.rules or Rules()).check()
        return read_shop(
            history_or_lines,
            products,
            as_of,
            allow=self.allow,
            promotable_only=self.promotable_only,
        )

    def _know(self, read: LoadedDataset) -> NextOrder:
        self._read_, self.as_of_ = read, read.shop.purchases.as_of
        self._knowledge = PageKnowledge.of(read.shop, self.ranker_)
        return self

    def _past(self, asked: CustomerSelection, recent: LineLog | None) -> PurchaseMatrix:
        purchases = self._read_.shop.purchases
        if recent is None:
            return purchases
        return with_recent(purchases.of(asked.customer[asked.customer >= 0]), recent)

    def _instant(self, at: AsOf, recent: LineLog | None) -> int:
        """Return the instant of the order, of which all earlier orders are past."""
        if at is None:
            last = microseconds(self.as_of_) if recent is None else int(recent.at.max())
            return max(last, microseconds(self.as_of_)) + 1
        moment = as_instant(at, name="at")
        if moment < self.as_of_:
            raise BadInput(
                f"at is {moment.isoformat()}, yet the model knows rows up to "
                f"{self.as_of_.isoformat()}; give a later instant, or fit with an earlier as_of."
            )
        return max(microseconds(moment), microseconds(self.as_of_) + 1)

    def _table(
        self, asked: CustomerSelection, guard: EligibilityFilter, known: CustomerKnowledge, n: int
    ) -> pa.Table:
        shop = self._read_.shop
        ranked = self.ranker_.judge(known, asked.customer, guard.is_open)
        listed = _repeat_candidates(ranked, known)
        listed = listed.take(guard.lets(listed.asked, listed.product))
        listed = self._knowledge.filled(listed, asked, guard, n)
        row, rank = best_listed(listed, guard, shop.popularity.place, n)
        ids = names_at(asked.ids, listed.asked[row])
        names = names_at(shop.purchases.products, listed.product[row])
        levels = np.array(LEVELS, dtype=object)[listed.level[row]]
        return pa.table(
            {
                "customer_id": pa.array(ids, pa.string()),
                "product_id": pa.array(names, pa.string()),
                "rank": rank,
                "score": significant(listed.p_buy[row]),
                "level": pa.array(levels, pa.string()),
            }
        )

    def _fitted(self) -> None:
        if not hasattr(self, "_knowledge"):
            raise NotFitted("NextOrder has not learned anything yet; call fit(history) first.")


def _purchases(recent: Any | None) -> LineLog | None:
    """Return the lines of known customers, None where there are none yet."""
    if recent is None:
        return None
    lines = Dataset.of(recent, "lines")
    lines.table("lines").require(*NEED, may=MAY)
    return read_lines(lines) if len(bought(lines)) else None


def _repeat_candidates(ranked: RankedCandidates, known: CustomerKnowledge) -> ListedProducts:
    """Return the candidates of the customers who have bought before, without facts."""
    rows = np.flatnonzero(known.past.n_orders[ranked.asked] > 0)
    is_own = ranked.is_own[rows]
    of_category = np.nan_to_num(ranked.found["category_share"][rows]) > 0
    level = np.where(is_own | of_category, PERSONAL, SHOP)
    return ListedProducts(
        ranked.asked[rows], ranked.product[rows], ranked.p_buy[rows], is_own, level, {}
    )
