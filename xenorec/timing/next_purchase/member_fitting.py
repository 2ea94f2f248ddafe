"""Fitting a probability model of purchases: by ``lifetimes`` where its fit is sound, else ours.

A fit of ``lifetimes`` is sound when it ends, with finite parameters within ``BOUNDS``, where our
own likelihood is flat too. Elsewhere our own search stands in. Where the best parameters lie on a
bound, or so many others do as well that the shop does not tell them, a weak prior holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from xenorec.array_types import Floats
from xenorec.timing.next_purchase import lifetimes_fitters
from xenorec.timing.next_purchase.bgnbd import BetaGeometric, BgNbd, MbgNbd
from xenorec.timing.next_purchase.bgnbd_likelihood import BetaGeometricLikelihood
from xenorec.timing.next_purchase.members import Member
from xenorec.timing.next_purchase.pareto_nbd import ParetoLikelihood, ParetoNbd
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns

_RATES = ((1e-4, 1e3), (1e-2, 1e6))
BOUNDS: Mapping[type[Member], tuple[tuple[float, float], ...]] = MappingProxyType(
    {
        BgNbd: (*_RATES, (1e-6, 2e3), (1e-3, 2e3)),
        MbgNbd: (*_RATES, (1e-6, 2e3), (1e-3, 2e3)),
        ParetoNbd: (*_RATES, (1e-4, 1e3), (1e-2, 1e6)),
    }
)
"""Of each parameter; alpha and beta are days. At an edge customers are all alike, or none stops."""
STEEPEST = 1e-4
"""Nats per customer by which a full step of a log-parameter may still better a finished fit."""
WIDEST = 2.0
"""Standard error of a log-parameter from which on the shop does not tell it."""
PRIOR_SPREAD = 1.5
"""Standard deviation of the log-parameters around the guess, where a weak prior holds them."""
TRIES = 3
"""Searches, each from where the one before it has stopped."""
_EDGE, _STEP = 1e-3, 1e-4


class NoMaximum(ArithmeticError):
    """The search for the best parameters did not end."""


class ShopLikelihood(Protocol):
    """The likelihood of a shop as a function of the logs of the parameters."""

    @property
    def past(self) -> RfmPatterns:
        """The patterns of its customers."""

    def guess(self) -> Floats:
        """Return parameters to start from."""

    def loss(self, logs: Floats) -> tuple[float, Floats]:
        """Return minus the mean log-likelihood and its slopes."""


@dataclass(frozen=True)
class FittedMember:
    """A fitted member. ``is_told``: the shop alone tells its parameters, without the prior.

    ``by``: whose search found them, ``lifetimes`` or ``xenorec``.
    """

    model: Member
    by: str
    is_told: bool


def fit_member(past: RfmPatterns, kind: type[Member]) -> FittedMember:
    """Return the fit of a kind of model to a shop, in days.

    Raises ``NoMaximum`` when the search stops on a slope.
    """
    shop = shop_of(past, kind)
    model, by = lifetimes_fitters.fit_by_lifetimes(past, kind), "lifetimes"
    if model is None or not is_sound(model, shop):
        model, by = search(shop, kind), "xenorec"
    if is_told(model, shop):
        return FittedMember(model, by, True)
    return FittedMember(search(shop, kind, with_prior=True), "xenorec", False)


def shop_of(past: RfmPatterns, kind: type[Member]) -> ShopLikelihood:
    """Return the likelihood of the patterns by a kind of model."""
    if issubclass(kind, BetaGeometric):
        return BetaGeometricLikelihood(past, kind)
    return ParetoLikelihood(past)


def is_sound(model: Member, shop: ShopLikelihood) -> bool:
    """Return whether parameters are finite, within bounds, and where the likelihood is flat."""
    values = np.array(astuple(model))
    if not np.isfinite(values).all() or not _inside(values, type(model), 0.0):
        return False
    loss, slopes = shop.loss(np.log(values))
    return bool(np.isfinite(loss) and np.abs(slopes).max() <= STEEPEST)


def is_told(model: Member, shop: ShopLikelihood) -> bool:
    """Return whether the shop tells the parameters: inside the bounds, each within ``WIDEST``."""
    values = np.array(astuple(model))
    if not _inside(values, type(model), _EDGE):
        return False
    curved = _curvature(shop, np.log(values)) * float(shop.past.weight.sum())
    try:
        variance = np.diag(np.linalg.inv(curved))
    except np.linalg.LinAlgError:
        return False
    return bool(np.isfinite(variance).all() and ((variance > 0) & (variance < WIDEST**2)).all())


def search(shop: ShopLikelihood, kind: type[Member], *, with_prior: bool = False) -> Member:
    """Return our own maximum of the likelihood within ``BOUNDS``, in days.

    ``with_prior``: of the likelihood times a wide normal prior of the log-parameters around the
    guess, which weighs as much as one customer's word and decides where the shop is silent.
    """
    from scipy.optimize import minimize

    bounds = np.log(np.array(BOUNDS[kind]))
    guess = np.clip(np.log(shop.guess()), *bounds.T)
    start = guess
    pull = 1 / (PRIOR_SPREAD**2 * float(shop.past.weight.sum())) if with_prior else 0.0

    def loss(logs: Floats) -> tuple[float, Floats]:
        value, slopes = shop.loss(logs)
        away = logs - guess
        return value + pull * float(away @ away) / 2, slopes + pull * away

    for _ in range(TRIES):
        found: Any = minimize(
            loss,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 20},
        )
        uphill = np.where(found.x <= bounds[:, 0], np.minimum(found.jac, 0), found.jac)
        uphill = np.where(found.x >= bounds[:, 1], np.maximum(uphill, 0), uphill)
        if np.isfinite(found.fun) and np.abs(uphill).max() <= STEEPEST:
            return kind(*np.exp(found.x).tolist())
        start = found.x
    raise NoMaximum(f"after {found.nit} steps: {found.message}")


def _inside(values: Floats, kind: type[Member], margin: float) -> bool:
    """Return whether all lie within the bounds, by a margin of their logs."""
    low, high = np.array(BOUNDS[kind]).T
    reach = 1 + margin
    return bool(((values >= low * reach) & (values <= high / reach)).all())


def _curvature(shop: ShopLikelihood, logs: Floats) -> Floats:
    """Return the second derivatives of the mean loss by the logs, from its slopes."""
    steps = np.eye(len(logs)) * _STEP
    ways = [(shop.loss(logs + step)[1] - shop.loss(logs - step)[1]) / (2 * _STEP) for step in steps]
    curved = np.array(ways)
    return (curved + curved.T) / 2
