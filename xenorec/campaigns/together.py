"""Together: several campaigns of one shop planned and run as one job, under one cap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from xenorec.campaigns.campaign import Campaign
from xenorec.campaigns.contacts import choose_plans
from xenorec.campaigns.plan import Plan, clock
from xenorec.timing.contacts.limits import Caps

if TYPE_CHECKING:
    from xenorec.campaigns.worker import DeliveryReport

CAP = "2 per 7d"


def plan_together(campaigns: Sequence[Campaign], *, cap: Caps = CAP) -> tuple[Plan, ...]:
    """Return the plans of the campaigns that are in season, each customer's messages chosen.

    What ``choose_plans`` makes of their plans; where only one is in season, or was given, the cap
    holds for it all the same. Raises BadInput for two of one name or different instants.
    """
    plans = [campaign.plan() for campaign in campaigns if campaign.is_in_season]
    return choose_plans(plans, cap=cap) if plans else ()


def run_together(
    campaigns: Sequence[Campaign],
    *,
    cap: Caps = CAP,
    now: datetime | str | None = None,
    approve_by: str | None = None,
) -> tuple[DeliveryReport, ...]:
    """Run campaigns as one job, each customer's messages chosen among all; one report each.

    As ``Campaign.run``, as often as you like. All plans are made, and checked for their approval,
    before anything is sent. Raises NotApproved when one needs an approval that its chosen plan
    has not had.
    """
    at = clock(now)
    chosen = {plan.record.campaign: plan for plan in plan_together(campaigns, cap=cap)}
    for campaign in campaigns:
        if approve_by is None and campaign.record.campaign in chosen:
            campaign.check_approved(chosen[campaign.record.campaign])
    return tuple(
        campaign.run(now=at, approve_by=approve_by, plan=chosen.get(campaign.record.campaign))
        for campaign in campaigns
    )
