"""Page cells: the products that may stand on each customer's page, best first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Singles
from xenorec.recommend.grouped_arrays import best_each


@dataclass(frozen=True)
class ListedProducts:
    """One entry per customer asked about and product that may be shown, each pair once.

    ``p_buy``: the probability of a purchase. ``level``: a position in ``LEVELS``. ``facts``: what
    is known of the pair, by name, NaN where nothing is.
    """

    asked: Ints
    product: Ints
    p_buy: Floats
    is_own: Bools
    level: Ints
    facts: Mapping[str, Singles]

    def __len__(self) -> int:
        return len(self.asked)

    def take(self, rows: Ints | Bools) -> ListedProducts:
        """Return some of the entries."""
        facts = {name: values[rows] for name, values in self.facts.items()}
        return ListedProducts(
            self.asked[rows],
            self.product[rows],
            self.p_buy[rows],
            self.is_own[rows],
            self.level[rows],
            facts,
        )


@dataclass(frozen=True)
class PageCells:
    """Customers x width tables, the best product of each customer first; -1 where there is none.

    ``row`` is the entry of ``listed``, the other tables are read through it.
    """

    listed: ListedProducts
    row: Ints

    @property
    def is_there(self) -> Bools:
        """Where there is a product."""
        return np.asarray(self.row >= 0)

    @property
    def product(self) -> Ints:
        """The product, -1 where there is none."""
        return np.append(self.listed.product, -1)[self.row]

    @property
    def p_buy(self) -> Floats:
        """The probability, 0 where there is no product."""
        return np.append(self.listed.p_buy, 0.0)[self.row]

    @property
    def is_own(self) -> Bools:
        """Whether the customer had bought it before."""
        return np.append(self.listed.is_own, False)[self.row]

    @property
    def level(self) -> Ints:
        """How far the answer fell back, -1 where there is no product."""
        return np.append(self.listed.level, -1)[self.row]

    def fact(self, name: str) -> Singles:
        """Return one fact, NaN where it is not known."""
        return np.append(self.listed.facts[name], np.float32(np.nan))[self.row]


def lay_cells(
    listed: ListedProducts,
    n_asked: int,
    place: Ints,
    width: int,
    width_new: int,
    always: Bools | None = None,
) -> PageCells:
    """Return the ``width`` best own and ``width_new`` best new products of each customer.

    Of equal probabilities the more popular product (lower ``place``) comes first. ``always``:
    entries that have a place however low they stand.
    """
    is_kept = np.zeros(len(listed), dtype=bool) if always is None else always.copy()
    for is_own, size in ((True, width), (False, width_new)):
        rows = np.flatnonzero(listed.is_own == is_own)
        if np.bincount(listed.asked[rows], minlength=1).max() > size:
            best, _ = best_each(
                listed.asked[rows], listed.p_buy[rows], place[listed.product[rows]], size
            )
            rows = rows[best]
        is_kept[rows] = True
    rows = np.flatnonzero(is_kept)
    best, rank = best_each(listed.asked[rows], listed.p_buy[rows], place[listed.product[rows]])
    table = np.full((n_asked, int(rank.max(initial=1))), -1, dtype=np.int64)
    table[listed.asked[rows[best]], rank - 1] = rows[best]
    return PageCells(listed, table)
