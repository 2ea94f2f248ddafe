"""A campaign as a job: send what is approved and due, then plan, as often as you like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from xenorec.campaigns.approval import ApprovalRequest, reason_not_covered
from xenorec.campaigns.campaign_context import CampaignContext
from xenorec.campaigns.data_fingerprint import data_fingerprint
from xenorec.campaigns.decisioning import STEP
from xenorec.campaigns.plan import Plan
from xenorec.campaigns.sending import send_due
from xenorec.config import content
from xenorec.config.campaign_record import CampaignRecord, StandingApproval
from xenorec.messages.template_sources import folder_version

if TYPE_CHECKING:
    from xenorec.campaigns.delivery_report import DeliveryReport

NOBODY = "nobody: approval is 'none'"


def approve_and_send(
    plan: Plan, before: DeliveryReport, *, at: datetime, approve_by: str | None
) -> DeliveryReport:
    """Approve a plan as far as its record or ``approve_by`` allows, and send what is due of it.

    ``before`` is the report of what was sent already in this run. A plan that has nothing new in it
    needs no approval; one that waits for it is told in the report's notes, and nothing is written.
    """
    n_new = n_new_messages(plan)
    by = _approver(plan, n_new, at=at, approve_by=approve_by)
    if by is None:
        return replace(before, notes=(*before.notes, *waiting(plan, n_new, at=at)))
    approved = plan.approve(by=by, at=at)
    if not approved.n_new:
        return before
    later = send_due(plan.room, plan.record, now=at, stopped=before.stopped)
    return before.and_then(later)


def n_new_messages(plan: Plan) -> int:
    """Return how many messages of a plan go to customers who have no decision yet."""
    known = plan.room.ledger.known_customers(plan.record.campaign, STEP)
    return sum(
        d.state == "planned" and known.get(d.customer_id, -1) < d.retry for d in plan.decisions
    )


def waiting(plan: Plan, n_new: int, *, at: datetime) -> list[str]:
    """Return what to say of a plan that waits for its approval; nothing where nobody is new."""
    if not n_new or plan.room.ledger.is_approved(plan.record.campaign, STEP, plan.hash):
        return []
    return [told_waiting(plan.hash, plan.as_of, n_new, _why(plan, n_new, at=at))]


def told_waiting(plan_hash: str, as_of: datetime, n_new: int, why: str = "") -> str:
    """Return the sentence on a plan that waits for its approval."""
    because = f" ({why})" if why else ""
    return (
        f"The plan as of {as_of:%Y-%m-%d} with hash {plan_hash[:16]} is not approved and waits"
        f"{because}: {n_new:,} new messages. Look at it with 'xenorec preview', then approve it: "
        "xenorec plan FILE --as-of DAY --approve-by you@shop.example (with the same files and cap "
        "as the run)."
    )


@dataclass(frozen=True)
class PlanInputs:
    """What a job's plan is made from, as one hash: record, instant, data, template, ledger."""

    record: CampaignRecord
    room: CampaignContext
    beside: Sequence[str] = ()

    def hash(self) -> str | None:
        """Return the hash, or None where it cannot be told whether anything has changed.

        A model that was handed over has no mark, nor has a warehouse in memory.
        """
        room, as_of = self.room, self.room.people.as_of
        data = data_fingerprint(room.resources)
        if data is None or room.recommender is not None or room.send_time is not None:
            return None
        folder = content.find("templates", self.record.message.template, room.own)
        parts = [self.record.to_json(), as_of.isoformat(), data, room.ledger.facts_until(as_of)]
        parts += [folder_version(folder), *self._themes()]
        return sha256("\n".join([*parts, *self.beside]).encode()).hexdigest()

    def _themes(self) -> list[str]:
        """Return the text of the file of shelves that the record names, if there is one."""
        name = self.record.recommend.themes
        paths = [] if name is None else [(self.room.own or Path()) / name]
        return [path.read_text("utf-8") for path in paths if path.is_file()]


def unchanged(inputs: PlanInputs, inputs_hash: str | None) -> list[str] | None:
    """Return what to say of a plan that was made from the same inputs, or None if there is none."""
    ledger, name = inputs.room.ledger, inputs.record.campaign
    found = None if inputs_hash is None else ledger.planned_for(name, STEP, inputs_hash)
    if found is None:
        return None
    if not found.n_new or ledger.is_approved(name, STEP, found.plan_hash):
        return []
    return [told_waiting(found.plan_hash, found.as_of, found.n_new)]


def _approver(plan: Plan, n_new: int, *, at: datetime, approve_by: str | None) -> str | None:
    """Return in whose name a plan is approved now, or None where it has to wait."""
    approval = plan.record.approval
    if approve_by is not None:
        return approve_by
    if approval == "none":
        return NOBODY
    if isinstance(approval, StandingApproval) and n_new and not _why(plan, n_new, at=at):
        return f"{approval.by} (standing, until {approval.until})"
    return None


def _why(plan: Plan, n_new: int, *, at: datetime) -> str:
    """Return why a standing approval does not cover a plan; empty where none was given."""
    approval = plan.record.approval
    if not isinstance(approval, StandingApproval):
        return ""
    schedule = plan.record.schedule
    zone = (schedule and schedule.time_zone) or plan.room.calendar.time_zone or "UTC"
    n_before = plan.room.ledger.n_planned(plan.record.campaign, STEP, plan.as_of)
    return reason_not_covered(approval, ApprovalRequest(at, zone, n_new, n_before)) or ""
