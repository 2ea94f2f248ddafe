"""When a customer needs a product, or a kind of product, again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.array_types import Floats, Ints, significant
from xenorec.config.durations import span
from xenorec.dataset.data_frames import positions
from xenorec.engine import map_batches
from xenorec.errors import BadInput, NotFitted
from xenorec.modeling.persistence import SavableModel
from xenorec.timestamps import AsOf, instant_of, microseconds
from xenorec.timing.closures import (
    Closure,
    GivenClosure,
    closures_of,
    find_closures,
    warn_of_end,
)
from xenorec.timing.event_log import requested_customers
from xenorec.timing.local_time import DAY_US
from xenorec.timing.model_column import ModelColumn
from xenorec.timing.replenishment.due_columns import DUE_COLUMNS, due_columns, is_wanted
from xenorec.timing.replenishment.due_dates import DueDateModel, fit_due
from xenorec.timing.replenishment.gap_models import PairHistory, habit_of
from xenorec.timing.replenishment.item_features import ANCHOR, features
from xenorec.timing.replenishment.item_purchases import BY, ItemPurchases, read_bought
from xenorec.timing.replenishment.item_statistics import ItemStatistics, measure_items
from xenorec.timing.replenishment.open_days import begun, real_days
from xenorec.timing.replenishment.replenishment_learner import ReplenishmentLearner, learn

BLOCK = 20_000
"""Customers that are answered at once."""
FURTHEST = 3660.0
COLUMNS = (
    "customer_id",
    "product_id",
    "p_buy",
    "due_on",
    "last_bought_at",
    "n_bought",
    "is_overdue",
    "level",
)


class Replenishment(SavableModel):
    """The chance that a customer buys something again soon, and the day on which it is due.

    ``by="product"`` speaks of products, ``by="category"`` of the lines' ``category``, which then
    stands in the column ``product_id``. Only what the customer bought on at least ``min_bought``
    (2 or more) different days is spoken of.

    ``p_buy`` comes from boosted trees over gaps, visits, packs and the shop's trends, taught at
    past instants for the next 14 days. Any other horizon is the 14 days' answer stretched as the
    Poisson-gamma gap model says: its expected purchases within the horizon over those within 14
    days. So far ahead it knows no more than that model. A shop that shows too little for the
    trees gets the gap model alone, and ``notes_`` says so.

    ``due_on`` is a local day: the last purchase plus the customer's usual gap (geometric mean,
    drawn to the item's), longer after a larger pack as far as the shop's own gaps show that. It may
    lie in the past; ``is_overdue`` says so.

    ``level`` says on whose gaps the due day rests. ``personal``: the customer's own weigh most,
    which is so from three purchases on. With two, what is usual counts as much as the one gap of
    their own: ``segment`` is what is usual for the item, where others have shown 5 gaps of it or
    more, and ``shop`` what is usual there, where it is rarer. Nobody is told of at ``default``.

    ``closures``: pairs of first and last closed day. Runs of 14 and more days without any order
    that should have had 30 are found by themselves. Closed days count as nobody's silence, and
    what would fall due on one is due when the shop opens again; those that begin after ``as_of``
    are not known yet.

    It cannot see prices or offers to come, nor seasons that the data has not shown.

    Source: Bhagat, Muralidharan, Lobzhanidze and Vishwanath (2018), "Buy It Again", KDD.

    >>> import pandas as pd
    >>> days = pd.date_range("2017-01-01", periods=5, freq="10D")
    >>> lines = pd.DataFrame({"customer_id": "a", "order_id": range(5), "ordered_at": days,
    ...                       "product_id": "milk"})
    >>> told = Replenishment().fit(lines).predict(["a"])
    >>> told["due_on"].dt.strftime("%Y-%m-%d").item()
    '2017-02-20'
    """

    columns: ClassVar[tuple[ModelColumn, ...]] = DUE_COLUMNS
    parts: ClassVar[tuple[type, ...]] = (
        Closure,
        ItemPurchases,
        ItemStatistics,
        ReplenishmentLearner,
        DueDateModel,
    )

    def __init__(
        self,
        by: str = "product",
        *,
        min_bought: int = 2,
        closures: Iterable[GivenClosure] = (),
    ) -> None:
        self.by = by
        self.min_bought = min_bought
        self.closures = closures_of(closures)
        self.notes_: tuple[str, ...] = ()

    def fit(self, lines: Any, as_of: AsOf = None) -> Self:
        """Learn from lines at or before ``as_of`` and return self.

        ``lines`` is a history, or a frame with customer_id, order_id, ordered_at (naive = UTC),
        product_id and optionally quantity, category and time_zone (IANA; the zone whose days count,
        else UTC). Lines without a customer or a product,
        and returns, are left out. Raises ``BadInput`` for a missing column, an empty time, or
        nothing to tell as_of from.
        """
        self._check()
        real = read_bought(lines, by=self.by, as_of=as_of)
        self.closures_ = begun(self.closures, real.as_of) or find_closures(real.orders())
        warn_of_end(self.closures_, real.as_of)
        bought = real.on_clock(self.closures_)
        learner, reason = learn(bought, self.min_bought)
        n_items = max(len(bought.items), 1)
        self._bought, self._shop, self._learner = bought, measure_items(bought), learner
        self._due = fit_due(bought.pairs, bought.pairs.key % n_items, n_items)
        self._last_at = real.pairs.last_utc
        self.as_of_ = real.as_of - real.ahead
        self.today_ = microseconds(real.as_of) // DAY_US
        self.n_customers_ = len(bought.customers)
        self.n_pairs_ = int((bought.pairs.n >= self.min_bought).sum())
        self.stretch_ = self._due.stretch
        self.gain_ = 0.0 if learner is None else learner.gain
        self.notes_ = self._notes_about(reason)
        return self

    def predict(self, customer_ids: Any = None, *, within: str | timedelta = "14d") -> pd.DataFrame:
        """Return one row per customer and item bought at least ``min_bought`` times.

        In the order asked (None: all, in text order), the likeliest first: customer_id,
        product_id (the category when by category), p_buy within (as_of, as_of + within], due_on
        (local day), last_bought_at (UTC), n_bought (days), is_overdue, level. Who has no such item
        has no row.
        """
        bought, days = self._fitted(), span(within) / timedelta(days=1)
        rows = positions(requested_customers(customer_ids, bought.customers), bought.customers)

        def score(table: pa.Table) -> pa.Table:
            return self._block(table["row"].to_numpy(), days)

        return self._frame(map_batches(score, pa.table({"row": rows[rows >= 0]}), rows=BLOCK))

    def due(
        self,
        *,
        within: str | timedelta = "1d",
        before: str | timedelta | None = None,
        overdue: bool = False,
        customer_ids: Any = None,
    ) -> pd.DataFrame:
        """Return the rows that fall due soon, in order of date, then customer, then p_buy.

        ``before``: how long before the due day it is now (None: the due day itself); ``within``:
        for how many days of due dates to speak, in whole days. ``before="2d", within="1d"`` gives
        what is due the day after tomorrow: run it daily and each row comes once. ``overdue``: what
        was due before that too, as long as it is still wanted: 28 days ago at most, and less than
        twice its usual gap.
        """
        told = self.predict(customer_ids)
        ahead = timedelta(0) if before is None else span(before)
        begin = pd.Timestamp(self.today_, unit="D") + pd.Timedelta(ahead)
        first = begin.normalize()
        is_soon = (told["due_on"] >= first) & (told["due_on"] < begin + span(within))
        if overdue:
            is_soon |= is_wanted(told, self._today()) & (told["due_on"] < first)
        found = told[is_soon]
        found = found.sort_values(["due_on", "customer_id", "p_buy"], ascending=[True, True, False])
        return found.reset_index(drop=True)

    def profile_columns(self, customer_ids: Any = None) -> pa.Table:
        """Return customer_id and ``DUE_COLUMNS``, one row per customer asked for."""
        asked = requested_customers(customer_ids, self._fitted().customers)
        return due_columns(self.predict(asked), asked, self._today())

    def _today(self) -> datetime:
        """Return the local day of as_of, as its midnight."""
        return instant_of(self.today_ * DAY_US)

    def plain(self, customer_ids: Any = None, *, within: str | timedelta = "14d") -> pd.DataFrame:
        """Return what the simple models say beside it: one row per customer and item, by ids.

        customer_id, product_id, p_frequency (as often as since the start of the data),
        p_poisson_gamma, p_modified.
        """
        bought, days = self._fitted(), span(within) / timedelta(days=1)
        known = positions(requested_customers(customer_ids, bought.customers), bought.customers)
        pairs = bought.pairs.take(self._spoken_of(np.sort(known[known >= 0])))
        habit = habit_of(pairs, bought.now, self._shop.n_items)
        age = max(bought.now - float(bought.pairs.at.min(initial=bought.now)), 1.0)
        return pd.DataFrame(
            {
                **self._names(pairs.key),
                "p_frequency": -np.expm1(-pairs.n / age * days),
                "p_poisson_gamma": self._shop.gaps.p_within(habit, days),
                "p_modified": self._shop.gaps.p_within_modified(habit, days),
            }
        )

    def __str__(self) -> str:
        if not hasattr(self, "as_of_"):
            return f"Replenishment by {self.by}, not fitted"
        told = f"{self.n_pairs_:,} pairs of {self.n_customers_:,} customers"
        return " ".join(
            [f"Replenishment by {self.by}: {told} as of {self.as_of_.isoformat()}.", *self.notes_]
        )

    __repr__ = __str__

    def _check(self) -> None:
        if self.by not in BY:
            raise BadInput(f"by is {self.by!r}; expected 'product' or 'category'.")
        if self.min_bought < 2:
            raise BadInput(
                f"min_bought is {self.min_bought!r}; a gap needs two purchases, so give 2 or more."
            )

    def _notes_about(self, reason: str) -> tuple[str, ...]:
        if not self.n_pairs_:
            return ("Nobody has bought anything on two days, so nothing can be said to be due.",)
        alone = f"{reason}, so p_buy rests on the gaps between purchases alone."
        told = () if self._learner is not None else (alone,)
        return (*told, *map(str, self.closures_))

    def _fitted(self) -> ItemPurchases:
        if not hasattr(self, "_bought"):
            raise NotFitted("Replenishment has learned nothing yet; call fit(lines, as_of) first.")
        return self._bought

    def _spoken_of(self, customers: Ints) -> Ints:
        """Return the positions of the pairs to tell of, of customers in ascending order."""
        rows = self._bought.pairs_of(customers)
        return rows[self._bought.pairs.n[rows] >= self.min_bought]

    def _names(self, key: Ints) -> dict[str, Any]:
        customer, item = key // self._shop.n_items, key % self._shop.n_items
        return {
            "customer_id": pd.array(self._bought.customers[customer], dtype="str"),
            "product_id": pd.array(self._bought.items[item], dtype="str"),
        }

    def _block(self, asked: Ints, days: float) -> pa.Table:
        """Return the pairs of the customers asked about, in their order: position, p_buy, due."""
        customers = np.sort(asked)
        bought, rows = self._bought.of(customers), self._spoken_of(customers)
        kept = np.flatnonzero(bought.pairs.n >= self.min_bought)
        pairs = bought.pairs.take(kept)
        customer, item = pairs.key // self._shop.n_items, pairs.key % self._shop.n_items
        habit = habit_of(pairs, bought.now, self._shop.n_items)
        p_buy = significant(self._p(bought, kept, habit, days))
        due = np.floor(pairs.last + np.minimum(self._due.gap(pairs, item), FURTHEST))
        place = np.argsort(asked)[np.searchsorted(customers, customer)]
        order = np.lexsort((item, -p_buy, place))
        return pa.table({"pair": rows[order], "p_buy": p_buy[order], "due": due[order]})

    def _frame(self, told: pa.Table) -> pd.DataFrame:
        """Return the answer, one row per pair of ``told``, on the real calendar."""
        rows = told["pair"].to_numpy()
        key, n, last = self._bought.pairs.key[rows], self._bought.pairs.n[rows], self._last_at[rows]
        due = real_days(told["due"].to_numpy(), self.closures_)
        level = self._due.level(n, key % self._shop.n_items)
        return pd.DataFrame(
            {
                **self._names(key),
                "p_buy": told["p_buy"].to_numpy(),
                "due_on": due.astype(np.int64).astype("datetime64[D]").astype("datetime64[us]"),
                "last_bought_at": pd.to_datetime(
                    np.rint(last * DAY_US).astype("datetime64[us]"), utc=True
                ),
                "n_bought": n,
                "is_overdue": due < self.today_,
                "level": pd.array(level, dtype="str"),
            }
        )

    def _p(self, bought: ItemPurchases, rows: Ints, habit: PairHistory, days: float) -> Floats:
        """Return the chance within ``days``; other than the anchor by the gap model's ratio."""
        plain = self._shop.gaps.p_within(habit, days)
        if self._learner is None or not len(rows):
            return plain
        found = self._learner.p(features(bought, self._shop, rows))
        ratio = np.log1p(-plain) / np.log1p(-self._shop.gaps.p_within(habit, ANCHOR))
        return np.asarray(-np.expm1(np.log1p(-found) * ratio), dtype=np.float64)
