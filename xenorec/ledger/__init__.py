"""The ledger: what must never be lost or done twice. Importing this folder loads no database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xenorec.ledger.records import (
    Assignment,
    CampaignRun,
    Decision,
    Due,
    PlannedInputs,
    RunReceipt,
    Verdict,
)

if TYPE_CHECKING:
    from xenorec.ledger.ledger import Ledger

__all__ = [
    "Assignment",
    "CampaignRun",
    "Decision",
    "Due",
    "Ledger",
    "PlannedInputs",
    "RunReceipt",
    "Verdict",
]


def __getattr__(name: str) -> Any:
    """Load the ledger itself at its first use (PEP 562)."""
    if name != "Ledger":
        raise AttributeError(f"module 'xenorec.ledger' has no attribute {name!r}")
    from xenorec.ledger.ledger import Ledger

    return Ledger
