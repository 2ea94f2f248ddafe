"""In which order the rows of each message stand, and how likely each stood there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xenorec.config.campaign_record import CampaignRecord
from xenorec.recommend.feedback import ShelfExploration

Page = list[dict[str, Any]]
"""The rows of one message, best first."""


def explore_of(record: CampaignRecord, given: ShelfExploration | None) -> ShelfExploration:
    """Return how the rows of a campaign are explored: the record's share and salt.

    A recommender that explores by a seed of its own keeps that seed.
    """
    seed = record.holdout.salt if given is None else given.seed
    return ShelfExploration(share=record.recommend.explore, seed=seed)


def drawn(pages: Mapping[str, Page], explore: ShelfExploration, occasion: str) -> dict[str, Page]:
    """Return the pages by customer with their rows in the order drawn.

    Each row gets ``propensity``, how likely it stood at its place. Drawn is the page as it is read:
    rows that were left out of it have no part.
    """
    sizes = np.array([len(page) for page in pages.values()], dtype=np.int64)
    found = explore.pages(list(pages), sizes, occasion=occasion)
    return {
        customer_id: [
            {**page[row], "propensity": propensity}
            for row, propensity in zip(order[: len(page)], chance, strict=False)
        ]
        for (customer_id, page), order, chance in zip(
            pages.items(), found.order.tolist(), found.propensity.tolist(), strict=True
        )
    }
