"""Reports: did it pay, and what became of everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xenorec.report.lift import Lift, lift

if TYPE_CHECKING:
    from xenorec.report.campaign_report import CampaignReport

__all__ = ["CampaignReport", "Lift", "lift"]


def __getattr__(name: str) -> Any:
    """Load the campaign's report at its first use (PEP 562)."""
    if name == "CampaignReport":
        from xenorec.report.campaign_report import CampaignReport

        return CampaignReport
    raise AttributeError(f"module 'xenorec.report' has no attribute {name!r}")
