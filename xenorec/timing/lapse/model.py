"""Who is about to be lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.config.durations import span
from xenorec.dataset.data_frames import positions
from xenorec.errors import NotFitted
from xenorec.modeling.persistence import SavableModel
from xenorec.timestamps import AsOf
from xenorec.timing.closures import GivenClosure
from xenorec.timing.event_log import requested_customers
from xenorec.timing.lapse.interpurchase_cycle import cycle_of, hopeless_after
from xenorec.timing.next_purchase.model import NextPurchase
from xenorec.timing.next_purchase.purchase_model import NEVER_DAYS

STATES = ("active", "at_risk", "lapsed")
LAPSED = 0.8
"""From this chance of no order on somebody counts as lapsed."""


class Lapse(SavableModel):
    """The risk that a customer is lost, against the customer's own cycle, and when to win back.

    Sixty days of silence are nothing for who comes every quarter and much for who comes every
    week. ``p_lapsed`` is the probability of no order within 90 days (``within``) after ``as_of``,
    of ``NextPurchase``. ``state``: ``at_risk`` when the silence is longer than nine in ten gaps of
    the customer's rhythm, or p_lapsed is above 0.5; ``lapsed`` when the silence is that long and
    p_lapsed 0.8 or more (a new customer of whom eight in ten never return is at risk, not lost);
    else ``active``.

    The window to win back opens when the silence becomes that long (now, for who is at risk
    earlier), and closes when, still silent, the chance of an order within ``within`` is down to
    0.2. Where it is that low already, the window is over: both ends are the same day.

    >>> import pandas as pd
    >>> orders = pd.DataFrame({"customer_id": "a", "ordered_at": ["2017-01-01", "2017-01-08"]})
    >>> Lapse().fit(orders, as_of="2017-01-15").predict(["a"])["state"].item()
    'active'
    """

    parts: ClassVar[tuple[type, ...]] = (NextPurchase, *NextPurchase.parts)

    def __init__(
        self,
        *,
        within: str | timedelta = "90d",
        closures: Iterable[GivenClosure] = (),
        use_learner: bool = True,
    ) -> None:
        self.within = within
        self.closures = tuple(closures)
        self.use_learner = use_learner
        self._days = span(within) / timedelta(days=1)
        self.notes_: tuple[str, ...] = ()

    def fit(self, orders: Any, as_of: AsOf = None) -> Self:
        """Learn from orders at or before ``as_of``, as ``NextPurchase.fit``, and return self.

        A ``NextPurchase`` that is fitted already may be given in place of the orders.
        """
        if isinstance(orders, NextPurchase):
            self.next_ = orders
        else:
            model = NextPurchase(closures=self.closures, use_learner=self.use_learner)
            self.next_ = model.fit(orders, as_of)
        self.as_of_, self.notes_ = self.next_.as_of_, self.next_.notes_
        return self

    def predict(self, customer_ids: Any = None) -> pd.DataFrame:
        """Return one row per customer asked for (``None``: all known, in text order).

        customer_id; p_lapsed; state (``active``, ``at_risk``, ``lapsed``; empty for who is
        unknown); silent_days since the
        last order and usual_gap_days, the mean gap of the rhythm, drawn towards the shop's where
        orders are few (both empty for who is unknown); win_back_from and win_back_to: local days,
        NaT for who is unknown and where the window does not close in ten years; level as of
        ``NextPurchase``.
        """
        model = self._fitted()
        asked = requested_customers(customer_ids, model.purchases_.ids)
        told = model.predict(asked, within=timedelta(days=self._days))
        rows = positions(asked, model.purchases_.ids)
        p_lapsed = 1 - told["p_order"].to_numpy(dtype=np.float64)
        known = rows >= 0
        past = model.purchases_.patterns(rows[known])
        cycle, silent = cycle_of(past, model.model_), _silent(model, rows[rows >= 0])
        end = hopeless_after(past, model.model_, self._days)
        is_late = (silent >= cycle.unusual) | (p_lapsed[known] > 0.5)
        begin = np.where(is_late, np.minimum(cycle.unusual - silent, 0.0), cycle.unusual - silent)
        is_long = np.zeros(len(asked), dtype=bool)
        is_long[known] = silent >= cycle.unusual
        return pd.DataFrame(
            {
                "customer_id": pd.array(asked, dtype="str"),
                "p_lapsed": p_lapsed,
                "state": pd.array(_states(p_lapsed, _filled(begin, known), is_long), dtype="str"),
                "silent_days": _where(np.floor(silent), known),
                "usual_gap_days": _where(cycle.gap, known),
                "win_back_from": self._days_on(rows, _filled(begin, known)),
                "win_back_to": self._days_on(rows, _filled(np.maximum(begin, end), known)),
                "level": told["level"],
            }
        )

    def __str__(self) -> str:
        if not hasattr(self, "next_"):
            return "Lapse, not fitted"
        return f"Lapse within {self._days:g} days, of {self.next_}"

    __repr__ = __str__

    def _fitted(self) -> NextPurchase:
        if not hasattr(self, "next_"):
            raise NotFitted("Lapse has learned nothing yet; call fit(orders, as_of) first.")
        return self.next_

    def _days_on(self, rows: Ints, days: Floats) -> pd.Series[Any]:
        """Return the customers' local days, so many days after as_of; NaT for never."""
        comes = np.isfinite(days) & (days < NEVER_DAYS)
        return self._fitted().local_days(rows, np.where(comes, days, np.inf))


def _silent(model: NextPurchase, rows: Ints) -> Floats:
    """Return the days from each customer's last visit to as_of."""
    visits = model.visits_
    silent: Floats = model.now_ - visits.at[visits.bounds[1:] - 1][rows]
    return silent


def _filled(values: Floats, known: Bools) -> Floats:
    filled = np.full(len(known), np.nan)
    filled[known] = values
    return filled


def _where(values: Floats, known: Bools) -> pd.Series[Any]:
    """Return values as a column that is empty for who is not known."""
    return pd.Series(_filled(values, known), dtype="Float64").mask(~known)


def _states(p_lapsed: Floats, begin: Floats, is_long: Bools) -> Texts:
    """Return the state of each, whose window begins in so many days; None for who is unknown."""
    names = np.where(begin <= 0, STATES[1], STATES[0]).astype(object)
    names[is_long & (p_lapsed >= LAPSED)] = STATES[2]
    names[np.isnan(begin)] = None
    return names
