"""When each customer's message goes out, how likely that hour was, and what it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from xenorec.campaigns.campaign_context import CampaignContext
from xenorec.config.campaign_record import CampaignRecord
from xenorec.errors import BadInput
from xenorec.timing import SendTime

BASES = {
    "personal": "on their own habits",
    "segment": "on people like them",
    "shop": "on the shop's usual hours",
    "default": "on no data at all",
}
"""What each level of an answer means, the nearest to the customer first."""
FEW = 100
"""Of fewer people their number is told, not a share in percent."""


@dataclass(frozen=True)
class SendTimeChoice:
    """The instant of one message; ``propensity`` is empty where the rate moved it."""

    at: datetime
    level: str
    propensity: float | None
    is_explored: bool


@dataclass(frozen=True)
class SendTimeSummary:
    """What the hours of the messages of a plan rest on: how many of each level, and why."""

    by_customer: Mapping[str, SendTimeChoice]

    def among(self, customer_ids: Iterable[str]) -> SendTimeSummary:
        """Return what the hours of some of the messages rest on, such as those still planned."""
        return SendTimeSummary({one: self.by_customer[one] for one in customer_ids})

    @property
    def levels(self) -> Mapping[str, int]:
        """How many messages have an hour of each level."""
        return Counter(hour.level for hour in self.by_customer.values())

    @property
    def n_explored(self) -> int:
        """How many go at an hour that is tried."""
        return sum(hour.is_explored for hour in self.by_customer.values())

    @property
    def n_moved(self) -> int:
        """How many the rate moved to another hour."""
        return sum(hour.propensity is None for hour in self.by_customer.values())

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values for a machine."""
        moved = {"n_explored": self.n_explored, "n_moved": self.n_moved}
        return {"levels": dict(sorted(self.levels.items())), **moved}

    def __str__(self) -> str:
        n, levels = len(self.by_customer), self.levels
        if not n:
            return ""
        counted = [(levels.get(level, 0), words) for level, words in BASES.items()]
        parts = [f"{_share(k, n)} {words}" for k, words in counted if k]
        people = " of people on " if n >= FEW else " people on "
        parts[0] = parts[0].replace(" on ", people, 1)
        text = f"Hours: {', '.join(parts)}"
        if self.n_explored:
            tries = "tries" if self.n_explored == 1 and n < FEW else "try"
            text += f"; {_share(self.n_explored, n)} {tries} another hour"
        if self.n_moved:
            text += f"; {self.n_moved:,} sent on to another hour by per_minute"
        return text


def hours_of(
    record: CampaignRecord,
    room: CampaignContext,
    people: Sequence[Mapping[str, Any]],
    ends: datetime,
    written_to: Collection[str],
) -> dict[str, SendTimeChoice]:
    """Return the hour of everybody for whom a legal one starts before ``ends``, by customer.

    With ``per_minute`` only those ``written_to`` take a place; all others have the hour they would
    get without it. Raises BadInput for a SendTime that has seen rows later than the audience.
    """
    if not people:
        return {}
    model, as_of = _model(record, room), room.people.as_of
    ids = [row["customer_id"] for row in people]
    zones = {row["customer_id"]: row["time_zone"] for row in people if row["time_zone"]}
    window = _window(ends - as_of)
    found = _hours(model.schedule(ids, after=as_of, within=window, time_zones=zones))
    rate, seated = record.timing.per_minute, [one for one in ids if one in written_to]
    if rate is not None and seated:
        frame = model.schedule(
            seated, after=as_of, within=window, time_zones=zones, per_minute=rate
        )
        found |= _hours(frame)
    return found


def _model(record: CampaignRecord, room: CampaignContext) -> SendTime:
    """Return the model given, or one fitted to the history, led by clicks of the first channel."""
    given, as_of = room.send_time, room.people.as_of
    if given is None:
        model = SendTime(
            quiet=record.timing.quiet,
            explore=record.timing.explore,
            seed=f"{record.holdout.salt}/send-time",
            time_zone=room.calendar.time_zone,
        )
        fitted: SendTime = room.snapshot.fit(model, channel=record.message.channels[0])
        return fitted
    seen = getattr(given, "as_of_", None)
    if seen is not None and seen > as_of:
        raise BadInput(
            f"The SendTime has seen data up to {seen.isoformat()}, later than the audience's as_of "
            f"{as_of.isoformat()}. Fit it on crm.history(as_of=...) of the same instant."
        )
    return given


def _window(length: timedelta) -> timedelta:
    """Return the time in which hours are chosen: the last hour before the end is left free.

    A job that runs every hour then reaches each message before it expires.
    """
    return max(length - timedelta(hours=1), length / 2)


def _hours(schedule: pd.DataFrame) -> dict[str, SendTimeChoice]:
    timed = schedule.dropna(subset=["send_at"])
    names = ("customer_id", "send_at", "level", "propensity", "explored")
    return {
        customer_id: SendTimeChoice(
            at.to_pydatetime(), level, None if pd.isna(chance) else float(chance), bool(explored)
        )
        for customer_id, at, level, chance, explored in zip(
            *(timed[name] for name in names), strict=True
        )
    }


def _share(n: int, of: int) -> str:
    """Return a share in whole percent; of few people their number.

    What is not all and not nothing is never called so.
    """
    if of < FEW:
        return f"{n} of {of}"
    share = round(100 * n / of)
    if share == 0:
        return "under 1 %"
    return "over 99 %" if share == 100 and n < of else f"{share} %"
