"""What a customer will be worth."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.array_types import Floats, Ints, Texts, significant
from xenorec.config.durations import span
from xenorec.dataset.data_frames import positions
from xenorec.errors import NotFitted
from xenorec.modeling.persistence import SavableModel
from xenorec.timestamps import AsOf
from xenorec.timing.closures import (
    Closure,
    GivenClosure,
    closures_for,
    closures_of,
    warn_of_end,
    without,
)
from xenorec.timing.event_log import requested_customers
from xenorec.timing.lifetime_value.spend_log import SpendLog, read_spending
from xenorec.timing.lifetime_value.value_by_currency import CurrencyValue, ValueAnswer, fit_worth
from xenorec.timing.local_clock import on_local_clock
from xenorec.timing.model_column import ModelColumn

VALUE_COLUMNS = (
    ModelColumn(
        "expected_value_365d_amount",
        "double",
        "expected spend within 365 days, in the customer's main currency (most expected orders)",
    ),
    ModelColumn("n_expected_orders_365d", "double", "expected days with an order within 365 days"),
)


class LifetimeValue(SavableModel):
    """The orders and the spend to expect of each customer within a horizon, with an interval.

    Expected days with an order (MBG/NBD or BG/NBD, whichever makes the orders likelier) times the
    expected value of such a day (Gamma-Gamma), blended with trees that learned at past days who
    buys more, rescaled to the level of the former. One model per currency; a customer with two
    currencies has two rows. Amounts are float64, as a model's answers are no book entries.

    It sees no seasons and no customers to come, and beyond half of the data's length it could not
    be checked against the past: the probability model goes on alone (``notes_`` says so). Orders
    of one local day count once. Returns (negative amounts) are no orders; they lower a customer's
    value by the own share of returned money, drawn to the shop's. Closed days (``closures``, else
    found) count as nobody's silence, as for ``NextPurchase``, which tells who is still alive. Of
    who hardly comes any more the expected spend may lie above the interval: it is the mean of much
    and mostly none.

    Source: Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284, and Journal of
    Marketing Research 42(4), 415-430.

    >>> import pandas as pd
    >>> orders = pd.DataFrame({"customer_id": "a", "ordered_at": ["2017-01-01", "2017-01-08"],
    ...     "net_amount": [10.0, 20.0], "currency": "EUR"})
    >>> model = LifetimeValue().fit(orders, as_of="2017-01-15")
    >>> model.predict(["a"], within="14d")["level"].item()
    'shop'
    """

    columns: ClassVar[tuple[ModelColumn, ...]] = VALUE_COLUMNS
    parts: ClassVar[tuple[type, ...]] = (Closure, CurrencyValue)

    def __init__(self, *, closures: Iterable[GivenClosure] = ()) -> None:
        self.closures = closures_of(closures)
        self.notes_: tuple[str, ...] = ()

    def fit(self, orders: Any, as_of: AsOf = None) -> Self:
        """Learn from orders at or before ``as_of`` and return self.

        ``orders`` is a history, or a frame with customer_id, ordered_at (naive = UTC),
        net_amount and optionally currency, margin_amount, order_id and time_zone (IANA; the zone
        whose days count, else UTC). Rows without a customer, and rows that repeat another of their
        order, are left out; an empty amount counts as 0. ``as_of=None`` means the history's own, or
        the last row. Raises ``BadInput`` for a missing column, an order_id in two rows that differ,
        an amount that is no finite number, an empty time, or nothing to tell as_of from.
        """
        rows = read_spending(orders, as_of=as_of)
        self.as_of_ = rows.as_of
        rows = on_local_clock(rows)
        self.closures_ = closures_for(rows.rows(rows.amount >= 0), self.closures)
        warn_of_end(self.closures_, rows.as_of)
        rows = without(rows, self.closures_, step=1)
        parts = _by_currency(rows)
        self.currencies_ = tuple(parts)
        self._worths = tuple(fit_worth(part) for part in parts.values())
        self._main = int(np.argmax([len(worth.ids) for worth in self._worths]))
        self._known = np.unique(np.concatenate([worth.ids for worth in self._worths]))
        self._has_margin = rows.margin is not None
        self.n_customers_ = len(self._known)
        told = (*_notes_on(rows), *map(str, self.closures_))
        self.notes_ = (*told, *_notes_of(self.currencies_, self._worths))
        return self

    def predict(
        self, customer_ids: Any = None, *, within: str | timedelta = "365d"
    ) -> pd.DataFrame:
        """Return one row per customer asked for and currency (``None``: all known, in text order).

        customer_id; n_expected_orders (days with an order) and expected_value_amount in (as_of,
        as_of + within]; value_from_amount and value_to_amount, between which the spend lies with
        80 %; expected_margin_amount when margins were given; level: ``personal``,
        ``shop`` or ``default``; currency (empty when the orders have none). A customer without
        an order gets the mean of the shop in the currency that most customers pay in.
        """
        days = span(within) / timedelta(days=1)
        asked = requested_customers(customer_ids, self._fitted())
        told = [
            _rows(asked, worth, currency, days)
            for worth, currency in zip(self._worths, self.currencies_, strict=True)
        ]
        told.append(self._strangers(asked, days))
        frame = pd.concat(told).sort_index(kind="stable").reset_index(drop=True)
        return frame if self._has_margin else frame.drop(columns="expected_margin_amount")

    def profile_columns(self, customer_ids: Any = None) -> pa.Table:
        """Return customer_id and ``VALUE_COLUMNS``, one row per customer, 6 significant digits.

        Of a customer with several currencies it is the one with the most expected orders.
        """
        told = self.predict(customer_ids, within="365d")
        best = told["n_expected_orders"].to_numpy()
        order = np.lexsort((-best, told["customer_id"].to_numpy(object)))
        names = told["customer_id"].to_numpy(object)
        first = order[np.unique(names[order], return_index=True)[1]]
        told = told.iloc[np.sort(first)]
        values = (told["expected_value_amount"], told["n_expected_orders"])
        named = {
            column.name: significant(value.to_numpy(np.float64))
            for column, value in zip(VALUE_COLUMNS, values, strict=True)
        }
        return pa.table({"customer_id": pa.array(told["customer_id"], pa.string()), **named})

    @property
    def worths_(self) -> dict[str, CurrencyValue]:
        """What was learned, by currency ("" where the orders name none)."""
        self._fitted()
        return dict(zip(self.currencies_, self._worths, strict=True))

    def __str__(self) -> str:
        if not hasattr(self, "as_of_"):
            return "LifetimeValue, not fitted"
        told = f"{self.n_customers_:,} customers as of {self.as_of_.isoformat()}"
        paid = ", ".join(name for name in self.currencies_ if name)
        return "LifetimeValue: " + "; ".join(text for text in (told, paid, *self.notes_) if text)

    __repr__ = __str__

    def _fitted(self) -> Texts:
        if not hasattr(self, "_known"):
            raise NotFitted("LifetimeValue has learned nothing yet; call fit(orders, as_of) first.")
        return self._known

    def _strangers(self, asked: Texts, days: float) -> pd.DataFrame:
        """Return the rows of customers without an order: the mean of the main currency."""
        worth, currency = self._worths[self._main], self.currencies_[self._main]
        place = np.flatnonzero(positions(asked, self._known) < 0)
        answer = worth.of_the_shop(days).take(np.zeros(len(place), dtype=np.int64))
        margin = np.full(len(place), worth.shop_margin)
        level = "default" if worth.base.level == "default" else "shop"
        return _frame(asked, place, answer, margin=margin, level=level, currency=currency)


def _by_currency(rows: SpendLog) -> dict[str, SpendLog]:
    """Return the rows of each currency in text order; at least one, though it be empty."""
    parts = {}
    for code in np.unique(rows.currency):
        part = _buyers(rows.where(rows.currency == code))
        if len(part.ids):
            parts[rows.currencies[code] if code >= 0 else ""] = part
    return parts or {"": _buyers(rows)}


def _buyers(rows: SpendLog) -> SpendLog:
    """Return the rows of customers with an order that is no return."""
    bought = np.bincount(rows.code, rows.amount >= 0, minlength=len(rows.ids)) > 0
    return rows.where(bought[rows.code])


def _rows(asked: Texts, worth: CurrencyValue, currency: str, days: float) -> pd.DataFrame:
    found = positions(asked, worth.ids)
    place = np.flatnonzero(found >= 0)
    row = found[place]
    margin = np.zeros(len(row)) if worth.margin is None else worth.margin[row]
    answer, level = worth.answer(days, row), worth.base.level
    return _frame(asked, place, answer, margin=margin, level=level, currency=currency)


def _frame(
    asked: Texts, place: Ints, told: ValueAnswer, *, margin: Floats, level: str, currency: str
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": pd.array(asked[place], dtype="str"),
            "n_expected_orders": told.n,
            "expected_value_amount": told.value,
            "value_from_amount": told.value_from,
            "value_to_amount": told.value_to,
            "expected_margin_amount": told.value * margin,
            "level": pd.array([level] * len(place), dtype="str"),
            "currency": pd.array([currency or None] * len(place), dtype="str"),
        },
        index=place,
    )


def _notes_on(rows: SpendLog) -> tuple[str, ...]:
    notes = []
    if rows.n_empty:
        notes.append(f"net_amount was empty in {rows.n_empty:,} rows; they count as 0.")
    if rows.n_repeated:
        notes.append(f"{rows.n_repeated:,} rows repeat another and are left out.")
    if returned := int((rows.amount < 0).sum()):
        notes.append(
            f"{returned:,} rows have a negative amount; they count as returns, not as orders."
        )
    return tuple(notes)


def _notes_of(currencies: tuple[str, ...], worths: tuple[CurrencyValue, ...]) -> tuple[str, ...]:
    """Return what each currency's fit had to say, with its name where there are several."""
    several = len(worths) > 1
    return tuple(
        f"{currency or 'No currency'}: {note}" if several else note
        for currency, worth in zip(currencies, worths, strict=True)
        for note in worth.notes
    )
