"""When a customer orders next, and whether at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.errors import NotFitted
from xenorec.frames import positions
from xenorec.instants import AsOf, microseconds
from xenorec.numbers import Floats, Ints, Texts, significant
from xenorec.spans import span
from xenorec.timing.local_time import DAY_US, by_zone, local_microseconds
from xenorec.timing.model_column import ModelColumn
from xenorec.timing.next_purchase.bgnbd import BgNbd
from xenorec.timing.next_purchase.forecast import Forecast, forecast, shop_forecast
from xenorec.timing.next_purchase.guard import choose_model
from xenorec.timing.next_purchase.purchases import Patterns, Purchases, compress, count_purchases
from xenorec.timing.stamps import read_orders as read
from xenorec.timing.stamps import wanted

MODEL_COLUMNS = (
    ModelColumn("p_alive", "double", "probability that the customer will order again at all"),
    ModelColumn("p_order_14d", "double", "probability of an order within 14 days after as_of"),
    ModelColumn("p_order_28d", "double", "probability of an order within 28 days after as_of"),
    ModelColumn("n_expected_orders_28d", "double", "expected days with an order within 28 days"),
)


class NextPurchase:
    """The probability, number and date of a customer's next orders (BG/NBD).

    Time counts in days, and orders of one UTC day count once. A shop that is too small, too new
    or too odd for the model gets one rate for everybody: ``level`` is then ``shop`` (or
    ``default``) instead of ``personal``, and ``notes_`` says why.

    It cannot see seasons, weekdays or regular rhythms: between two orders of an active customer
    every day is as likely as the next. Customers with a single order count as alive.

    Source: Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284.

    >>> import pandas as pd
    >>> orders = pd.DataFrame({"customer_id": "a", "ordered_at": ["2017-01-01", "2017-01-08"]})
    >>> model = NextPurchase().fit(orders, as_of="2017-01-15")
    >>> model.predict(["a"], within="14d")["level"].item()
    'shop'
    """

    columns: ClassVar[tuple[ModelColumn, ...]] = MODEL_COLUMNS

    def __init__(self) -> None:
        self.notes_: tuple[str, ...] = ()

    def fit(self, orders: Any, as_of: AsOf = None) -> Self:
        """Learn from orders at or before ``as_of`` and return self.

        ``orders`` is a history, or a frame with customer_id, ordered_at (naive = UTC) and
        optionally time_zone (IANA; the zone of the answer's local days, else UTC). Rows without
        a customer are left out. ``as_of=None`` means the history's own, or the last row.
        Raises ``BadInput`` for a missing column, an empty time, or nothing to tell as_of from.
        """
        stamps = read(orders, as_of=as_of)
        self._purchases = count_purchases(stamps)
        self._patterns = compress(self._purchases)
        choice = choose_model(self._patterns)
        self.as_of_ = stamps.as_of
        self.level_, self.notes_, self._model = choice.level, choice.notes, choice.model
        self.parameters_ = choice.model if isinstance(choice.model, BgNbd) else None
        self.n_customers_ = len(self._purchases)
        self.n_repeat_orders_ = int(self._purchases.frequency.sum())
        return self

    def predict(self, customer_ids: Any = None, *, within: str | timedelta = "14d") -> pd.DataFrame:
        """Return one row per customer asked for (``None``: all known, in text order).

        customer_id; p_order and n_expected_orders (days with an order) in (as_of, as_of +
        within]; next_order_on, next_order_from and next_order_to: local days by which an order
        has come with probability 0.5, 0.1 and 0.9, NaT when that is not reached in ten years;
        p_alive; level: ``personal``, or ``shop`` or ``default`` for customers without an order
        and shops without a fit. A customer without an order gets the mean of the shop.
        """
        past = self._fitted()
        asked = wanted(customer_ids, past.ids)
        rows = positions(asked, past.ids)
        told = self._forecast(rows, span(within) / timedelta(days=1))
        soon, middle, late = (self._local_days(rows, wait) for wait in told.wait.T)
        return pd.DataFrame(
            {
                "customer_id": pd.array(asked, dtype="str"),
                "p_order": told.p_order,
                "n_expected_orders": told.n_expected,
                "next_order_on": middle,
                "next_order_from": soon,
                "next_order_to": late,
                "p_alive": told.p_alive,
                "level": pd.array(self._levels(rows), dtype="str"),
            }
        )

    def profile_columns(self, customer_ids: Any = None) -> pa.Table:
        """Return customer_id and ``MODEL_COLUMNS``, one row per customer, 6 significant digits."""
        past = self._fitted()
        asked = wanted(customer_ids, past.ids)
        rows = positions(asked, past.ids)
        near, far = self._forecast(rows, 14.0), self._forecast(rows, 28.0)
        values = (near.p_alive, near.p_order, far.p_order, far.n_expected)
        named = {c.name: significant(v) for c, v in zip(MODEL_COLUMNS, values, strict=True)}
        return pa.table({"customer_id": pa.array(asked, pa.string()), **named})

    @property
    def log_likelihood_(self) -> float:
        """Log-likelihood of the fit in days; NaN without one."""
        self._fitted()
        fitted = self.parameters_
        return float("nan") if fitted is None else fitted.log_likelihood(self._patterns)

    def __str__(self) -> str:
        if not hasattr(self, "level_"):
            return "NextPurchase, not fitted"
        p = self.parameters_
        rate = (
            f"BG/NBD r {p.r:.3f}, alpha {p.alpha:.2f} days, a {p.a:.3f}, b {p.b:.3f}" if p else ""
        )
        told = [f"{self.n_customers_:,} customers as of {self.as_of_.isoformat()}", rate]
        return "NextPurchase: " + "; ".join(text for text in (*told, *self.notes_) if text)

    __repr__ = __str__

    def _fitted(self) -> Purchases:
        if not hasattr(self, "_purchases"):
            raise NotFitted("NextPurchase has learned nothing yet; call fit(orders, as_of) first.")
        return self._purchases

    def _forecast(self, rows: Ints, days: float) -> Forecast:
        known = rows >= 0
        shop = self._shop_forecast(days)
        own = forecast(self._model, self._past(rows[known]), days)

        def fill(of_shop: Floats, personal: Floats) -> Floats:
            values = np.repeat(of_shop, len(rows), axis=0)
            values[known] = personal
            return values

        return Forecast(
            fill(shop.p_alive, own.p_alive),
            fill(shop.p_order, own.p_order),
            fill(shop.n_expected, own.n_expected),
            fill(shop.wait, own.wait),
        )

    def _shop_forecast(self, days: float) -> Forecast:
        if isinstance(self._model, BgNbd):
            return shop_forecast(self._model, self._patterns, days)
        nobody = np.zeros(1)
        return forecast(self._model, Patterns(nobody, nobody, nobody, nobody), days)

    def _past(self, rows: Ints) -> Patterns:
        past = self._purchases
        return Patterns(
            frequency=past.frequency[rows].astype(np.float64),
            recency=past.recency[rows].astype(np.float64),
            age=past.age[rows].astype(np.float64),
            weight=np.ones(len(rows)),
        )

    def _levels(self, rows: Ints) -> Texts:
        fallback = "default" if self.level_ == "default" else "shop"
        return np.where(rows >= 0, self.level_, fallback).astype(object)

    def _local_days(self, rows: Ints, wait: Floats) -> pd.Series[Any]:
        """Return the customer's local day ``wait`` days after as_of; NaT for never."""
        days = np.full(len(rows), np.datetime64("NaT", "us"))
        zones = np.full(len(rows), -1, dtype=np.int64)
        zones[rows >= 0] = self._purchases.zone[rows[rows >= 0]]
        at = microseconds(self.as_of_) + (np.where(np.isfinite(wait), wait, 0) * DAY_US)
        for name, group in by_zone(zones, self._purchases.zones, unknown="UTC"):
            wall = local_microseconds(at[group].astype(np.int64), name)
            days[group] = (wall // DAY_US * DAY_US).astype("datetime64[us]")
        days[~np.isfinite(wait)] = np.datetime64("NaT", "us")
        return pd.Series(days)
