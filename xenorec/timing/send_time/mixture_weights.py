"""How much each part of a curve weighs, learned on acts that the parts did not see."""

from __future__ import annotations

import numpy as np

from xenorec.array_types import Floats, Ints
from xenorec.timing.send_time.week_curves import EDGES, FIRST_KERNEL, N_PARTS

PRIOR = 10.0
"""Held-out acts of each step of evidence that the weights before them are worth."""
_ROUNDS = 100
_SHOP_EVENTS = 60.0
_MIDDLE = np.array([0.5, 2.5, 6.0, 12.0, 24.0, 48.0, 96.0, 192.0])


def default_weights() -> Floats:
    """Return (step, part) weights for a shop that is too young to learn them.

    The shop weighs as 60 own events, a fifth of it through the group; the kernels and products
    that smooth share the rest alike. An assumption.
    """
    shop = _SHOP_EVENTS / (_SHOP_EVENTS + _MIDDLE)
    weights = np.zeros((len(EDGES) + 1, N_PARTS))
    weights[:, 0], weights[:, 1] = 0.8 * shop, 0.2 * shop
    weights[:, FIRST_KERNEL:] = ((1 - shop) / (N_PARTS - FIRST_KERNEL))[:, None]
    return weights


def learn_weights(seen: Floats, step: Ints) -> Floats:
    """Return (step, part) weights by EM; ``seen`` is (held-out act, part) probabilities.

    A step begins at the weights of the step below, or at the default where that saw nothing.
    """
    weights, below = default_weights(), None
    for one in range(len(weights)):
        rows = step == one
        if not rows.any():
            weights[one] = weights[one] if below is None else below
            continue
        prior = weights[one] if below is None else below
        below = weights[one] = _em(seen[rows], prior)
    return weights


def mean_log(seen: Floats, step: Ints, weights: Floats) -> float:
    """Return the mean log-likelihood of held-out acts, in nats."""
    p = np.einsum("ap,ap->a", seen, weights[step])
    return float(np.mean(np.log(p)))


def _em(seen: Floats, prior: Floats) -> Floats:
    mix = prior
    for _ in range(_ROUNDS):
        share = seen * mix
        share /= share.sum(axis=1)[:, None]
        mix = share.sum(axis=0) + PRIOR * prior
        mix = mix / mix.sum()
    return mix
