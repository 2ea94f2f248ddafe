"""How an event at one hour of the week speaks for another: circular kernels over hours and days."""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Floats
from xenorec.timing.send_time.country_conventions import Weekend

WIDTHS = (0.7, 1.2, 2.5)
"""Standard deviations over the hours of the day."""
RELATIONS = ("same", "near", "kind", "all")
"""Which days help a day: itself; those close by; work days each other and days off each other;
every day."""
N_KERNELS = len(WIDTHS) * len(RELATIONS) + 1


def kernels(shop: Floats, weekend: Weekend) -> Floats:
    """Return (kernel, from hour, to hour): each row a distribution that stays where the shop is.

    The first keeps the hour as it is; the others spread it by width and relation of days, in
    proportion to the shop's curve, so that an evening buyer lends nothing to hours that are shut.
    """
    spreads = [
        np.kron(day_kernel(relation, weekend), hour_kernel(width))
        for width in WIDTHS
        for relation in RELATIONS
    ]
    weighted = [spread * shop for spread in spreads]
    scaled = [one / one.sum(axis=1)[:, None] for one in weighted]
    return np.asarray(np.stack([np.eye(len(shop)), *scaled]), dtype=np.float64)


def hour_kernel(width: float) -> Floats:
    """Return a Gaussian over the 24 hours that meets itself at midnight, not normalised."""
    return np.asarray(np.exp(-0.5 * (_circle(24) / width) ** 2))


def day_kernel(relation: str, weekend: Weekend) -> Floats:
    """Return how much each day of the week helps each other, 0 to 1."""
    off = np.isin(np.arange(7), weekend)
    helps: dict[str, Floats] = {
        "same": np.eye(7),
        "near": np.exp(-0.5 * _circle(7) ** 2),
        "kind": (off[:, None] == off).astype(np.float64),
        "all": np.ones((7, 7)),
    }
    return np.asarray(helps[relation], dtype=np.float64)


def _circle(n: int) -> Floats:
    apart = np.abs(np.arange(n)[:, None] - np.arange(n))
    near: Floats = np.minimum(apart, n - apart).astype(np.float64)
    return near
