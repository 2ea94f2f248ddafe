"""Exposures: what a customer was shown, cell by cell, from the decision that was sent.

One row per message, shelf and position. ``shelf_rank`` 1 is the top row of the page, ``position`` 1
the best place of a row. ``shelf_propensity`` is how likely the row stood at its place,
``propensity`` how likely the picture was chosen; the cells of a row are not drawn by chance.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from xenorec.ledger.records import Decision, DeliveryResult

SHOWN = ("sent", "delivered")


def exposures(results: Sequence[DeliveryResult], at: datetime) -> list[dict[str, Any]]:
    """Return the exposure rows of the messages that a channel took."""
    sent = (r.due.decision for r in results if str(r.verdict.state) in SHOWN)
    return [row for decision in sent for row in _cells(decision, at)]


def _cells(decision: Decision, at: datetime) -> Iterator[dict[str, Any]]:
    for shelf_rank, shelf in enumerate(json.loads(decision.shelves), 1):
        for position, item in enumerate(shelf["items"], 1):
            yield {
                "key": decision.key,
                "shelf": shelf["shelf"],
                "position": position,
                "product_id": item["product_id"],
                "creative_id": decision.creative_id,
                "score": item["score"],
                "propensity": decision.creative_propensity,
                "policy_version": f"{decision.template}/{decision.template_version}",
                "at": at,
                "customer_id": decision.customer_id,
                "shelf_rank": shelf_rank,
                "segment": shelf.get("segment"),  # a plan of before 0002 does not say
                "shelf_propensity": shelf.get("propensity", 1.0),
            }
