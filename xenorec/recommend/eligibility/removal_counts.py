"""Removal counts: how many candidates each rule took out, so that the counts add up."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats, Ints
from xenorec.recommend.eligibility.eligibility_filter import OPEN, EligibilityFilter
from xenorec.recommend.eligibility.rules import RULES
from xenorec.recommend.grouped_arrays import best_each

log = logging.getLogger("xenorec")
LEFT = "left"
"""What no rule took out: the last row of the table."""


@dataclass(eq=False)
class RemovalCounts:
    """Counts of pairs, customers and products by rule; the last entry is what is left."""

    n_products: int
    cells: Ints = field(default_factory=lambda: np.zeros(len(RULES) + 1, dtype=np.int64))
    customers: Ints = field(default_factory=lambda: np.zeros(len(RULES) + 1, dtype=np.int64))

    def __post_init__(self) -> None:
        self._seen = np.zeros((len(RULES) + 1, self.n_products), dtype=bool)

    def add(
        self,
        guard: EligibilityFilter,
        asked: Ints,
        product: Ints,
        score: Floats,
        place: Ints,
        is_own: Bools,
    ) -> Ints:
        """Count candidates of customers not counted before; return the rule of each, or -1.

        ``score`` and ``place`` give the order in which the caps take them. Of products that look
        alike the one that is the customer's own, then the first in that order, is left.
        """
        rule = guard.first(asked, product)
        rows = np.flatnonzero(rule == OPEN)
        at = product[rows]
        double = guard.doubles(asked[rows], at, is_own[rows], score[rows], place[at])
        rule[rows[double]] = RULES.index("same_title")
        if guard.caps is not None:
            rows = np.flatnonzero(rule == OPEN)
            best, rank = best_each(asked[rows], score[rows], place[product[rows]])
            rows = rows[best]
            fate = guard.caps.take(asked[rows], product[rows], rank)
            names = [RULES.index(cap.rule) for cap in guard.caps.caps]
            rule[rows] = np.where(fate >= 0, np.array(names)[np.maximum(fate, 0)], OPEN)
        self.cells += self._count(rule)
        for number in np.unique(rule):
            mine = rule == number
            self.customers[number] += len(np.unique(asked[mine]))
            self._seen[number, product[mine]] = True
        return rule

    def frame(self) -> pd.DataFrame:
        """Return one row per rule in their order, and what is left: rule and the three counts."""
        self._log()
        return pd.DataFrame(
            {
                "rule": pd.array([*RULES, LEFT], dtype="str"),
                "n_products": self._seen.sum(axis=1),
                "n_customers": self.customers,
                "n_cells": self.cells,
            }
        )

    def _count(self, rule: Ints) -> Ints:
        n = len(self.cells)
        return np.bincount(np.where(rule == OPEN, n - 1, rule), minlength=n).astype(np.int64)

    def _log(self) -> None:
        named = zip(RULES, self.cells.tolist(), strict=False)
        text = " ".join(f"{rule}={n}" for rule, n in named if n)
        n_all, n_left = int(self.cells.sum()), int(self.cells[-1])
        log.info("action=guard candidates=%d left=%d %s", n_all, n_left, text)
