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
from xenorec.renamed import renamed

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


_RENAMED = {"Due": "DueMessage", "Verdict": "SendVerdict"}


def __getattr__(name: str) -> Any:
    """Load the ledger itself at its first use (PEP 562)."""
    if name != "Ledger":
        return renamed(__name__, name, _RENAMED)
    from xenorec.ledger.ledger import Ledger

    return Ledger
