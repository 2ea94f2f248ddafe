"""Occasion window: a campaign bound to an occasion, and the days on which it may be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from xenorec.campaigns.delivery_report import DeliveryReport
from xenorec.campaigns.outbox_worker import PAGE
from xenorec.config.campaign_record import CampaignRecord
from xenorec.config.durations import offset, span
from xenorec.config.occasion_types import title_of
from xenorec.config.time_zones import zone_info
from xenorec.errors import OutOfSeason

if TYPE_CHECKING:
    from xenorec.ledger import Ledger
    from xenorec.timing.occasions.occasion import Occasion
    from xenorec.timing.occasions.shop_calendar import OccasionCalendar


@dataclass(frozen=True)
class OccasionWindow:
    """The window of one occasion: local days ``first`` to ``last``, both included.

    ``opens`` and ``closes`` are its instants, in UTC; at ``closes`` it is over.
    """

    occasion: Occasion
    first: date
    last: date
    time_zone: str

    @property
    def opens(self) -> datetime:
        """The beginning of the first day."""
        return _midnight(self.first, self.time_zone)

    @property
    def closes(self) -> datetime:
        """The end of the last day."""
        return _midnight(self.last + timedelta(days=1), self.time_zone)

    @property
    def shift(self) -> tuple[int, int]:
        """By how many days the window may still move: earlier (0 or less) and later."""
        feast = self.occasion
        return (feast.earliest - feast.on).days, (feast.latest - feast.on).days

    def is_open(self, at: datetime) -> bool:
        """Whether an instant lies in the window."""
        return self.opens <= at < self.closes

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values for a machine."""
        feast = self.occasion
        return {
            "occasion": feast.occasion,
            "on": feast.on.isoformat(),
            "is_provisional": feast.is_provisional,
            "earliest": feast.earliest.isoformat(),
            "latest": feast.latest.isoformat(),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "time_zone": self.time_zone,
        }

    def __str__(self) -> str:
        feast, sent = self.occasion, f"to be sent from {self.first} to {self.last}"
        on = f"{title_of(feast.occasion)} on {feast.on}"
        if not feast.is_provisional:
            return f"{on}: {sent} ({self.time_zone})"
        low, high = (timedelta(days=days) for days in self.shift)
        return (
            f"{on}, provisional ({feast.earliest} to {feast.latest}): {sent} ({self.time_zone}), "
            f"and as it moves, at the most from {self.first + low} to {self.last + high}"
        )


@dataclass(frozen=True)
class IdleReport(DeliveryReport):
    """A run out of season: what was left over from before, and when there is something to do."""

    season: OccasionWindow

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values for a machine."""
        return {**super().to_mapping(), "nothing_to_do_until": self.season.first.isoformat()}

    def __str__(self) -> str:
        waits = f"{self.campaign_id}: nothing to do until {self.season.first}. {self.season}"
        return f"{waits}\n{super().__str__()}" if self.standing else waits

    __repr__ = __str__


def is_held_back(ledger: Ledger, campaign_id: str, step: str, now: datetime) -> bool:
    """Whether a message that was planned in season and has not expired would go out at ``now``.

    The feast moved after it was planned, so it waits until the window opens, or it expires.
    """
    after = ""
    while page := ledger.due(campaign_id, step, now, PAGE, after=after):
        if any(due.decision.not_after > now for due in page):
            return True
        after = page[-1].decision.customer_id
    return False


def season_of(
    record: CampaignRecord, calendar: OccasionCalendar, as_of: datetime
) -> OccasionWindow | None:
    """Return the window that ``as_of`` lies in, else the next one; None without an occasion.

    Pure: it depends on the record, the calendar and the instant alone. Raises BadInput where no
    country is known.
    """
    schedule = record.schedule
    if schedule is None or schedule.occasion is None:
        return None
    occasions = calendar.of(schedule.country)
    zone = schedule.time_zone or calendar.time_zone or "UTC"
    start, end = offset(schedule.from_ or "+0d"), offset(schedule.until or "+0d")
    day = as_of.astimezone(zone_info(zone)).date() - timedelta(days=end)
    feast = occasions.next(schedule.occasion, after=day)
    return OccasionWindow(
        feast, feast.on + timedelta(days=start), feast.on + timedelta(days=end), zone
    )


def check_season(record: CampaignRecord, season: OccasionWindow | None, as_of: datetime) -> None:
    """Raise OutOfSeason when the campaign is bound to an occasion and it is not its time."""
    if season is not None and not season.is_open(as_of):
        raise OutOfSeason(
            f"{record.campaign!r} is out of season as of {as_of:%Y-%m-%d %H:%M} UTC. {season}. "
            "To look at it now: take the audience of a day in season, "
            f"crm.profiles(as_of='{season.opens:%Y-%m-%dT%H:%MZ}')."
        )


def last_moment(record: CampaignRecord, season: OccasionWindow | None, as_of: datetime) -> datetime:
    """Return the instant after which no message of a plan goes out."""
    end = as_of + span(record.timing.expires)
    return end if season is None else min(end, season.closes)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), zone_info(zone)).astimezone(UTC)
