"""Drift: how far what a model reads has moved from what it was when the model was learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats, Ints, Singles

ACT = 0.25
LEAST = 1e-4
HALF = 0.5
"""An empty part is taken as half an independent value, for a logarithm of nothing says nothing."""
CHANCE = 0.999
"""How surely chance stays below ``psi_by_chance``: some fifty features are looked at together."""
N_PARTS = 10


@dataclass(frozen=True, eq=False)
class FeatureDistribution:
    """Features x ``edges`` (the nine deciles of what is known), and features x ``shares``.

    A share is that of the rows above one decile and up to the next; the last one is of those for
    which the feature is not known. ``n_units``: how many independent values there were.
    """

    names: tuple[str, ...]
    edges: Floats
    shares: Floats
    n_units: Ints

    @classmethod
    def of(
        cls, names: tuple[str, ...], found: Mapping[str, Singles], n_units: Callable[[str], int]
    ) -> FeatureDistribution:
        """Return how some features are distributed; ``n_units`` of a feature's name."""
        values = [found[name] for name in names]
        edges = np.array([_deciles(of) for of in values])
        return cls(
            names,
            edges,
            np.array([shares(of, at) for of, at in zip(values, edges, strict=True)]),
            np.array([n_units(name) for name in names], dtype=np.int64),
        )

    def drift(self, name: str, values: Singles, n_units: int) -> dict[str, float]:
        """Return how far a feature has moved since, of so many independent values now.

        psi, psi_by_chance, share_nan, share_nan_then.
        """
        at = self.names.index(name)
        before, after = self.shares[at], shares(values, self.edges[at])
        n_then = int(self.n_units[at])
        n_parts = int(((before > 0) | (after > 0)).sum())
        return {
            "psi": psi(before, after, max(HALF / max(min(n_then, n_units), 1), LEAST)),
            "psi_by_chance": psi_by_chance(n_parts, n_then, n_units),
            "share_nan": float(after[-1]),
            "share_nan_then": float(before[-1]),
        }


def psi(then: Floats, now: Floats, least: float = LEAST) -> float:
    """Return the population stability index of two distributions over the same parts.

    The sum over the parts of (now - then) * log(now / then), 0 or more: what Kullback and Leibler
    (1951) call the divergence. A share below ``least`` counts as that. From .1 on it is usual to
    look, from .25 on to act (Siddiqi 2006, "Credit Risk Scorecards").

    >>> round(psi(np.array([0.5, 0.5]), np.array([0.8, 0.2])), 3)
    0.416
    """
    one, two = np.maximum(then, least), np.maximum(now, least)
    return float(np.sum((two - one) * np.log(two / one)))


def psi_by_chance(n_parts: int, n_then: int, n_now: int) -> float:
    """Return what 999 of 1,000 pairs of samples stay below (Yurdakul and Naranjo 2020)."""
    from scipy.stats import chi2

    if n_parts < 2:
        return 0.0
    units = 1 / max(n_then, 1) + 1 / max(n_now, 1)
    return float(chi2.ppf(CHANCE, n_parts - 1) * units)


def shares(values: Singles, edges: Floats) -> Floats:
    """Return the share of the values in each part that the edges make, and of NaN, last."""
    known = values[~np.isnan(values)].astype(np.float64)
    part = np.searchsorted(edges, known, side="left")
    counted = np.append(np.bincount(part, minlength=N_PARTS), len(values) - len(known))
    return counted / max(len(values), 1)


def _deciles(values: Singles) -> Floats:
    """Return the nine deciles, each half-way to the next value: what hardly moves stays below."""
    known = np.unique(values[~np.isnan(values)]).astype(np.float64)
    if not len(known):
        return np.full(N_PARTS - 1, np.nan)
    share = np.arange(1, N_PARTS) / N_PARTS
    at = np.searchsorted(known, np.nanquantile(values, share, method="lower"))
    edges: Floats = (known[at] + known[np.minimum(at + 1, len(known) - 1)]) / 2
    return edges
