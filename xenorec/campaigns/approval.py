"""Approval: what a standing one covers, judged for a plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from xenorec.config.campaign_record import StandingApproval
from xenorec.config.time_zones import zone_info


@dataclass(frozen=True)
class ApprovalRequest:
    """What a standing approval is asked for: an instant, its zone, and numbers of messages.

    ``n_new`` are the messages of this plan, ``n_before`` those of the same planning day that were
    approved before.
    """

    at: datetime
    time_zone: str
    n_new: int
    n_before: int


def reason_not_covered(approval: StandingApproval, asked: ApprovalRequest) -> str | None:
    """Return why a standing approval does not cover a plan, or None when it does."""
    today = asked.at.astimezone(zone_info(asked.time_zone)).date()
    if today > date.fromisoformat(approval.until):
        return f"the standing approval ended on {approval.until}"
    if asked.n_new + asked.n_before > approval.at_most:
        before = f", with {asked.n_before:,} approved before" if asked.n_before else ""
        return f"the standing approval is for at most {approval.at_most:,} messages a day{before}"
    return None
