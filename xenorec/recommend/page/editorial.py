"""Editorial: products that people picked, shown where nothing else is left to show."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from xenorec.array_types import Ints
from xenorec.dataset.data_frames import positions
from xenorec.errors import XenorecWarning
from xenorec.recommend.eligibility import EligibilityFilter
from xenorec.recommend.eligibility.rules import RULES
from xenorec.recommend.shop_data import ShopData

log = logging.getLogger("xenorec")


def editorial_of(ids: Sequence[str], shop: ShopData, guard: EligibilityFilter) -> Ints:
    """Return the products of an editorial list that may be shown, in its order, each once.

    ``guard``: that of nobody known. Warns with the code ``editorial-dropped`` and counts of what
    was never sold, and of what each rule closes.
    """
    listed = np.array(list(dict.fromkeys(ids)), dtype=object)
    product = positions(listed, shop.purchases.products)
    known = product[product >= 0]
    rule = guard.first(np.zeros_like(known), known)
    kept = known[rule < 0]
    dropped = list(_dropped(listed[product < 0].tolist(), rule[rule >= 0].tolist()))
    log.info("action=editorial listed=%d kept=%d", len(listed), len(kept))
    if dropped:
        warnings.warn(
            f"editorial-dropped: of {len(listed):,} products on the editorial list {len(kept):,} "
            f"can be shown; {', '.join(dropped)}. recommender.explain(customer_id, product_id) "
            "tells more of one.",
            XenorecWarning,
            stacklevel=4,
        )
    return kept.astype(np.int64)


def _dropped(unknown: list[str], rules: list[int]) -> Iterator[str]:
    if unknown:
        yield f"{len(unknown):,} never sold ({', '.join(map(repr, unknown[:3]))})"
    for rule, n in sorted(Counter(rules).items()):
        yield f"{n:,} closed by the rule {RULES[rule]}"
