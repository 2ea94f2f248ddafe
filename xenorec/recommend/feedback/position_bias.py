"""Position bias: how much a place on the page is looked at, whatever stands there.

The position-based model (Richardson, Dominowska and Ragno 2007; Chuklin, Markov and de Rijke
2015): a cell is rewarded when it is examined, which depends on its place alone, and attractive,
which depends on what stands there. Places are told from rows when rows change places; where they
never do, the prior decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints
from xenorec.errors import BadInput, NotFitted
from xenorec.recommend.feedback.impressions import Impressions

LARGEST = 64  # rows and columns of the grid; beyond it the prior holds
LEAST = 0.01
ROUNDS = 500
STILL = 1e-9
LOOSE = 1.0  # expected rewards that hold a shelf's own level to that of all


@dataclass(frozen=True, eq=False)
class ExaminationModel:
    """How likely each place is examined, relative to the first (row 1, column 1 is 1).

    ``values`` and ``n_exposed``: rows x columns. Beyond the grid the prior holds, or 1 when
    ``is_even``.
    """

    values: Floats
    n_exposed: Ints
    is_even: bool = False

    @classmethod
    def even(cls) -> ExaminationModel:
        """Return attention that is the same everywhere: no correction for positions."""
        return cls(np.empty((0, 0)), np.empty((0, 0), dtype=np.int64), is_even=True)

    def at(self, row: Ints, column: Ints) -> Floats:
        """Return the examination of places; ``row`` and ``column`` count from 1."""
        found = np.ones(len(row)) if self.is_even else prior(row, column)
        inside = (row <= self.values.shape[0]) & (column <= self.values.shape[1])
        found[inside] = self.values[row[inside] - 1, column[inside] - 1]
        return found

    def table(self) -> pd.DataFrame:
        """Return row, column, n_exposed, examination, prior: one row per place of the grid."""
        row, column = (places.ravel() + 1 for places in np.indices(self.values.shape))
        return pd.DataFrame(
            {
                "row": row,
                "column": column,
                "n_exposed": self.n_exposed.ravel(),
                "examination": self.values.ravel(),
                "prior": prior(row, column),
            }
        )


class PositionModel:
    """Learns the examination of places from cells, pulled to 1 / log2(row + column).

    With place p and group g (a shelf in a segment), alternately until nothing moves::

        examination[p]  = (k * prior[p] + rewards at p) / (k + sum at p of level[g] * promised)
        level[g] = (level + rewards of g) / (1 + sum in g of examination[p] * promised)

    k is ``strength``, in rewards that were expected at the place if everybody looked there: with
    as many the data weigh as much as the prior. Each cell weighs 1 / propensity, at most ``clip``
    (inverse propensity weighting, so that a place is judged by all rows and not by those that
    stand there by merit), and each place is scaled to its effective number of cells (Kish 1965).
    ``clip=1`` leaves the weights out. Old cells do not fade here: attention is taken as steady.
    """

    def __init__(self, *, strength: float = 50.0, clip: float = 10.0) -> None:
        self.strength = strength
        self.clip = clip

    def fit(self, cells: Impressions) -> PositionModel:
        """Learn from the cells; raises BadInput when a setting is out of its range."""
        self._check()
        shape = tuple(min(int(p.max(initial=1)), LARGEST) for p in (cells.row, cells.column))
        inside = np.flatnonzero((cells.row <= shape[0]) & (cells.column <= shape[1]))
        place = (cells.row[inside] - 1) * shape[1] + cells.column[inside] - 1
        promised, rewards = self._tables(cells, inside, place, shape[0] * shape[1])
        row, column = (places.ravel() + 1 for places in np.indices(shape))
        values = _fixed_point(promised, rewards, prior(row, column), self.strength)
        n_exposed = np.bincount(place, minlength=len(values))
        self.examination_ = ExaminationModel(
            np.maximum(values / values[0], LEAST).reshape(shape), n_exposed.reshape(shape)
        )
        return self

    @property
    def examination(self) -> ExaminationModel:
        """What was learned; raises NotFitted before ``fit``."""
        if not hasattr(self, "examination_"):
            raise NotFitted("PositionModel has not learned yet; call fit(cells) first.")
        return self.examination_

    def _check(self) -> None:
        if not self.strength > 0:
            raise BadInput(f"strength came as {self.strength!r}; expected a number above 0.")
        if not self.clip >= 1:
            raise BadInput(f"clip came as {self.clip!r}; expected a number from 1.")

    def _tables(
        self, cells: Impressions, inside: Ints, place: Ints, n_places: int
    ) -> tuple[Floats, Floats]:
        """Return groups x places: the weighted promised and actual rewards."""
        group = cells.shelf[inside] * (len(cells.segments) + 1) + cells.segment[inside] + 1
        group = np.unique(group, return_inverse=True)[1]
        n_groups = int(group.max(initial=0)) + 1
        weight = np.minimum(1.0 / cells.propensity[inside], self.clip)
        total, squares = (np.bincount(place, w, minlength=n_places) for w in (weight, weight**2))
        weight *= (total / np.where(squares > 0, squares, 1.0))[place]
        flat = group * n_places + place

        def table(values: Floats) -> Floats:
            summed = np.bincount(flat, weight * values[inside], minlength=n_groups * n_places)
            return summed.astype(np.float64).reshape(n_groups, n_places)

        return table(cells.promised), table(cells.reward)


def prior(row: Ints, column: Ints) -> Floats:
    """Return 1 / log2(row + column), both from 1: the discount of NDCG in two dimensions.

    >>> prior(np.array([1, 2, 1]), np.array([1, 1, 3])).round(3).tolist()
    [1.0, 0.631, 0.5]
    """
    discount: Floats = 1.0 / np.log2(np.asarray(row, dtype=np.float64) + column)
    return discount


def _fixed_point(promised: Floats, rewards: Floats, start: Floats, strength: float) -> Floats:
    """Return the examination of each place, where the two steps have come to rest."""
    by_place, by_group = rewards.sum(axis=0), rewards.sum(axis=1)
    expected = float((promised @ start).sum())
    if expected == 0 or not by_place.any():
        return start
    overall = float(by_place.sum()) / expected
    found = start
    for _ in range(ROUNDS):
        level = (LOOSE * overall + by_group) / (LOOSE + promised @ found)
        before = found
        found = (strength * start + by_place) / (strength + level @ promised)
        if np.abs(found - before).max() < STILL:
            break
    return found
