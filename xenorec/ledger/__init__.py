"""The ledger: what must never be lost or done twice. Importing this folder loads no database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xenorec.ledger.records import (
    Assignment,
    CampaignRun,
    Decision,
    DueMessage,
    PlannedInputs,
    RunReceipt,
    SendVerdict,
)

if TYPE_CHECKING:
    from xenorec.ledger.ledger import Ledger

__all__ = [
    "Assignment",
    "CampaignRun",
    "Decision",
    "DueMessage",
    "Ledger",
    "PlannedInputs",
    "RunReceipt",
    "SendVerdict",
]


def __getattr__(name: str) -> Any:
    """Load the ledger itself at its first use (PEP 562)."""
    if name != "Ledger":
        raise AttributeError(f"module 'xenorec.ledger' has no attribute {name!r}")
    from xenorec.ledger.ledger import Ledger

    return Ledger
