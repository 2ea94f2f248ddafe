"""Retry decisions: decisions that came to nothing are opened, to be planned again.

Nothing is changed or taken away. ``retries`` notes who gets another decision; from then on the
earlier one cannot go out, whatever the clock says. The next plan's decision for that customer has
a key of its own and the number of the retry, and goes through all gates like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from xenorec.errors import BadInput, nearest
from xenorec.ledger import ledger_tables as t
from xenorec.ledger.consent_rules import erased
from xenorec.ledger.database import Database
from xenorec.ledger.outbox import is_reopened
from xenorec.ledger.send_checks import latest_seq
from xenorec.schema.enums import Reason

MAY_BE_MENDED = (
    Reason.CAPPED,
    Reason.EXPIRED,
    Reason.INVALID_ADDRESS,
    Reason.NO_RECOMMENDATION,
    Reason.PROVIDER_REFUSED,
    Reason.PROVIDER_UNREACHABLE,
    Reason.QUIET_HOURS,
    Reason.TEMPLATE_ERROR,
)
"""Reasons for which a decision may be opened anew; the others are somebody's will, or an arm."""
WENT_OUT = ("sent", "delivered", "in_doubt")


def reopen(database: Database, campaign_id: str, step: str, reason: str, *, at: datetime) -> int:
    """Open what failed or was suppressed for a reason, and return how many customers it was.

    Left out are those who were held out or erased, and every message that went out or may have.
    Raises BadInput for a reason that nobody can mend, with those that may be.
    """
    _check(reason)
    with database.writing() as connection:
        found = connection.execute(_query(campaign_id, step, reason)).all()
        forgotten = erased(connection, [customer_id for customer_id, _ in found])
        rows = [
            _row(campaign_id, step, customer_id, retry + 1, reason, at)
            for customer_id, retry in found
            if customer_id not in forgotten
        ]
        n_new = len(database.insert_new(connection, t.RETRIES, rows))
        if n_new:
            subject = f"{campaign_id}/{step}"
            note = {"action": "retry", "subject": subject, "detail": f"{reason}: {n_new}", "at": at}
            connection.execute(t.AUDIT_LOG.insert(), note)
    return n_new


def retries(database: Database, campaign_id: str, step: str) -> dict[str, int]:
    """Return the number of the retry of every customer whose decision was opened anew."""
    r = t.RETRIES.c
    query = (
        sa.select(r.customer_id, sa.func.max(r.retry))
        .where(r.campaign_id == campaign_id, r.step == step)
        .group_by(r.customer_id)
    )
    with database.reading() as connection:
        return {customer_id: int(retry) for customer_id, retry in connection.execute(query)}


def _check(reason: str) -> None:
    names = [str(one) for one in MAY_BE_MENDED]
    if reason not in names:
        raise BadInput(
            f"reason came as {reason!r}.{nearest(reason, names)} What was sent, is in doubt, was "
            "held out, has no consent, or was suppressed or erased stays as it is. Reasons that "
            f"can be mended: {', '.join(names)}."
        )


def _query(campaign_id: str, step: str, reason: str) -> Any:
    d, last, out = t.DECISIONS.c, t.DELIVERIES.alias("last"), t.DELIVERIES.alias("went_out")
    went_out = sa.select(out.c.key).where(out.c.key == d.key, out.c.state.in_(WENT_OUT))
    return (
        sa.select(d.customer_id, d.retry)
        .select_from(t.DECISIONS)
        .join(last, last.c.seq == latest_seq(d.key))
        .where(
            d.campaign_id == campaign_id,
            d.step == step,
            d.arm != "control",
            last.c.state.in_(("failed", "suppressed")),
            last.c.reason == reason,
            ~went_out.correlate(t.DECISIONS).exists(),
            ~is_reopened(),
        )
        .order_by(d.customer_id)
    )


def _row(
    campaign_id: str, step: str, customer_id: str, retry: int, reason: str, at: datetime
) -> Mapping[str, Any]:
    return {
        "campaign_id": campaign_id,
        "step": step,
        "customer_id": customer_id,
        "retry": retry,
        "reason": reason,
        "at": at,
    }
