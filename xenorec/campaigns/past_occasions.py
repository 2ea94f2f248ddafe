"""Past occasions: what the shop sold around an occasion before, in sentences for the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xenorec.campaigns.campaign_context import CampaignContext
from xenorec.campaigns.occasion_window import OccasionWindow
from xenorec.config.campaign_record import CampaignRecord
from xenorec.timing.occasions.uplift import OccasionUplift

if TYPE_CHECKING:
    from xenorec.timing.occasions.occasion_calendar import Occasions

MOST = 3


def past_seasons(
    record: CampaignRecord, room: CampaignContext, season: OccasionWindow | None
) -> tuple[str, ...]:
    """Return at most three sentences on what sold more or less around the campaign's occasion.

    Learned from the orders up to the audience's instant; one sentence where no past one lies in
    them, and nothing for a campaign that is bound to no occasion.
    """
    if season is None or record.schedule is None:
        return ()
    name, occasions = season.occasion.occasion, _occasions(record, room)
    uplift = OccasionUplift(only=[name], time_zone=season.time_zone)
    fitted = uplift.fit(room.snapshot.history, occasions=occasions, as_of=room.people.as_of)
    return fitted.says(name, n=MOST)


def _occasions(record: CampaignRecord, room: CampaignContext) -> Occasions:
    return room.calendar.of(None if record.schedule is None else record.schedule.country)
