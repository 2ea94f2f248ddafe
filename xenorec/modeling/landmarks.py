"""Landmarks: past instants from which a model learns what came after them.

At each landmark the features are what was known then, and the label is what happened since
(landmarking; van Houwelingen 2007), so that nothing learned is later than what it is learned from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.modeling.boosting import BoostedModel, BoostingSettings, fit_model

GOLDEN = 0.6180339887498949
"""Spreads chance anew at each landmark, so that each has other rows."""


def landmarks(
    latest: float, *, step: float, earliest: float, most: int | None = None
) -> list[float]:
    """Return the instants from ``latest`` back to ``earliest``, ``step`` apart, the latest first.

    >>> landmarks(100, step=30, earliest=40)
    [100, 70, 40]
    """
    found: list[float] = []
    while (at := latest - len(found) * step) >= earliest and len(found) != most:
        found.append(at)
    return found


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Rows to learn from, one per subject and landmark.

    ``features``: by name, what was known at the landmark. ``label``: what happened after it.
    ``weight``: how many rows each stands for. ``others``: by name, what else is known of each row.
    """

    features: Mapping[str, Any]
    label: Any
    weight: Floats
    others: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.label)

    @property
    def n_positive(self) -> int:
        """In how many rows it happened."""
        return int(np.count_nonzero(self.label))

    @classmethod
    def concatenate(cls, parts: Sequence[TrainingSet]) -> TrainingSet:
        """Return the rows of several landmarks as one; a part without rows needs no features."""
        parts = [part for part in parts if len(part)] or parts[:1]
        return cls(
            _joined([part.features for part in parts]),
            np.concatenate([part.label for part in parts]),
            np.concatenate([part.weight for part in parts]),
            _joined([part.others for part in parts]),
        )

    def take(self, rows: Ints | Bools | slice) -> TrainingSet:
        """Return some of the rows."""
        return TrainingSet(
            {name: values[rows] for name, values in self.features.items()},
            self.label[rows],
            self.weight[rows],
            {name: values[rows] for name, values in self.others.items()},
        )

    def fit(self, boosting: BoostingSettings, weight: Floats | None = None) -> BoostedModel:
        """Return boosted trees of the label; ``weight`` takes the place of the rows' own."""
        counted = self.weight if weight is None else weight
        return fit_model(self.features, self.label, counted, boosting)


def id_chance(ids: Texts) -> Floats:
    """Return a number in [0, 1) per id: its SipHash (``pandas.util.hash_array``) as a share.

    It decides who is learned from, the same on every machine and whoever else is there.
    """
    hashed = pd.util.hash_array(ids.astype(object), hash_key="xenorec timing..")
    return np.asarray(hashed >> np.uint64(11), dtype=np.float64) / 2.0**53


def chance_at(chance: Floats, landmark: float | Floats) -> Floats:
    """Return other numbers in [0, 1) for the same rows, spread anew by the landmark."""
    spread: Floats = (chance + landmark * GOLDEN) % 1.0
    return spread


def _joined(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
