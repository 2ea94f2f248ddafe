"""A campaign: a frozen record over an audience; it can be previewed, planned, sent, reported."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from xenorec.campaigns.campaign_context import CampaignContext
from xenorec.campaigns.decisioning import STEP
from xenorec.campaigns.occasion_window import IdleReport, OccasionWindow, is_held_back, season_of
from xenorec.campaigns.plan import Plan, clock
from xenorec.campaigns.scheduled_job import (
    PlanInputs,
    approve_and_send,
    n_new_messages,
    unchanged,
)
from xenorec.campaigns.sending import send_due
from xenorec.config.campaign_record import CampaignRecord
from xenorec.messages import MessageTemplate, RenderedMessage, preview_html

if TYPE_CHECKING:
    from xenorec.campaigns.delivery_report import DeliveryReport
    from xenorec.ledger import Decision


class Campaign:
    """One campaign over the customers it was made for."""

    def __init__(self, record: CampaignRecord, room: CampaignContext) -> None:
        self.record = record
        self._room = room

    @property
    def as_of(self) -> datetime:
        """The instant of the audience; no later row is used."""
        return self._room.people.as_of

    @property
    def season(self) -> OccasionWindow | None:
        """The days that the campaign is bound to, now or next; None without an occasion."""
        return season_of(self.record, self._room.calendar, self.as_of)

    @property
    def is_in_season(self) -> bool:
        """Whether there is something to plan: always, but for a campaign bound to an occasion."""
        return self.season is None or self.season.is_open(self.as_of)

    def plan(self) -> Plan:
        """Return the plan: one decision for every customer of the audience.

        Raises OutOfSeason when the campaign is bound to an occasion and its days are not these.
        Pure: the same tables, instant, record and seed give the same plan and hash.
        """
        return self._plan

    def preview(self, n: int = 3) -> Preview:
        """Return the first ``n`` messages of the plan: text, why these products, which hour.

        Which customers are shown is the order of their ids' hash, the same every time.
        """
        plan = self.plan()
        template = MessageTemplate.load(self.record.message.template, own=self._room.own)
        planned = [decision for decision in plan.decisions if decision.state == "planned"]
        chosen = sorted(planned, key=_by_hash)[:n]
        shown = tuple(_shown(decision, template) for decision in chosen)
        return Preview(shown, str(plan), str(plan.hours or ""))

    def run(
        self,
        *,
        now: datetime | str | None = None,
        approve_by: str | None = None,
        plan: Plan | None = None,
    ) -> DeliveryReport:
        """Run the campaign as a job: send what is approved and due at ``now``, then plan.

        May be called as often as you like. What any earlier plan left goes out first. A new plan is
        approved by ``approve_by``, or as the record says; one that waits for its approval is told
        in the report's notes, and nothing of it is written. Where neither the data nor anything
        else that a plan depends on has changed since the last run, nothing is planned anew. Out of
        season what was left from before is settled, and the report says when there is something to
        do. ``plan``: one that was chosen beside other campaigns', in place of its own.
        """
        at = clock(now)
        done = self.settle(at)
        if not self.is_in_season:
            return done
        if plan is not None:
            return approve_and_send(plan, done, at=at, approve_by=approve_by)
        inputs = PlanInputs(self.record, self._room)
        said = unchanged(inputs, inputs.hash())
        if said is not None and not (said and approve_by):
            return replace(done, notes=(*done.notes, *said))
        plan = self.plan()
        n_new = n_new_messages(plan)
        report = approve_and_send(plan, done, at=at, approve_by=approve_by)
        plan.note(n_new=n_new, at=at)
        return report

    def settle(self, at: datetime) -> DeliveryReport:
        """Send what is approved and due; out of season only settle what was left from before."""
        season = self.season
        if season is not None and not self.is_in_season:
            return self._idle(season, at)
        return send_due(self._room, self.record, now=at)

    def report(self, *, within: str | None = None) -> Any:
        """Return the ``CampaignReport``: what came of it, measured against the holdout."""
        return self._room.report(self.record.campaign, within)

    def to_yaml(self) -> str:
        """Return the record as a file for ``xenorec run``."""
        return self.record.to_yaml()

    def __repr__(self) -> str:
        where = self.record.audience.where or "everybody"
        return (
            f"Campaign({self.record.campaign!r}, as of {self.as_of:%Y-%m-%d}, {where}, "
            f"template {self.record.message.template!r}, "
            f"holdout {self.record.holdout.share:.0%})"
        )

    @property
    def room(self) -> CampaignContext:
        """What the campaign works with."""
        return self._room

    def _idle(self, season: OccasionWindow, at: datetime) -> IdleReport:
        """Settle what was left in doubt or has expired; nothing goes out."""
        ledger, name = self._room.ledger, self.record.campaign
        if is_held_back(ledger, name, STEP, at):
            return IdleReport(name, at, {}, dict(ledger.states(name, STEP)), season)
        done = send_due(self._room, self.record, now=at, is_settling=True)
        return IdleReport(name, at, done.run, done.standing, season)

    @cached_property
    def _plan(self) -> Plan:
        mark = PlanInputs(self.record, self._room).hash()
        return replace(Plan.make(self.record, self._room), inputs_hash=mark)


@dataclass(frozen=True)
class ShownMessage:
    """One message as it will be sent, with the reasons behind it."""

    customer_id: str
    channel: str
    local_time: datetime
    rendered: RenderedMessage
    why: tuple[str, ...]
    creative: str | None

    def __str__(self) -> str:
        head = (
            f"To customer {self.customer_id} by {self.channel}, "
            f"{self.local_time:%A %d %B %H:%M} local time"
        )
        picture = f"\nPicture: {self.creative}" if self.creative else ""
        reasons = "\n".join(f"  - {line}" for line in self.why)
        body = self.rendered.text or ""
        subject = f"Subject: {self.rendered.subject}\n\n" if self.rendered.subject else ""
        return f"{head}{picture}\nWhy:\n{reasons}\n\n{subject}{body.strip()}"


@dataclass(frozen=True)
class Preview:
    """A few messages of a plan, readable in a terminal and in a notebook."""

    messages: tuple[ShownMessage, ...]
    plan: str
    hours: str = ""

    def __str__(self) -> str:
        if not self.messages:
            return f"No message would be sent.\n{self.plan}"
        line = "\n" + "-" * 72 + "\n"
        return line.join([*map(str, self.messages), *([self.hours] if self.hours else [])])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.messages:
            return f"<pre>{escape(str(self))}</pre>"
        shown = "".join(_as_html(message) for message in self.messages)
        return f"{shown}<p>{escape(self.hours)}</p>" if self.hours else shown


def _by_hash(decision: Decision) -> tuple[float, str]:
    from xenorec.hash_uniform import uniform

    return uniform("preview", decision.customer_id), decision.customer_id


def _shown(decision: Decision, template: MessageTemplate) -> ShownMessage:
    context = json.loads(decision.context)
    return ShownMessage(
        decision.customer_id,
        decision.channel,
        decision.planned_at.astimezone(ZoneInfo(decision.time_zone)),
        template.render(context, channel=decision.channel),
        tuple(_why(context)),
        decision.creative_id,
    )


def _why(context: dict[str, Any]) -> list[str]:
    return [
        f"{item['title']}: {item['reason']}"
        for shelf in context["shelves"]
        for item in shelf["items"]
    ]


def _as_html(message: ShownMessage) -> str:
    title = (
        f"To customer {message.customer_id} by {message.channel}, "
        f"{message.local_time:%A %d %B %H:%M} local time"
    )
    why = "".join(f"<li>{escape(line)}</li>" for line in message.why)
    if message.rendered.html is None:
        body = f"<pre>{escape(message.rendered.text or '')}</pre>"
    else:
        source = escape(preview_html(message.rendered), quote=True)
        body = (
            f'<iframe srcdoc="{source}" sandbox="" style="width:100%;max-width:660px;'
            'height:760px;border:1px solid #ccc;border-radius:8px"></iframe>'
        )
    return (
        f"<h4>{escape(title)}</h4><p>Subject: <b>{escape(message.rendered.subject or '')}</b></p>"
        f"{body}<details><summary>Why these products</summary><ul>{why}</ul></details>"
    )
