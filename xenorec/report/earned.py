"""Earned: what each shelf of a campaign brought, beside what was expected of it."""

from __future__ import annotations

from dataclasses import dataclass

from xenorec.engine import DuckEngine
from xenorec.ledger import Ledger
from xenorec.recommend.feedback import RowPriors
from xenorec.report.feedback import WITHIN, Feedback

COLUMNS = ("shelf", "n_exposed", "expected", "observed", "factor", "factor_low", "factor_high")
UNFADED = "3650d"
"""A half-life that leaves the figures of a report as they were."""


@dataclass(frozen=True)
class Earned:
    """One shelf: products shown, what was expected and earned, and how many times that is.

    A purchase or a redeemed coupon counts 1, a click 0.3. ``expected`` is what predictions and
    places promised by now, scaled so that all shelves together earned what was expected. ``factor``
    is pulled to 1 while little is known; ``low`` and ``high`` are its 95 % interval.
    """

    shelf: str
    n_shown: int
    expected: float
    earned: float
    factor: float
    low: float
    high: float


def earned(ledger: Ledger, engine: DuckEngine, campaign_id: str) -> tuple[Earned, ...]:
    """Return what each shelf of a campaign earned within 14 days, the best first.

    Empty when nothing of the campaign was shown.
    """
    model = RowPriors(within=WITHIN, half_life=UNFADED)
    table = Feedback(ledger, engine).learned(model, campaign_id).table()
    shelves = table[table["segment"].isna()].sort_values(["factor", "shelf"], ascending=False)
    return tuple(
        Earned(*row) for row in zip(*(shelves[name].tolist() for name in COLUMNS), strict=True)
    )
