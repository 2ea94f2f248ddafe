"""The hour of the week at which a customer is most likely to act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from xenorec.array_types import Floats, Ints, Texts, significant
from xenorec.config.durations import span
from xenorec.config.quiet_hours import QuietHours
from xenorec.dataset.data_frames import positions
from xenorec.engine import map_batches
from xenorec.errors import BadInput, NotFitted
from xenorec.modeling.parallel import in_threads
from xenorec.modeling.persistence import SavableModel
from xenorec.timestamps import AsOf, as_instant
from xenorec.timing.event_log import read_events, requested_customers
from xenorec.timing.local_time import HOURS
from xenorec.timing.send_time.country_conventions import weekend_days
from xenorec.timing.send_time.engagement_events import (
    read_acts,
    warn_of_bare_days,
    warn_without_zone,
    with_default_zone,
    zones_in,
)
from xenorec.timing.send_time.fit_curves import CurveLearner
from xenorec.timing.send_time.fit_notes import notes_of
from xenorec.timing.send_time.given_segments import read_segments
from xenorec.timing.send_time.hour_counts import count_people
from xenorec.timing.send_time.hour_exploration import HourExplorer, check_share
from xenorec.timing.send_time.legal_week import LegalWeek, best_hour, best_window, legal_week
from xenorec.timing.send_time.ramadan_curves import RamadanCurves, learn_ramadan
from xenorec.timing.send_time.send_planner import SendPlanner
from xenorec.timing.send_time.throttling import check_rate
from xenorec.timing.send_time.week_curves import BLOCK, WeekCurves
from xenorec.timing.send_time.weighted_counts import HourVisits, gather, local_hours


class SendTime(SavableModel):
    """When a customer acts: a curve over the 168 local hours of the week, and the best legal hour.

    A curve mixes the shop's, that of the segment (given, or of learned classes) and the own acts,
    smoothed over hours and days; the more own acts, the more they weigh. How much, and how fast
    acts grow old, is learned on the last weeks before ``as_of``.

    ``quiet``: hours in which nothing is sent, on the customer's own clock (``None`` for none); an
    hour with any quiet minute is not used. ``weekend``: days off such as ("fri", "sat"), ``None``
    for those of each customer's zone. ``ramadan``: whether its days are kept apart, ``None`` for
    where most people are Muslim. ``explore``: share of customers for whom ``schedule`` draws an
    hour, by ``seed``. ``time_zone``: the zone of who names none (else the most usual one, and
    UTC with the warning ``no-time-zone`` where nobody names one).

    It learns when people act of themselves, or click; not when a message works: that takes an
    experiment. Clicks are not set against the hours in which messages were sent. Seasons other
    than Ramadan are not seen.

    >>> import pandas as pd
    >>> events = pd.DataFrame({"customer_id": ["a"] * 5, "at": ["2017-10-31T12:30:00Z"] * 5,
    ...                        "time_zone": "Asia/Kolkata"})
    >>> SendTime().fit(events).predict(["a"])["hour_of_week"].item()  # Tuesday 18:00 in Kolkata
    42
    """

    parts: ClassVar[tuple[type, ...]] = (
        QuietHours,
        LegalWeek,
        HourVisits,
        WeekCurves,
        RamadanCurves,
    )

    def __init__(
        self,
        *,
        quiet: str | QuietHours | None = "21:00-09:00",
        weekend: Iterable[str] | None = None,
        ramadan: bool | None = None,
        explore: float = 0.05,
        seed: str = "send-time",
        time_zone: str | None = None,
    ) -> None:
        self.quiet = quiet
        self.weekend = weekend
        self.ramadan = ramadan
        self.explore = explore
        self.seed = seed
        self.time_zone = time_zone

    def fit(
        self,
        events: Any,
        as_of: AsOf = None,
        *,
        channel: str | None = None,
        segments: Any = None,
    ) -> Self:
        """Learn from events at or before ``as_of`` and return self.

        ``events`` is a history, or a frame with customer_id, at (aware, or naive = UTC) and
        time_zone (IANA; empty = the shop's most usual one), maybe name (kind of event) and
        channel. ``as_of=None`` means the history's own, or the last row. With ``channel``, clicks
        on its messages lead: each counts as several other acts, learned once there are enough.
        ``segments``: customer_id -> segment, as a mapping or a frame with these two columns.

        Raises ``BadInput`` for a missing column, an empty time, an unknown zone, quiet hours that
        leave no whole hour, an unknown weekend day, or a share of explorers outside 0 to 1.
        """
        check_share(self.explore)
        quiet = QuietHours.parse(self.quiet) if isinstance(self.quiet, str) else self.quiet
        self._legal = legal_week(quiet)
        weekend = None if self.weekend is None else weekend_days(self.weekend)
        acts = with_default_zone(read_acts(events, as_of=as_of, channel=channel), self.time_zone)
        warn_without_zone(acts)
        warn_of_bare_days(acts)
        visits = gather(acts, ramadan=self.ramadan)
        group = None
        if segments is not None:
            visits, group, self.segments_ = read_segments(segments, visits)
        else:
            self.segments_ = ()
        ordinary = visits.only(~visits.is_ramadan, today=visits.today)
        fitted = CurveLearner(group, weekend).fit(ordinary)
        self.as_of_ = acts.stamps.as_of
        self._visits, self._curves = visits, fitted.curves
        self._fasting = learn_ramadan(visits, fitted.curves.parts.shop)
        self.shop_curve_, self.ramadan_curve_ = fitted.curves.parts.shop, self._fasting.shop
        self.half_life_, self.click_weight_ = fitted.half_life, fitted.click_weight
        self.weights_ = fitted.curves.weights
        self.shop_zone_, self.customer_ids_ = visits.shop_zone, visits.ids
        self.notes_ = notes_of(visits, fitted, channel=channel)
        return self

    def predict(self, customer_ids: Any = None) -> pd.DataFrame:
        """Return one row per customer asked for (``None``: all known, in text order).

        customer_id; hour_of_week, the most likely legal hour (0 = Monday 00:00 local); p, its
        probability on the curve; best_from and best_to, the most likely 3 legal hours in a row
        as [from, to); level: ``personal`` with any event, ``segment`` with none but a given
        segment, ``shop`` without, ``default`` when nothing was learned at all.
        """
        asked, rows = self._requested_customers(customer_ids)
        told = map_batches(self._best, pa.table({"row": rows}), rows=BLOCK)
        hour, p, begin, end = (column.to_numpy() for column in told.columns)
        return pd.DataFrame(
            {
                "customer_id": pd.array(asked, dtype="str"),
                "hour_of_week": hour,
                "p": significant(p),
                "best_from": begin,
                "best_to": end,
                "level": pd.array(self._levels(rows), dtype="str"),
            }
        )

    def curve(self, customer_ids: Any = None, *, ramadan: bool = False) -> pd.DataFrame:
        """Return customer_id, hour_of_week, p: 168 rows per customer whose p sums to 1.

        With ``ramadan`` the curves of its days.
        """
        asked, rows = self._requested_customers(customer_ids)
        curves = self._fasting if ramadan else self._curves
        return pd.DataFrame(
            {
                "customer_id": pd.array(np.repeat(asked, HOURS), dtype="str"),
                "hour_of_week": np.tile(np.arange(HOURS), len(asked)),
                "p": curves.of(rows).ravel(),
            }
        )

    def curves_of(self, rows: Ints) -> Floats:
        """Return a curve of 168 per position in ``customer_ids_``; the shop's for -1."""
        self._fitted()
        return self._curves.of(rows)

    def audience(self, customer_ids: Any = None) -> pd.DataFrame:
        """Return 168 rows: hour_of_week, day, hour, n_people, n_own, n_expected.

        n_people: how many have their best legal hour there; n_own: how many of these by events of
        their own; n_expected: the sum of everybody's probabilities of the hour.
        """
        asked, rows = self._requested_customers(customer_ids)
        pieces = [rows[begin : begin + BLOCK] for begin in range(0, len(rows), BLOCK)]
        sums = in_threads(lambda piece: self._curves.of(piece).sum(axis=0), pieces)
        expected = sum(sums, np.zeros(HOURS))
        told = self.predict(asked)
        is_own = (told["level"] == "personal").to_numpy()
        return count_people(told["hour_of_week"].to_numpy(), is_own, expected)

    def score(self, events: Any) -> float:
        """Return the mean log-likelihood per event in nats; log(1/168) = -5.124 knows nothing.

        ``events`` as for ``fit``; all rows count, on the ordinary curve. Unknown customers are
        scored on the shop's curve.
        """
        self._fitted()
        stamps = read_events(events)
        if not len(stamps.at):
            raise BadInput("There are no events to score.")
        rows = positions(stamps.ids, self._visits.ids)[stamps.code]
        p = self._curves.at(rows, local_hours(stamps, unknown=self.shop_zone_))
        return float(np.mean(np.log(p)))

    def schedule(
        self,
        customer_ids: Any,
        *,
        after: datetime | date | str,
        within: str | timedelta = "48h",
        time_zones: Mapping[str, str] | pd.Series[Any] | None = None,
        per_minute: int | None = None,
    ) -> pd.DataFrame:
        """Return when to send to each customer, one row each.

        customer_id; send_at (UTC) in [after, after + within), in the customer's most likely legal
        hour among those that start there, and never in the last 5 minutes before quiet hours;
        hour_of_week; p, its probability; level; propensity, the chance with which this hour was
        chosen; explored, whether it was drawn. NaT and empty where no legal hour starts in the
        window.

        The share ``explore`` of customers draws one of the hours in proportion to the square root
        of p, anew for each day of ``after``. ``time_zones`` gives customers' IANA zones, as does a
        column time_zone of a frame of ``customer_ids``; where missing the learned one or the shop's
        is used. In Ramadan its own curve is used.

        The minute is spread by customer. With ``per_minute`` no minute takes more messages than
        that, as long as the window has room: full hours send people on to their next best hour,
        with an empty propensity, as that then depends on the others.
        """
        check_rate(per_minute)
        if time_zones is None:
            time_zones = zones_in(customer_ids)
        asked, rows = self._requested_customers(customer_ids)
        start = as_instant(after, name="after")
        planner = SendPlanner(
            self._curves,
            self._fasting,
            self._legal,
            HourExplorer(self.explore, self.seed, start.date().isoformat()),
            self.ramadan,
        )
        zones = self._zones(asked, rows, time_zones)
        plan = planner.plan(asked, rows, zones, start, span(within), per_minute)
        return pd.DataFrame(
            {
                "customer_id": pd.array(asked, dtype="str"),
                "send_at": pd.Series(plan.send).dt.tz_localize("UTC"),
                "hour_of_week": pd.Series(plan.hour, dtype="Int64").mask(plan.hour < 0),
                "p": significant(plan.p),
                "level": pd.array(self._levels(rows), dtype="str"),
                "propensity": significant(plan.propensity),
                "explored": plan.explored,
            }
        )

    def __str__(self) -> str:
        if not hasattr(self, "_curves"):
            return "SendTime, not fitted"
        return (
            f"SendTime: {len(self._visits.hour):,} visits of {len(self._visits.ids):,} customers "
            f"as of {self.as_of_.isoformat()}; an act counts half after {self.half_life_:g} days"
        )

    __repr__ = __str__

    def _fitted(self) -> None:
        if not hasattr(self, "_curves"):
            raise NotFitted("SendTime has learned nothing yet; call fit(events, as_of) first.")

    def _requested_customers(self, customer_ids: Any) -> tuple[Texts, Ints]:
        self._fitted()
        asked = requested_customers(customer_ids, self._visits.ids)
        return asked, positions(asked, self._visits.ids)

    def _best(self, table: pa.Table) -> pa.Table:
        """Return hour, p, begin and end of the window for a table of ``row`` numbers."""
        curves, legal = self._curves.of(table["row"].to_numpy()), self._legal.hours
        hour = best_hour(curves, legal)
        columns = (hour, curves[np.arange(len(hour)), hour], *best_window(curves, legal))
        return pa.table(dict(zip(("hour", "p", "begin", "end"), columns, strict=True)))

    def _levels(self, rows: Ints) -> Texts:
        fallback = "shop" if len(self._visits.hour) else "default"
        n = np.append(np.diff(self._visits.start), 0)[rows]
        given = self._curves.parts.groups.given
        grouped = np.zeros(len(rows), bool) if given is None else np.append(given, -1)[rows] >= 0
        known: Texts = np.where(grouped, "segment", fallback).astype(object)
        known[n > 0] = "personal"
        return known

    def _zones(self, asked: Texts, rows: Ints, given: Any) -> Texts:
        names = np.array(self._visits.zones, dtype=object)
        learned: Texts = names[np.append(self._visits.zone, len(names) - 1)[rows]]
        if given is None:
            return learned
        known = {str(customer): zone for customer, zone in dict(given).items() if pd.notna(zone)}
        zones = [known.get(customer, zone) for customer, zone in zip(asked, learned, strict=True)]
        return np.array(zones, dtype=object)
