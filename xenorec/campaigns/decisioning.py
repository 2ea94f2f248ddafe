"""For every customer of an audience, exactly one decision. No clock, no global chance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from xenorec.campaigns.approved_templates import sources_of
from xenorec.campaigns.campaign_context import CampaignContext
from xenorec.campaigns.channel_eligibility import ChannelEligibility, reaches, units_of
from xenorec.campaigns.message_context import MessageComposer
from xenorec.campaigns.occasion_window import OccasionWindow, check_season, last_moment, season_of
from xenorec.campaigns.recipient_time_zones import with_zones
from xenorec.campaigns.rule_removals import RuleRemovals
from xenorec.campaigns.send_times import SendTimeChoice, SendTimeSummary, hours_of
from xenorec.campaigns.template_check import refuse_mistake
from xenorec.config.campaign_record import CampaignRecord
from xenorec.config.durations import cap
from xenorec.errors import BadInput, NotSupported, TemplateError
from xenorec.hash_uniform import uniform
from xenorec.ledger import Decision
from xenorec.messages import MessageTemplate, check_head, lint
from xenorec.schema.enums import Reason

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
class DecisionSet:
    """All decisions of a campaign, by customer, and what the checks of the messages found."""

    decisions: tuple[Decision, ...]
    problems: Mapping[str, tuple[str, ...]]
    removed: RuleRemovals
    season: OccasionWindow | None
    hours: SendTimeSummary
    notes: tuple[str, ...] = ()
    """What of the shop's data the messages go without, in words."""
    template_version: str = ""
    sources: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def decide(record: CampaignRecord, room: CampaignContext) -> DecisionSet:
    """Return one decision per customer of the audience, ordered by customer_id.

    Those of the holdout and those who cannot be written to get theirs too, with the reason. None
    goes out after the season of a campaign that has one. Raises OutOfSeason before and after it,
    TemplateError for a mistake in the template that hits the audience.
    """
    template = MessageTemplate.load(record.message.template, own=room.own)
    sources = sources_of(template, room.own)
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
    composer = MessageComposer.fitted(record, room, template, open_to)
    units = units_of(reach)
    open_ids = [row["customer_id"] for row in open_to]
    written_to = {customer_id for customer_id in open_ids if not _is_control(record, customer_id)}
    hours = hours_of(record, room, people, ends, written_to)
    problems: dict[str, tuple[str, ...]] = {}
    drafts = [
        _draft(record, row, (reach, units), composer, hours, (as_of, ends), problems)
        for row in people
    ]
    check = MessageCheck(template, room.brand.sender, problems)
    decisions = tuple(check.checked(draft, row) for draft, row in zip(drafts, people, strict=True))
    refuse_mistake(template.name, decisions, problems, template.variables)
    emptied = [d.customer_id for d in decisions if d.reason == Reason.NO_RECOMMENDATION]
    removed = replace(composer.removed, emptied_ids=tuple(emptied))
    planned = (d.customer_id for d in decisions if d.state == "planned")
    decisions = number_retries(decisions, room.ledger.retries(record.campaign, STEP))
    told = SendTimeSummary(hours).among(planned)
    made = DecisionSet(decisions, problems, removed, season, told, composer.notes)
    return replace(made, template_version=template.version, sources=sources)


def _draft(
    record: CampaignRecord,
    row: Mapping[str, Any],
    whom: tuple[Mapping[str, ChannelEligibility], Mapping[str, str]],
    composer: MessageComposer,
    hours: Mapping[str, SendTimeChoice],
    time: tuple[datetime, datetime],
    problems: dict[str, tuple[str, ...]],
) -> Decision:
    customer_id, (as_of, ends) = row["customer_id"], time
    limit = cap(record.timing.cap) if record.timing.cap else None
    reach, unit = whom[0][customer_id], whom[1][customer_id]
    control, hour = _is_control(record, unit), hours.get(customer_id)
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
    try:
        composed = composer.compose(row, reach.channel, STEP)
    except BadInput as error:  # what is known of this customer makes no message; others go on
        problems[customer_id] = (str(error),)
        return replace(blank, reason=Reason.TEMPLATE_ERROR)
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


def number_retries(
    decisions: Sequence[Decision], retries: Mapping[str, int]
) -> tuple[Decision, ...]:
    """Return the decisions, those of customers who were opened anew with a key of their own."""
    return tuple(
        replace(d, retry=retries[d.customer_id], key=_key(d, retries[d.customer_id]))
        if d.customer_id in retries
        else d
        for d in decisions
    )


def _key(decision: Decision, retry: int) -> str:
    return f"{decision.campaign_id}/{decision.step}.{retry}/{decision.customer_id}"


def _is_control(record: CampaignRecord, customer_id: str) -> bool:
    """Whether a customer, who stands for an address, is held out."""
    return uniform(record.holdout.salt, customer_id) < record.holdout.share


@dataclass(frozen=True)
class MessageCheck:
    """Makes the message of each decision and looks for what must not be sent.

    Also of those held out: what fails would otherwise fall out of one arm only.
    """

    template: MessageTemplate
    sender: str
    problems: dict[str, tuple[str, ...]]

    def checked(self, draft: Decision, person: Mapping[str, Any]) -> Decision:
        """Return the decision with its body's hash, or suppressed, its problems noted."""
        is_control = draft.reason == Reason.CONTROL
        if draft.state != "planned" and not is_control:
            return draft
        found, body_hash = self._problems(draft, person)
        if found:
            self.problems[draft.customer_id] = found
            return replace(draft, state="suppressed", reason=Reason.TEMPLATE_ERROR)
        return draft if is_control else replace(draft, body_hash=body_hash)

    def _problems(
        self, draft: Decision, person: Mapping[str, Any]
    ) -> tuple[tuple[str, ...], str | None]:
        context = json.loads(draft.context)
        link = context["unsubscribe_url"]
        try:
            rendered = self.template.render(context, channel=draft.channel)
            if draft.channel == "email":
                to = str(person["email"])
                check_head(rendered, sender=self.sender, to=to, unsubscribe_url=link)
        except (BadInput, TemplateError) as error:
            return (str(error),), None
        found = lint(rendered, purpose=self.template.purpose, unsubscribe_url=link)
        return tuple(found), rendered.body_hash


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
