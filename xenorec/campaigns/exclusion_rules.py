"""What a campaign never shows: the rules of its recommender, and those that its record adds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from xenorec.config.campaign_record import CampaignRecord
from xenorec.config.exclusion_names import COUNTED, SWITCHES, USUAL
from xenorec.recommend import Rules

if TYPE_CHECKING:
    from datetime import datetime

    from xenorec.ledger import Ledger

ABOVE_USUAL = 1.5
"""Above so many times what a customer usually pays something is dear."""


def rules_of(
    record: CampaignRecord, given: Rules | None, exposures: Callable[[], pa.Table]
) -> Rules:
    """Return what a campaign never shows; the record's figures win over the recommender's.

    ``exposures``: what messages showed so far; asked for only where a rule needs it.
    """
    base, asked = given or Rules(), record.recommend
    n_messages = _most(asked.never, "shown")
    said: dict[str, Any] = {
        **{name: True for name in SWITCHES if name in asked.never},
        "block_categories": (*base.block_categories, *asked.block_categories),
        "purpose": record.audience.purpose,
        "min_price": asked.price.min,
        "max_price": asked.price.max,
        "min_margin": asked.min_margin,
        "max_per_category": asked.max_per_category,
        "max_per_brand": asked.max_per_brand,
        "max_usual_price": ABOVE_USUAL if USUAL in asked.never else None,
        "returned_within": _days(asked.never, "returned"),
        "bought_within": _days(asked.never, "bought"),
        "shown_last": n_messages,
        "exposures": None if n_messages is None else exposures(),
    }
    return replace(base, **{name: value for name, value in said.items() if value is not None})


def shown_until(ledger: Ledger, as_of: datetime) -> pa.Table:
    """Return what messages showed: customer_id, message_key, product_id, exposed_at.

    The key of a message ends in its customer: the ledger of an earlier release has no such column.
    """
    table = ledger.snapshot("exposures", until=as_of)
    owner = pc.replace_substring_regex(table["key"], pattern=r"^[^/]*/[^/]*/", replacement="")
    if "customer_id" in table.column_names:
        owner = pc.coalesce(table["customer_id"], owner)
    return pa.table(
        {
            "customer_id": owner,
            "message_key": table["key"],
            "product_id": table["product_id"],
            "exposed_at": table["at"],
        }
    )


def _days(never: Sequence[str], kind: str) -> str | None:
    days = _most(never, kind)
    return None if days is None else f"{days}d"


def _most(never: Sequence[str], kind: str) -> int | None:
    """Return the largest number that a kind of rule is given with, None where it is not given."""
    found = [match for name in never if (match := COUNTED[kind].match(name))]
    return max((int(match[1]) for match in found), default=None)
