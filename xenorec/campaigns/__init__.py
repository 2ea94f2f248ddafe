"""Campaigns: a record, its plan, approval, and sending it once."""

from __future__ import annotations

from typing import Any

from xenorec.campaigns.campaign import Campaign, Preview
from xenorec.campaigns.campaign_context import CampaignContext
from xenorec.campaigns.contact_policy import choose_plans
from xenorec.campaigns.joint_runs import plan_together, run_together
from xenorec.campaigns.plan import ApprovedPlan, Funnel, Plan
from xenorec.config.campaign_reader import NameCatalog, read_mapping, read_yaml
from xenorec.config.campaign_record import CampaignRecord
from xenorec.renamed import renamed

__all__ = [
    "ApprovedPlan",
    "Campaign",
    "CampaignContext",
    "CampaignRecord",
    "Funnel",
    "NameCatalog",
    "Plan",
    "Preview",
    "choose_plans",
    "plan_together",
    "read_mapping",
    "read_yaml",
    "run_together",
]

_RENAMED = {"Known": "NameCatalog", "Room": "CampaignContext"}


def __getattr__(name: str) -> Any:
    """Give what was renamed by its old name, with a warning (PEP 562)."""
    return renamed(__name__, name, _RENAMED)
