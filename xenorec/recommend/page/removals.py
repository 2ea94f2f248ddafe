"""Removals: the candidates of many customers, and which rule took out each."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

import pandas as pd

from xenorec.recommend.customers import CustomerSelection
from xenorec.recommend.eligibility import EligibilityFilter, RemovalCounts, nothing_closed
from xenorec.recommend.page.page_candidates import PageKnowledge
from xenorec.recommend.ranker.two_stage_ranker import RankedCandidates


@dataclass(eq=False)
class RemovalTally:
    """Counts what each rule takes out, and what is left; see ``ShelfRecommender.removals``.

    Candidates are what the ranker names with nothing closed, and popular products up to ``least``.
    Blocks of customers may be added from several threads, each customer once.
    """

    knowledge: PageKnowledge
    least: int
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        n_products = self.knowledge.shop.n_products
        self._counts, self._everything = RemovalCounts(n_products), nothing_closed(n_products)

    def add(
        self,
        asked: CustomerSelection,
        guard: EligibilityFilter,
        ranked: RankedCandidates | None = None,
    ) -> None:
        """Count the candidates of a block; ``ranked`` are those of the ranker, if it was asked."""
        found = self.knowledge.candidates(asked, self._everything, self.least, ranked)
        place = self.knowledge.shop.popularity.place
        with self._lock:
            self._counts.add(guard, found.asked, found.product, found.p_buy, place, found.is_own)

    def frame(self) -> pd.DataFrame:
        """Return one row per rule in their order, and what is left."""
        return self._counts.frame()
