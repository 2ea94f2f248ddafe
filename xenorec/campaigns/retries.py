"""Retries: what came to nothing for a reason that was mended is opened to be planned again."""

from __future__ import annotations

from datetime import datetime

from xenorec.campaigns.decisioning import STEP
from xenorec.errors import UnknownName, nearest
from xenorec.ledger import Ledger


def retry(ledger: Ledger, campaign_id: str, reason: str, *, at: datetime) -> int:
    """Open the messages of a campaign that failed or were suppressed for ``reason``.

    Returns how many customers it was. They are in the next plan again, which needs its approval
    like any other; what went out or may have, and who was held out, stays as it is. Raises
    UnknownName for a campaign that was never approved, BadInput for a reason nobody can mend.
    """
    if not ledger.states(campaign_id, STEP):
        known = ledger.campaigns()
        raise UnknownName(
            f"There is no campaign {campaign_id!r} in the ledger.{nearest(campaign_id, known)} "
            f"Known: {', '.join(known) or 'none'}."
        )
    return ledger.reopen(campaign_id, STEP, reason, at=at)
