"""What is asked of a model of purchases."""

from __future__ import annotations

from typing import Protocol

from xenorec.array_types import Floats
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

NEVER_DAYS = 3650.0
"""Beyond ten years a date says nothing; it is given as never."""


class PurchaseModel(Protocol):
    """Purchases in days, per pattern of past purchases."""

    def p_alive(self, past: RfmPatterns) -> Floats:
        """Probability that the customer will ever order again."""

    def p_order(self, past: RfmPatterns, days: float) -> Floats:
        """Probability of an order within ``days`` after the pattern's age."""

    def n_expected(self, past: RfmPatterns, days: float) -> Floats:
        """Expected days with an order within ``days`` after the pattern's age."""

    def wait(self, past: RfmPatterns, probability: float) -> Floats:
        """Days until an order has this probability; inf when it is never reached."""
