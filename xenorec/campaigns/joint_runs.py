"""Joint runs: several campaigns of one shop planned and run as one job, under one cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from xenorec.campaigns.campaign import Campaign
from xenorec.campaigns.contact_policy import choose_plans
from xenorec.campaigns.plan import Plan, clock
from xenorec.campaigns.scheduled_job import (
    PlanInputs,
    approve_and_send,
    n_new_messages,
    unchanged,
)
from xenorec.timing.contact_selection.frequency_caps import Caps

if TYPE_CHECKING:
    from xenorec.campaigns.delivery_report import DeliveryReport

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

    As ``Campaign.run``, as often as you like: what is approved and due goes out first, of all of
    them, before anything is planned.
    """
    at = clock(now)
    done = {one.record.campaign: one.settle(at) for one in campaigns}
    inputs = _inputs([one for one in campaigns if one.is_in_season], cap)
    marks = {name: one.hash() for name, one in inputs.items()}
    said = {name: unchanged(one, marks[name]) for name, one in inputs.items()}
    if all(notes is not None and not (notes and approve_by) for notes in said.values()):
        return tuple(
            replace(done[name], notes=(*done[name].notes, *(said.get(name) or ()))) for name in done
        )
    for plan in plan_together(campaigns, cap=cap):
        name, n_new = plan.record.campaign, n_new_messages(plan)
        marked = replace(plan, inputs_hash=marks[name])
        done[name] = approve_and_send(marked, done[name], at=at, approve_by=approve_by)
        marked.note(n_new=n_new, at=at)
    return tuple(done.values())


def _inputs(campaigns: Sequence[Campaign], cap: Caps) -> dict[str, PlanInputs]:
    """Return what each plan is made from: also the other campaigns, and the cap over all."""
    beside = [f"cap {cap!r}", *(one.record.to_json() for one in campaigns)]
    beside += [_version(one) for one in campaigns]
    return {one.record.campaign: PlanInputs(one.record, one.room, beside) for one in campaigns}


def _version(campaign: Campaign) -> str:
    return PlanInputs(campaign.record, campaign.room).hash() or ""
