"""Campaigns: a record, its plan, approval, and sending it once."""

from xenorec.campaigns.campaign import Campaign, Preview
from xenorec.campaigns.contacts import choose_plans
from xenorec.campaigns.plan import ApprovedPlan, Funnel, Plan
from xenorec.campaigns.reading import Known, read_mapping, read_yaml
from xenorec.campaigns.record import CampaignRecord
from xenorec.campaigns.room import Room
from xenorec.campaigns.together import plan_together, run_together

__all__ = [
    "ApprovedPlan",
    "Campaign",
    "CampaignRecord",
    "Funnel",
    "Known",
    "Plan",
    "Preview",
    "Room",
    "choose_plans",
    "plan_together",
    "read_mapping",
    "read_yaml",
    "run_together",
]
