"""Campaign results: what became of an audience, in figures and in words, however it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from xenorec.report.lift import Lift
from xenorec.report.quality_summary import HowGood
from xenorec.report.shelf_revenue import ShelfRevenue, earned_lines

SENT = ("sent", "delivered")
FEW = 30
"""Customers in a group below which a word of care is due."""


@dataclass(frozen=True)
class Coverage:
    """How far one shelf reached: messages that had it, products and items in it."""

    shelf: str
    n_messages: int
    n_items: int
    n_products: int


@dataclass(frozen=True)
class CampaignResults:
    """The figures of a campaign and of its comparison with those left alone."""

    campaign_id: str
    as_of: datetime
    plan_hash: str
    approved_by: str | None
    within: timedelta
    metric: str
    n_audience: int
    states: Mapping[tuple[str, str], int]
    holdout_ids: tuple[str, ...]
    coverage: tuple[Coverage, ...]
    earned: tuple[ShelfRevenue, ...]
    send_hours: Mapping[int, int]
    creatives: tuple[tuple[str, int, float], ...]
    lift: Lift | None
    is_window_complete: bool
    was_simulated: bool
    how_good: HowGood | None = None
    not_compared: str = ""
    n_left_out: int = 0

    @property
    def n_sent(self) -> int:
        """Messages that a channel took."""
        return sum(n for (state, _), n in self.states.items() if state in SENT)

    @property
    def n_held_out(self) -> int:
        """Customers left alone for comparison."""
        return len(self.holdout_ids)

    def funnel(self) -> list[tuple[str, int]]:
        """Return the audience, then what became of it, by state and reason."""
        ordered = sorted(self.states.items(), key=lambda item: (-item[1], item[0]))
        named = [(f"{state}: {reason}" if reason else state, n) for (state, reason), n in ordered]
        return [("audience", self.n_audience), *named]

    def __str__(self) -> str:
        lines = [f"Campaign {self.campaign_id}, as of {self.as_of:%Y-%m-%d}"]
        lines += [f"  {name:<28}{n:>8,}" for name, n in self.funnel()]
        lines.append(self.lift_in_words())
        looked = () if self.how_good is None else (str(self.how_good),)
        return "\n".join([*lines, *earned_lines(self.earned), *looked])

    __repr__ = __str__

    def lift_in_words(self) -> str:
        """Return one sentence or two on the difference to the holdout."""
        if not self.n_sent:
            n = sum(count for (state, _), count in self.states.items() if state == "planned")
            return f"No message has been sent ({n:,} are planned), so there is nothing to measure."
        if self.lift is None:
            return f"No comparison: {self.not_compared}"
        _, _, figures = str(self.lift).partition(": ")
        text = f"{_metric_words(self.metric)} within {self.within.days} days: {figures}."
        if self.was_simulated:
            text += (
                " Nothing was really sent: the messages were written to files, so the true effect "
                "is zero, and whatever the interval shows is chance."
            )
        if min(self.lift.n_treated, self.lift.n_control) < FEW:
            text += f" There are fewer than {FEW} customers in a group: take it as a hint."
        if self.n_left_out:
            text += (
                f" {self.n_left_out:,} are not counted of their own: they turned out to be one "
                "person with others since, or were erased."
            )
        if not self.is_window_complete:
            text += " The window is not over in the data that was loaded."
        return text


def _metric_words(metric: str) -> str:
    words = {
        "repeat_order": "Share of customers with an order",
        "spend": "Spend per customer",
        "n_orders": "Orders per customer",
    }
    return words[metric]
