"""Shelf revenue: what each shelf of a campaign brought, beside what was expected of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xenorec.engine import DuckEngine
from xenorec.ledger import Ledger
from xenorec.recommend.feedback import RowPriors
from xenorec.report.feedback_report import WITHIN, FeedbackReport
from xenorec.report.message_ids import Key

COLUMNS = ("shelf", "n_exposed", "expected", "observed", "factor", "factor_low", "factor_high")
UNFADED = "3650d"
"""A half-life that leaves the figures of a report as they were."""
PULLED = 0.1
"""From so far on, in times the expected, a factor is told to be no plain quotient."""
SHELF_WORDS = {
    "time_to_restock": "Time to restock",
    "buy_again": "Buy again",
    "from_recent_visits": "From recent visits",
    "it_has_been_a_while": "Not bought for a while",
    "goes_with_last_basket": "Goes with the last basket",
    "on_offer": "On offer",
    "new_in_category": "New in a favourite category",
    "because_you_buy": "Because of what they buy",
    "a_year_ago": "Bought a year ago",
    "popular_in_store": "Popular in the store",
    "popular_in_shop": "Popular in the whole shop",
    "trending": "Trending",
    "try_something_new": "Something new",
    "for_the_occasion": "For the occasion",
}


@dataclass(frozen=True)
class ShelfRevenue:
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

    @property
    def is_pulled(self) -> bool:
        """Whether ``factor`` is far from earned / expected, which may be luck."""
        return abs(self.earned - self.factor * self.expected) > PULLED * self.expected


def earned(
    ledger: Ledger, engine: DuckEngine, campaign_id: str, key: Key | None = None
) -> tuple[ShelfRevenue, ...]:
    """Return what each shelf of a campaign earned within 14 days, the best first.

    Empty when nothing of the campaign was shown.
    """
    model = RowPriors(within=WITHIN, half_life=UNFADED)
    table = FeedbackReport(ledger, engine, key=key).learned(model, campaign_id).table()
    shelves = table[table["segment"].isna()].sort_values(["factor", "shelf"], ascending=False)
    return tuple(
        ShelfRevenue(*row)
        for row in zip(*(shelves[name].tolist() for name in COLUMNS), strict=True)
    )


def earned_lines(rows: Sequence[ShelfRevenue]) -> list[str]:
    """Return the table in words for a terminal, the best shelf first; nothing for no rows."""
    if not rows:
        return []
    head = "What each shelf earned within 14 days (a purchase or a coupon counts 1, a click 0.3)"
    return [head, *map(_line, rows)]


def _line(row: ShelfRevenue) -> str:
    care = "that may be luck, so it is " if row.is_pulled else ""
    return (
        f"  {SHELF_WORDS.get(row.shelf, row.shelf):<28}{row.n_shown:>8,} shown: {row.earned:,.1f} "
        f"earned where {row.expected:,.1f} {_was(row.expected)} expected; {care}taken as "
        f"{row.factor:.2f} times ({row.low:.2f} to {row.high:.2f})"
    )


def _was(number: float) -> str:
    return "was" if round(number, 1) <= 1 else "were"
