"""Reports: did it pay, and what became of everybody."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xenorec.report.lift import Lift, lift

if TYPE_CHECKING:
    from xenorec.report.campaign_report import CampaignReport
    from xenorec.report.outcomes import collect_outcomes
    from xenorec.report.quality_summary import HowGood, how_good

__all__ = ["CampaignReport", "HowGood", "Lift", "collect_outcomes", "how_good", "lift"]

_HOMES = {
    "CampaignReport": "campaign_report",
    "HowGood": "quality_summary",
    "collect_outcomes": "outcomes",
    "how_good": "quality_summary",
}


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'xenorec.report' has no attribute {name!r}")
    return getattr(import_module(f"xenorec.report.{_HOMES[name]}"), name)
