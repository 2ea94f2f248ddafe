"""Inconclusive: why a comparison of two arms cannot tell anything, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xenorec.report.trial_arms import TrialArms

FEWEST = 10
"""Events in the control below which a difference is not told."""
HEAVIEST = 0.1
"""Above this share of the sum of all amounts one customer decides what comes out."""
ALARM = 0.001
"""Below this probability arms are hardly the work of chance."""


@dataclass(frozen=True)
class InconclusiveReasons:
    """What is known of two arms beside the effect; ``p_srm`` and ``p_balance`` may be NaN."""

    arms: TrialArms
    p_srm: float
    p_balance: float
    covariate: str | None

    def __iter__(self) -> Iterator[str]:
        """Give the reasons in the order in which they matter."""
        found = (self._split(), self._balance(), self._flat(), self._events(), self._heaviest())
        return (reason for reason in found if reason)

    @property
    def is_moved(self) -> bool:
        """Whether the covariate differs between the arms by more than chance."""
        return self.p_balance < ALARM

    def _split(self) -> str:
        if not self.p_srm < ALARM:
            return ""
        return f"the arms are not of the size they were meant to be (p_srm = {self.p_srm:.2g})"

    def _balance(self) -> str:
        if not self.is_moved:
            return ""
        return (
            f"{self.covariate!r} differs between the arms by more than chance (p_balance = "
            f"{self.p_balance:.2g}), so the treatment has touched it, or the arms were not drawn "
            "by chance"
        )

    def _flat(self) -> str:
        return "every customer has the same value" if self.arms.is_flat else ""

    def _events(self) -> str:
        """Ask how many events the control had, and of shares how many none; and the treated can."""
        has = self.arms.metric != 0
        kinds = [(has, "an event"), *([(~has, "no event")] if self.arms.is_share else [])]
        for is_one, words in kinds:
            n, expected = self.arms.n_events(is_one)[1], self.arms.n_treated * is_one.mean()
            if n < FEWEST:
                return f"only {n:,} of the control had {words}, and it takes {FEWEST}"
            if expected < FEWEST:
                return f"so few are treated that {expected:.1f} with {words} are expected of them"
        return ""

    def _heaviest(self) -> str:
        """Ask which share of the sum, returns counted like purchases, is the largest amount's."""
        size = np.abs(self.arms.metric)
        if self.arms.is_share or not size.any():
            return ""
        share = 1 / float((size / size.max()).sum())
        if share <= HEAVIEST:
            return ""
        return f"one customer makes {share * 100:.0f} % of the sum of all amounts"
