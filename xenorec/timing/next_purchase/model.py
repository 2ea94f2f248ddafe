"""When a customer orders next, and whether at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.array_types import Floats, Ints, Texts, significant
from xenorec.config.durations import span
from xenorec.dataset.data_frames import positions
from xenorec.engine import map_batches
from xenorec.errors import NotFitted, NotSupported
from xenorec.modeling.landmarks import id_chance
from xenorec.modeling.persistence import SavableModel
from xenorec.timestamps import AsOf, as_instant, microseconds
from xenorec.timing.closures import (
    Closure,
    GivenClosure,
    closures_for,
    closures_of,
    warn_of_end,
    without,
)
from xenorec.timing.event_log import EventLog, requested_customers
from xenorec.timing.event_log import read_orders as read
from xenorec.timing.local_clock import on_local_clock
from xenorec.timing.local_time import DAY_US, by_zone, local_microseconds
from xenorec.timing.model_column import ModelColumn
from xenorec.timing.next_purchase.bgnbd import BgNbd, MbgNbd
from xenorec.timing.next_purchase.hazard_learner import MOST_OFF, HazardLearner, learn
from xenorec.timing.next_purchase.lifetimes_fitters import (
    make_fitter,
    read_customers,
    read_fitter,
)
from xenorec.timing.next_purchase.members import MEMBERS, Member, member_of
from xenorec.timing.next_purchase.model_selection import choose_model
from xenorec.timing.next_purchase.order_days import OrderDays, visits_of
from xenorec.timing.next_purchase.pareto_nbd import ParetoNbd
from xenorec.timing.next_purchase.population_forecast import ForecastAnswer, PopulationForecast
from xenorec.timing.next_purchase.purchase_model import NEVER_DAYS
from xenorec.timing.next_purchase.rfm_summary import (
    RfmPatterns,
    RfmSummary,
    compress,
    count_purchases,
)
from xenorec.timing.next_purchase.shop_rate import ShopRate

MODEL_COLUMNS = (
    ModelColumn("p_alive", "double", "probability that the customer will order again at all"),
    ModelColumn("p_order_14d", "double", "probability of an order within 14 days after as_of"),
    ModelColumn("p_order_28d", "double", "probability of an order within 28 days after as_of"),
    ModelColumn("n_expected_orders_28d", "double", "expected days with an order within 28 days"),
    ModelColumn("p_lapsed_90d", "double", "probability of no order within 90 days after as_of"),
)
AT_ONCE = 20_000


class NextPurchase(SavableModel):
    """The probability, number and date of a customer's next orders, and whether any comes.

    Two members under one answer. MBG/NBD, a probability model of how often customers order and
    when they stop, maybe after their first order (``member``: also ``"pareto_nbd"``, or
    ``"bg_nbd"``, which takes everybody who ordered once for alive); and boosted trees of the
    chance of an order in each stretch of the next 90 days, given none before it, learned at past
    instants from gaps and their regularity, recent windows, weekdays and the first member's
    answers. They are put together with the share that told the latest 28 days best, which neither
    had seen; beyond 90 days the first goes on alone.

    Time counts in days, and orders of one local day count once. ``level`` says what an answer
    rests on: ``personal``; ``segment`` for who ordered on one day only (others with one order,
    as long ago); ``shop`` for who is unknown, or when the shop is too small, too new or too even
    to tell habits, which a weak prior then holds; ``default`` when there is nothing at all.
    ``notes_`` says why.

    ``p_alive`` of who ordered once is never above that of who ordered twice and as lately, and
    falls while the silence lasts.

    ``closures``: pairs of first and last closed day. Runs of 14 and more days without any order
    that should have had 30 are found by themselves; closed days count as nobody's silence.
    ``use_learner=False``: the probability model alone and nothing else, which fits in a second.
    ``from_lifetimes`` and ``to_lifetimes`` exchange that one with the package ``lifetimes``, whose
    fitters do the fitting wherever they end at a maximum within bounds.

    It cannot see seasons: a December is judged by the months before it. What is learned of the
    latest weeks may so be wrong of the next ones; it decides who comes sooner than others, while
    the first member tells how many come in all, within 5 %.

    Sources: Batislam, Denizel and Filiztekin (2007), International Journal of Research in
    Marketing 24(3), 201-209; Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284;
    Schmittlein, Morrison and Colombo (1987), Management Science 33(1), 1-24; Singer and Willett
    (1993), Journal of Educational Statistics 18(2), 155-195, for the stretches.

    >>> import pandas as pd
    >>> orders = pd.DataFrame({"customer_id": "a", "ordered_at": ["2017-01-01", "2017-01-08"]})
    >>> model = NextPurchase().fit(orders, as_of="2017-01-15")
    >>> model.predict(["a"], within="14d")["level"].item()
    'shop'
    """

    as_of_: datetime | None
    learner_: HazardLearner | None
    once_: Floats | None
    chance_: Floats

    columns: ClassVar[tuple[ModelColumn, ...]] = MODEL_COLUMNS
    parts: ClassVar[tuple[type, ...]] = (
        *(Closure, RfmSummary, RfmPatterns, OrderDays),
        *(BgNbd, MbgNbd, ParetoNbd, ShopRate, HazardLearner),
    )

    def __init__(
        self,
        *,
        closures: Iterable[GivenClosure] = (),
        use_learner: bool = True,
        member: str = "mbg_nbd",
    ) -> None:
        self.closures = closures_of(closures)
        self.use_learner = use_learner
        self.member = member
        self.notes_: tuple[str, ...] = ()

    def fit(self, orders: Any, as_of: AsOf = None) -> Self:
        """Learn from orders at or before ``as_of`` and return self.

        ``orders`` is a history, or a frame with customer_id, ordered_at (naive = UTC) and
        optionally time_zone (IANA; the zone whose days count, of the answer too; else UTC). Rows
        without a customer, and returns (net_amount or quantity below 0), are left out.
        ``as_of=None`` means the history's own, or the last row.
        Raises ``BadInput`` for a missing column, an empty time, nothing to tell as_of from, or a
        member that there is not.
        """
        kind, stamps = member_of(self.member), read(orders, as_of=as_of)
        self._read(stamps)
        warn_of_end(self.closures_, stamps.as_of)
        choice = choose_model(self.patterns_, kind)
        self._know(choice.model, choice.level)
        if self.use_learner and choice.can_learn:
            self.learner_ = learn(self.visits_, self.now_, choice.model, self.chance_)
            self.once_ = self._outlook().with_once().once
        if self.learner_ is not None and self.learner_.share > 0:
            self.level_ = "personal"
        told = (*stamps.notes, *choice.notes, *map(str, self.closures_))
        self.notes_ = (*told, *(self._about_learner() if choice.can_learn else ()))
        return self

    @classmethod
    def from_lifetimes(
        cls,
        fitter: Any,
        orders: Any = None,
        *,
        as_of: AsOf = None,
        period: str | timedelta = "1d",
    ) -> Self:
        """Return a model that answers as a fitted fitter of ``lifetimes`` does.

        ``fitter``: BetaGeoFitter, ModifiedBetaGeoFitter or ParetoNBDFitter. ``orders``: the
        customers to answer for, as for ``fit``; without any those of the fitter's ``data``, each
        row of weight 1 one customer, with its index as customer_id. ``period``: the fitter's unit
        of time. Dates need ``as_of``, else they are NaT. Raises ``BadInput`` for anything else, an
        unfitted fitter, or data without customers' ids of their own.
        """
        days = span(period) / timedelta(days=1)
        model = cls(use_learner=False, member="bg_nbd")
        fitted = read_fitter(fitter, days)
        model.member = next(name for name, kind in MEMBERS.items() if kind is type(fitted))
        if orders is None:
            at = None if as_of is None else as_instant(as_of)
            known = read_customers(fitter, days)
            model.as_of_, model.closures_, model.purchases_ = at, (), known
            model.now_ = 0.0 if at is None else microseconds(at) / DAY_US
            model.visits_ = known.ends(model.now_)
            model.patterns_ = known.patterns(np.arange(len(known)))
        else:
            stamps = read(orders, as_of=as_of)
            model._read(stamps)
            warn_of_end(model.closures_, stamps.as_of)
        model._know(fitted, "personal")
        return model

    def to_lifetimes(self) -> Any:
        """Return a fitter of ``lifetimes`` with this model's parameters and customers, in days.

        BetaGeoFitter, ModifiedBetaGeoFitter or ParetoNBDFitter; its answers are those of the
        probability model, which are this model's own where ``use_learner`` is False. Raises
        ``NotSupported`` where the shop's fit ended in a plain rate, which lifetimes does not have.
        """
        past = self._fitted()
        if isinstance(self.model_, ShopRate):
            raise NotSupported(
                "There is no fitter of lifetimes for a plain rate, which is all that these orders "
                f"tell ({self.notes_[-1] if self.notes_ else 'no notes'}). Fit to more orders."
            )
        rows = np.arange(len(past), dtype=np.int64)
        return make_fitter(self.model_, past.patterns(rows), past.ids)

    def predict(self, customer_ids: Any = None, *, within: str | timedelta = "14d") -> pd.DataFrame:
        """Return one row per customer asked for (``None``: all known, in text order).

        customer_id; p_order and n_expected_orders (days with an order) in (as_of, as_of +
        within]; next_order_on: the local day by which an order has come with probability 0.5;
        next_order_from and next_order_to: the 80 % interval, from a tenth to nine tenths, or
        from a fifth to never (NaT) for who may well not come again; p_alive; level. NaT for
        what is not reached in ten years. A customer without an order gets the mean of the shop.
        """
        past = self._fitted()
        asked = requested_customers(customer_ids, past.ids)
        rows = positions(asked, past.ids)
        told = self._forecast(rows, (span(within) / timedelta(days=1),))
        soon, middle, late = (self.local_days(rows, wait) for wait in told.wait.T)
        return pd.DataFrame(
            {
                "customer_id": pd.array(asked, dtype="str"),
                "p_order": told.p_order[:, 0],
                "n_expected_orders": told.n_expected[:, 0],
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
        asked = requested_customers(customer_ids, past.ids)
        rows = positions(asked, past.ids)
        told = self._forecast(rows, (14.0, 28.0, 90.0))
        near, far, late = told.p_order.T
        values = (told.p_alive, near, far, told.n_expected[:, 1], 1 - late)
        named = {c.name: significant(v) for c, v in zip(MODEL_COLUMNS, values, strict=True)}
        return pa.table({"customer_id": pa.array(asked, pa.string()), **named})

    def waits(
        self, customer_ids: Any = None, *, within: str | timedelta = timedelta(NEVER_DAYS)
    ) -> Floats:
        """Return customers x 3: days from ``as_of`` to the start of the 80 % interval, the median
        and the end of the interval; inf for what is not reached in ten years.

        ``within``: an interval that would end later has no end, and begins at a fifth; so it
        holds 80 % where a date so late is as good as none.
        """
        past = self._fitted()
        rows = positions(requested_customers(customer_ids, past.ids), past.ids)
        return self._forecast(rows, (14.0,), span(within) / timedelta(days=1)).wait

    @property
    def parameters_(self) -> Member | None:
        """The probability model's parameters; None where there is only a rate."""
        self._fitted()
        return None if isinstance(self.model_, ShopRate) else self.model_

    @property
    def log_likelihood_(self) -> float:
        """Log-likelihood of the probability model in days; NaN without one."""
        fitted = self.parameters_
        return float("nan") if fitted is None else fitted.log_likelihood(self.patterns_)

    def __str__(self) -> str:
        if not hasattr(self, "level_"):
            return "NextPurchase, not fitted"
        p, at = self.parameters_, "an unknown instant"
        rate = "" if p is None else ", ".join(f"{name} {v:.4g}" for name, v in asdict(p).items())
        at = at if self.as_of_ is None else self.as_of_.isoformat()
        told = [f"{self.n_customers_:,} customers as of {at}", rate and f"{self.member} {rate}"]
        return "NextPurchase: " + "; ".join(text for text in (*told, *self.notes_) if text)

    __repr__ = __str__

    def _fitted(self) -> RfmSummary:
        if not hasattr(self, "purchases_"):
            raise NotFitted("NextPurchase has learned nothing yet; call fit(orders, as_of) first.")
        return self.purchases_

    def _read(self, stamps: EventLog) -> None:
        """Count what the customers did, on a clock that stands still while the shop is closed."""
        self.as_of_ = stamps.as_of
        stamps = on_local_clock(stamps)
        self.closures_ = closures_for(stamps, self.closures)
        stamps = without(stamps, self.closures_)
        self.now_ = microseconds(stamps.as_of) / DAY_US
        self.visits_ = visits_of(stamps)
        self.purchases_ = count_purchases(stamps, self.visits_)
        self.patterns_ = compress(self.purchases_)

    def _know(self, model: Member | ShopRate, level: str) -> None:
        """Take the probability model, and forget a learner."""
        self.model_, self.level_ = model, level
        self.learner_ = self.once_ = None
        self.n_customers_ = len(self.purchases_)
        self.n_repeat_orders_ = int(self.purchases_.frequency.sum())
        self.chance_ = id_chance(self.purchases_.ids)

    def _outlook(self, never: float = NEVER_DAYS) -> PopulationForecast:
        parts = (self.visits_, self.purchases_, self.now_, self.model_, self.learner_, self.once_)
        return PopulationForecast(*parts, is_textbook=not self.use_learner, never=never)

    def _about_learner(self) -> tuple[str, ...]:
        if not self.use_learner:
            return ()
        if self.learner_ is None:
            return (
                "The history is too short to learn rhythms: how often and how lately tell alone.",
            )
        told = []
        if self.learner_.share == 0:
            told.append(
                "How often and how lately alone were right more often on the latest 28 days."
            )
        if self.learner_.is_held:
            told.append(
                "What was learned would expect more or fewer orders in all than the probability "
                "model; it could be held against the latest 28 days only, not against another "
                f"season, so it tells who comes sooner and stays within {MOST_OFF:.0%} of that "
                "model's total."
            )
        return tuple(told)

    def _forecast(
        self, rows: Ints, days: tuple[float, ...], never: float = NEVER_DAYS
    ) -> ForecastAnswer:
        """Return what is said of the customers at ``rows``; of -1 what is said of the shop."""
        outlook = self._outlook(never)
        known = rows[rows >= 0]

        def score(table: pa.Table) -> pa.Table:
            told = outlook.known(table["row"].to_numpy(), days)
            wide = np.column_stack([told.p_alive, told.p_order, told.n_expected, told.wait])
            return pa.table({f"{at}": column for at, column in enumerate(wide.T)})

        wide = map_batches(score, pa.table({"row": known}), rows=AT_ONCE)
        found = np.empty((len(rows), wide.num_columns))
        found[rows >= 0] = np.column_stack([column.to_numpy() for column in wide.columns])
        if len(known) < len(rows):
            shop = outlook.shop(self.chance_, days)
            parts = (shop.p_alive[0], *shop.p_order[0], *shop.n_expected[0], *shop.wait[0])
            found[rows < 0] = parts
        n = len(days)
        return ForecastAnswer(
            found[:, 0], found[:, 1 : 1 + n], found[:, 1 + n : 1 + 2 * n], found[:, -3:]
        )

    def _levels(self, rows: Ints) -> Texts:
        fallback = "default" if self.level_ == "default" else "shop"
        levels = np.where(rows >= 0, self.level_, fallback).astype(object)
        if self.level_ == "personal":
            once = np.append(self.purchases_.frequency == 0, False)
            levels[once[rows]] = "segment"
        return levels

    def local_days(self, rows: Ints, wait: Floats) -> pd.Series[Any]:
        """Return the customer's local day ``wait`` days after as_of; NaT for never."""
        days = np.full(len(rows), np.datetime64("NaT", "us"))
        zones = np.full(len(rows), -1, dtype=np.int64)
        zones[rows >= 0] = self.purchases_.zone[rows[rows >= 0]]
        if self.as_of_ is None:
            return pd.Series(days)
        at = microseconds(self.as_of_) + (np.where(np.isfinite(wait), wait, 0) * DAY_US)
        for name, group in by_zone(zones, self.purchases_.zones, unknown="UTC"):
            wall = local_microseconds(at[group].astype(np.int64), name)
            days[group] = (wall // DAY_US * DAY_US).astype("datetime64[us]")
        days[~np.isfinite(wait)] = np.datetime64("NaT", "us")
        return pd.Series(days)
