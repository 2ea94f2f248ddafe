"""Decide: for every customer of an audience, exactly one decision. No clock, no global chance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from xenorec.campaigns.compose import Composer
from xenorec.campaigns.eligibility import Reach, reaches
from xenorec.campaigns.hours import Hour, HoursTold, hours_of
from xenorec.campaigns.record import CampaignRecord
from xenorec.campaigns.removed import Removed
from xenorec.campaigns.room import Room
from xenorec.campaigns.season import Season, check_season, last_moment, season_of
from xenorec.campaigns.zones import with_zones
from xenorec.chance import uniform
from xenorec.errors import NotSupported, TemplateError
from xenorec.ledger import Decision
from xenorec.messages import MessageTemplate, lint
from xenorec.schema.enums import Reason
from xenorec.spans import cap

COLUMNS = (
    "customer_id",
    "first_name",
    "locale",
    "time_zone",
    "email",
    "phone",
    "top_categories",
    "top_category_shares",
)
STEP = "1"


@dataclass(frozen=True)
class Decided:
    """All decisions of a campaign, by customer, and what the checks of the messages found."""

    decisions: tuple[Decision, ...]
    problems: Mapping[str, tuple[str, ...]]
    removed: Removed
    season: Season | None
    hours: HoursTold


def decide(record: CampaignRecord, room: Room) -> Decided:
    """Return one decision per customer of the audience, ordered by customer_id.

    Those of the holdout and those who cannot be written to get theirs too, with the reason. None
    goes out after the season of a campaign that has one. Raises OutOfSeason before and after it.
    """
    template = MessageTemplate.load(record.message.template, own=room.own)
    _refuse_unsupported(record, template)
    as_of = room.people.as_of
    season = season_of(record, room.calendar, as_of)
    check_season(record, season, as_of)
    ends = last_moment(record, season, as_of)
    people = with_zones(room.people.to_arrow(COLUMNS).to_pylist(), room.calendar.time_zone)
    reach = reaches(
        people,
        record.message.channels,
        ledger=room.ledger,
        purpose=record.audience.purpose,
        at=as_of,
    )
    open_to = [row for row in people if reach[row["customer_id"]].reason is None]
    composer = Composer.fitted(record, room, template, open_to)
    open_ids = [row["customer_id"] for row in open_to]
    written_to = {customer_id for customer_id in open_ids if not _is_control(record, customer_id)}
    hours = hours_of(record, room, people, ends, written_to)
    drafts = [
        _draft(record, row, reach[row["customer_id"]], composer, hours, (as_of, ends))
        for row in people
    ]
    problems: dict[str, tuple[str, ...]] = {}
    decisions = tuple(_checked(draft, template, problems) for draft in drafts)
    emptied = [d.customer_id for d in decisions if d.reason == Reason.NO_RECOMMENDATION]
    removed = replace(composer.removed, emptied_ids=tuple(emptied))
    planned = (d.customer_id for d in decisions if d.state == "planned")
    return Decided(decisions, problems, removed, season, HoursTold(hours).among(planned))


def _draft(
    record: CampaignRecord,
    row: Mapping[str, Any],
    reach: Reach,
    composer: Composer,
    hours: Mapping[str, Hour],
    time: tuple[datetime, datetime],
) -> Decision:
    customer_id, (as_of, ends) = row["customer_id"], time
    limit = cap(record.timing.cap) if record.timing.cap else None
    control, hour = _is_control(record, customer_id), hours.get(customer_id)
    blank = Decision(
        key=f"{record.campaign}/{STEP}/{customer_id}",
        campaign_id=record.campaign,
        step=STEP,
        customer_id=customer_id,
        arm="control" if control else "treatment",
        channel=reach.channel,
        template=record.message.template,
        template_version=composer.template.version,
        shelves="[]",
        context="{}",
        creative_id=None,
        creative_propensity=None,
        body_hash=None,
        address_hash=reach.address_hash,
        planned_at=as_of if hour is None else hour.at,
        not_after=ends,
        time_zone=row["time_zone"],
        quiet=record.timing.quiet,
        cap_n=limit[0] if limit else None,
        cap_days=limit[1] / timedelta(days=1) if limit else None,
        purpose=record.audience.purpose,
        seed=record.holdout.salt,
        state="suppressed",
        reason=reach.reason,
        created_at=as_of,
        send_propensity=None if hour is None else hour.propensity,
        is_hour_explored=None if hour is None else hour.is_explored,
    )
    if reach.reason is not None:
        return blank
    composed = composer.compose(row, reach.channel, blank.key)
    if composed is None:
        return replace(blank, reason=Reason.NO_RECOMMENDATION)
    if hour is None:
        return replace(blank, reason=Reason.QUIET_HOURS)
    full = replace(
        blank,
        shelves=_json(composed.shelves),
        context=_json(composed.context),
        creative_id=composed.creative_id,
        creative_propensity=composed.propensity,
    )
    if control:
        return replace(full, reason=Reason.CONTROL)
    return replace(full, state="planned", reason=None)


def _is_control(record: CampaignRecord, customer_id: str) -> bool:
    return uniform(record.holdout.salt, customer_id) < record.holdout.share


def _checked(
    draft: Decision, template: MessageTemplate, problems: dict[str, tuple[str, ...]]
) -> Decision:
    """Render the message of a planned decision and look for what must not be sent."""
    if draft.state != "planned":
        return draft
    try:
        rendered = template.render(json.loads(draft.context), channel=draft.channel)
        found = tuple(lint(rendered, purpose=template.purpose))
    except TemplateError as error:
        found, rendered = (str(error),), None
    if found or rendered is None:
        problems[draft.customer_id] = found
        return replace(draft, state="suppressed", reason=Reason.TEMPLATE_ERROR)
    return replace(draft, body_hash=rendered.body_hash)


def _refuse_unsupported(record: CampaignRecord, template: MessageTemplate) -> None:
    missing = [name for name in record.message.channels if name not in template.channels]
    if missing:
        raise NotSupported(
            f"The template {template.name!r} has no format for {', '.join(missing)}; it has "
            f"{', '.join(template.channels)}. Change message.channels, or add the format to "
            "a template of your own."
        )


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
