"""The hour of the week at which a customer is most likely to act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Self

import numpy as np
import pandas as pd

from xenorec.chance import uniform
from xenorec.errors import BadInput, NotFitted
from xenorec.frames import positions
from xenorec.instants import AsOf, as_instant
from xenorec.numbers import Ints, Texts, significant
from xenorec.spans import span
from xenorec.timing.local_time import HOURS
from xenorec.timing.quiet_hours import QuietHours
from xenorec.timing.send_time.counts import count_hours, local_hours
from xenorec.timing.send_time.curves import HourCurves, fit_curves
from xenorec.timing.send_time.legal_week import best_hour, best_window, legal_week
from xenorec.timing.send_time.slots import legal_slots
from xenorec.timing.stamps import read_events, wanted
from xenorec.timing.zones import zone_info

_CHUNK = 20_000


class SendTime:
    """When a customer acts: a curve over the 168 local hours of the week, and the best legal hour.

    Counts per customer are drawn towards the shop's curve, the more the fewer they are; how
    strongly is learned. ``quiet`` are the hours in which nothing is sent, on the customer's own
    clock (``None`` for none); an hour with any quiet minute is not used.

    It learns when people act of themselves, not when a message works: that takes an experiment.
    Neighbouring hours do not help each other, and seasons are not seen.

    >>> import pandas as pd
    >>> events = pd.DataFrame({"customer_id": ["a"] * 5, "at": ["2017-10-31T12:30:00Z"] * 5,
    ...                        "time_zone": "Asia/Kolkata"})
    >>> SendTime().fit(events).predict(["a"])["hour_of_week"].item()  # Tuesday 18:00 in Kolkata
    42
    """

    def __init__(self, *, quiet: str | QuietHours | None = "21:00-09:00") -> None:
        self.quiet = quiet

    def fit(self, events: Any, as_of: AsOf = None) -> Self:
        """Learn from events at or before ``as_of`` and return self.

        ``events`` is a history, or a frame with customer_id, at (aware, or naive = UTC) and
        time_zone (IANA; empty = the shop's most usual one). ``as_of=None`` means the history's
        own, or the last row. Raises ``BadInput`` for a missing column, an empty time, an unknown
        zone, or quiet hours that leave no whole hour.
        """
        quiet = QuietHours.parse(self.quiet) if isinstance(self.quiet, str) else self.quiet
        self._legal = legal_week(quiet)
        stamps = read_events(events, as_of=as_of)
        self.as_of_ = stamps.as_of
        self._curves = fit_curves(count_hours(stamps))
        self.shop_curve_, self.pull_ = self._curves.shop, self._curves.pull
        self.shop_zone_, self.customer_ids_ = self._curves.counts.shop_zone, self._curves.counts.ids
        return self

    def predict(self, customer_ids: Any = None) -> pd.DataFrame:
        """Return one row per customer asked for (``None``: all known, in text order).

        customer_id; hour_of_week, the most likely legal hour (0 = Monday 00:00 local); p, its
        probability on the curve; best_from and best_to, the most likely 3 legal hours in a row
        as [from, to); level: ``personal`` with any event, ``shop`` without, ``default`` when
        nothing was learned at all.
        """
        asked, rows = self._asked(customer_ids)
        parts = [self._best(self._curves.of(part)) for part in _split(rows)]
        hour, p, start, end = (np.concatenate(column) for column in zip(*parts, strict=True))
        return pd.DataFrame(
            {
                "customer_id": pd.array(asked, dtype="str"),
                "hour_of_week": hour,
                "p": significant(p),
                "best_from": start,
                "best_to": end,
                "level": pd.array(self._levels(rows), dtype="str"),
            }
        )

    def curve(self, customer_ids: Any = None) -> pd.DataFrame:
        """Return customer_id, hour_of_week, p: 168 rows per customer whose p sums to 1."""
        asked, rows = self._asked(customer_ids)
        return pd.DataFrame(
            {
                "customer_id": pd.array(np.repeat(asked, HOURS), dtype="str"),
                "hour_of_week": np.tile(np.arange(HOURS), len(asked)),
                "p": self._curves.of(rows).ravel(),
            }
        )

    def score(self, events: Any) -> float:
        """Return the mean log-likelihood per event in nats; log(1/168) = -5.124 knows nothing.

        ``events`` as for ``fit``; all rows count. Unknown customers are scored on the shop's
        curve.
        """
        counts, stamps = self._fitted().counts, read_events(events)
        if not len(stamps.at):
            raise BadInput("There are no events to score.")
        rows = positions(stamps.ids, counts.ids)[stamps.code]
        p = self._curves.at(rows, local_hours(stamps, unknown=counts.shop_zone))
        return float(np.mean(np.log(p)))

    def schedule(
        self,
        customer_ids: Any,
        *,
        after: datetime | date | str,
        within: str | timedelta = "48h",
        time_zones: Mapping[str, str] | pd.Series[Any] | None = None,
    ) -> pd.DataFrame:
        """Return when to send to each customer: customer_id, send_at, hour_of_week, p, level.

        ``send_at`` (UTC) lies in [after, after + within), in the customer's most likely legal
        hour among those that start there; the minute is spread by customer. ``time_zones`` gives
        customers' IANA zones, where missing the learned one or the shop's is used. NaT, and an
        empty hour_of_week and p, where no legal hour starts in the window.
        """
        asked, rows = self._asked(customer_ids)
        start, length = as_instant(after, name="after"), span(within)
        send = np.full(len(asked), np.datetime64("NaT", "us"))
        hour, p = np.full(len(asked), -1, dtype=np.int64), np.full(len(asked), np.nan)
        for zone, group in _groups(self._zones(asked, rows, time_zones)):
            slots = legal_slots(start, length, zone, self._legal)
            for part in _split(group) if len(slots.start) else ():
                curves = self._curves.of(rows[part])
                spread = np.array([uniform("send-time", customer) for customer in asked[part]])
                at, hour[part] = slots.choose(curves, spread)
                send[part] = at.astype("datetime64[us]")
                p[part] = curves[np.arange(len(part)), hour[part]]
        return pd.DataFrame(
            {
                "customer_id": pd.array(asked, dtype="str"),
                "send_at": pd.Series(send).dt.tz_localize("UTC"),
                "hour_of_week": pd.Series(hour, dtype="Int64").mask(hour < 0),
                "p": significant(p),
                "level": pd.array(self._levels(rows), dtype="str"),
            }
        )

    def __str__(self) -> str:
        if not hasattr(self, "_curves"):
            return "SendTime, not fitted"
        counts = self._curves.counts
        return (
            f"SendTime: {int(counts.n.sum()):,} events of {len(counts.ids):,} customers as of "
            f"{self.as_of_.isoformat()}; the shop's curve weighs {self.pull_:.1f} events"
        )

    __repr__ = __str__

    def _fitted(self) -> HourCurves:
        if not hasattr(self, "_curves"):
            raise NotFitted("SendTime has learned nothing yet; call fit(events, as_of) first.")
        return self._curves

    def _asked(self, customer_ids: Any) -> tuple[Texts, Ints]:
        ids = self._fitted().counts.ids
        asked = wanted(customer_ids, ids)
        return asked, positions(asked, ids)

    def _best(self, curves: Any) -> tuple[Any, ...]:
        hour = best_hour(curves, self._legal)
        return hour, curves[np.arange(len(hour)), hour], *best_window(curves, self._legal)

    def _levels(self, rows: Ints) -> Texts:
        fallback = "shop" if len(self._curves.counts.ids) else "default"
        return np.where(rows >= 0, "personal", fallback).astype(object)

    def _zones(self, asked: Texts, rows: Ints, given: Any) -> Texts:
        counts = self._curves.counts
        learned = np.array([*counts.zone, counts.shop_zone], dtype=object)[rows]
        if given is None:
            return learned
        known = {str(customer): zone for customer, zone in dict(given).items() if pd.notna(zone)}
        zones = [known.get(customer, zone) for customer, zone in zip(asked, learned, strict=True)]
        return np.array(zones, dtype=object)


def _groups(zones: Texts) -> Iterator[tuple[str, Ints]]:
    names, where = np.unique(zones.astype(str), return_inverse=True)
    for code, name in enumerate(names):
        zone_info(str(name))
        yield str(name), np.flatnonzero(where == code)


def _split(rows: Ints) -> list[Ints]:
    return [rows[start : start + _CHUNK] for start in range(0, max(len(rows), 1), _CHUNK)]
