"""A hashed share of customers gets an hour by chance, so that the model goes on learning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.errors import BadInput
from xenorec.hash_uniform import uniform

_FLATTER = 0.5
"""Exponent of the curve that explorers draw from: between the curve (1) and all alike (0)."""


@dataclass(frozen=True)
class HourChoice:
    """The slot of each customer, the probability with which it was chosen, and whether drawn."""

    slot: Ints
    propensity: Floats
    explored: Bools


@dataclass(frozen=True)
class HourExplorer:
    """Draws for ``share`` of the customers, anew each ``day``; the same for the same day."""

    share: float
    seed: str
    day: str

    def choose(self, customers: Texts, p: Floats) -> HourChoice:
        """Return the best slot of (customer, slot) probabilities, or for explorers a drawn one.

        The propensity is that of the whole rule: share * drawn, plus 1 - share for the best.
        """
        every, best = np.arange(len(customers)), p.argmax(axis=1)
        if not self.share:
            return HourChoice(best, np.ones(len(best)), np.zeros(len(best), dtype=bool))
        flat = p**_FLATTER
        flat /= flat.sum(axis=1)[:, None]
        explored = self._chance("explore", customers) < self.share
        drawn = np.zeros(len(best), dtype=np.int64)
        rows = np.flatnonzero(explored)
        below = np.cumsum(flat[rows], axis=1) <= self._chance("hour", customers[rows])[:, None]
        drawn[rows] = np.minimum(below.sum(axis=1), p.shape[1] - 1)
        slot = np.where(explored, drawn, best)
        propensity = self.share * flat[every, slot] + (1 - self.share) * (slot == best)
        return HourChoice(slot, propensity, explored)

    def _chance(self, what: str, customers: Texts) -> Floats:
        seed = f"{self.seed}:{what}"
        return np.array([uniform(seed, customer, self.day) for customer in customers])


def check_share(share: float) -> None:
    """Raise BadInput for a share of explorers outside 0 to 1."""
    if not 0 <= share <= 1:
        raise BadInput(f"explore is {share}; expected a share from 0 to 1, such as 0.05.")
