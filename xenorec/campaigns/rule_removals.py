"""Rule removals: what the rules took from the pages of a plan, counted while they were made."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from xenorec.errors import XenorecWarning

if TYPE_CHECKING:
    import pandas as pd

    from xenorec.recommend.page.removals import RemovalTally
    from xenorec.recommend.page.shelf_pages import ShelfPages

LEFT = "left"


@dataclass(frozen=True, eq=False)
class RuleRemovals:
    """The removals of the customers that a plan could write to, and of those with no page."""

    pages: ShelfPages
    tally: RemovalTally
    emptied_ids: Sequence[str] = ()

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per rule and what is left: rule, n_products, n_customers, n_cells."""
        return self.tally.frame()

    @cached_property
    def emptied(self) -> pd.DataFrame:
        """The same of the customers whose page is empty."""
        return _counted_by(self.pages, self.emptied_ids)

    def __str__(self) -> str:
        rows = _counted(self.table)
        if not rows and not self.emptied_ids:
            return ""
        lines = ["Left out by the rules (candidates, each under the first rule that closes it):"]
        lines += [f"  {rule:<22}{n:>8,}" for rule, n in rows]
        if self.emptied_ids:
            pages = (
                "1 page was"
                if len(self.emptied_ids) == 1
                else f"{len(self.emptied_ids):,} pages were"
            )
            lines.append(f"  {pages} emptied by {_format_counts(_counted(self.emptied))}")
        return "\n".join(lines)


def _counted_by(pages: ShelfPages, customer_ids: Sequence[str]) -> pd.DataFrame:
    """Return what the rules take; what they warn of was told when the pages were made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XenorecWarning)
        return pages.removals(list(customer_ids))


def _counted(table: pd.DataFrame) -> list[tuple[str, int]]:
    """Return the rules that removed something and how much, the most first."""
    found = table[(table["n_cells"] > 0) & (table["rule"] != LEFT)]
    pairs = zip(found["rule"].tolist(), found["n_cells"].tolist(), strict=True)
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _format_counts(rows: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{rule} ({n:,})" for rule, n in rows) or "no rule: the shop has nothing"
