"""The Gamma-Gamma model of order values, and the plain mean where a shop cannot bear it.

A customer's orders vary around a personal mean (Gamma with shape p), and the personal means vary
over the shop (Gamma with shape q and scale v on the rate); value is taken as independent of how
often somebody orders. Fader, Hardie and Lee (2005), "RFM and CLV", Journal of Marketing Research
42(4), 415-430; Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xenorec.array_types import Floats
from xenorec.timing.next_purchase.lifetimes_fitters import NO_FIT, lifetimes, quiet
from xenorec.timing.next_purchase.member_fitting import STEEPEST

MIN_REPEATERS = 20
PRIOR_ORDERS = 3.0
"""Without a fit the shop's mean counts as much as three orders of the customer's own."""

_LEAST_SPREAD = 1e-3
_MOST = 1e5
_STEP = 1e-5


@dataclass(frozen=True)
class GammaGamma:
    """Orders are Gamma(``p``, rate), the rates Gamma(``q``, ``v``); ``v`` is in money."""

    p: float
    q: float
    v: float

    def mean(self, n_orders: Floats, mean_value: Floats) -> Floats:
        """Expected value of a future order, given ``n_orders`` of ``mean_value`` on average."""
        paid = n_orders * mean_value
        told: Floats = self.p * (self.v + paid) / (self.p * n_orders + self.q - 1)
        return told

    @property
    def variation(self) -> float:
        """Coefficient of variation of one customer's order values."""
        return float(1 / np.sqrt(self.p))

    def log_likelihood(self, n_orders: Floats, mean_value: Floats, weight: Floats) -> float:
        """Log-likelihood of mean values > 0 (equation 1a of the note)."""
        from scipy.special import gammaln

        shape, q, v = self.p * n_orders, self.q, self.v
        told = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
        told = told + (shape - 1) * np.log(mean_value) + shape * np.log(n_orders)
        told = told - (shape + q) * np.log(v + n_orders * mean_value)
        return float(np.sum(weight * told))


@dataclass(frozen=True)
class ShopMean:
    """The shop's mean value of an order, mixed with the customer's own; 0 in a free shop."""

    value: float
    variation: float = 1.0

    def mean(self, n_orders: Floats, mean_value: Floats) -> Floats:
        """Expected value of a future order."""
        told: Floats = (PRIOR_ORDERS * self.value + n_orders * mean_value) / (
            PRIOR_ORDERS + n_orders
        )
        return told


def fit_gamma_gamma(n_orders: Floats, mean_value: Floats, weight: Floats) -> GammaGamma | None:
    """Return the maximum-likelihood parameters, or None where the search ends nowhere sound.

    The arrays are the distinct (number of orders, mean value > 0) and how many share each. The
    fit is that of ``lifetimes``, or of our own search where that one does not end, or ends on a
    slope. Values are fitted in units of their usual size.
    """
    scale = float(np.exp(np.average(np.log(mean_value), weights=weight)))
    shop = _OrderValues(n_orders, mean_value / scale, weight)
    found = shop.by_lifetimes()
    if found is None or not shop.is_flat(found):
        found = shop.search()
    p, q, v = (float(value) for value in np.exp(found))
    sound = np.isfinite(found).all() and q > 1.05 and max(p, q, v) < _MOST and min(p, v) > 1e-4
    return GammaGamma(p, q, v * scale) if sound else None


@dataclass(frozen=True)
class _OrderValues:
    """The order values of a shop, as a function of the logs of the parameters."""

    n_orders: Floats
    mean_value: Floats
    weight: Floats

    def loss(self, logs: Floats) -> float:
        """Return minus the mean log-likelihood."""
        model = GammaGamma(*np.exp(np.clip(logs, -12, 12)).tolist())
        told = model.log_likelihood(self.n_orders, self.mean_value, self.weight)
        return -told / float(self.weight.sum())

    def is_flat(self, logs: Floats) -> bool:
        """Return whether no parameter could still better the likelihood."""
        steps = np.eye(3) * _STEP
        ways = [self.loss(logs + step) - self.loss(logs - step) for step in steps]
        slopes = np.array(ways) / (2 * _STEP)
        return bool(np.isfinite(slopes).all() and np.abs(slopes).max() <= STEEPEST)

    def search(self) -> Floats:
        """Return our own maximum."""
        from scipy.optimize import minimize

        start = np.log([4.0, 4.0, 1.0])
        return np.asarray(minimize(self.loss, start, method="L-BFGS-B", tol=1e-10).x)

    def by_lifetimes(self) -> Floats | None:
        """Return the maximum that ``lifetimes`` finds; None where it does not end."""
        with quiet():
            fitter = lifetimes().GammaGammaFitter()
            try:
                fitter.fit(self.n_orders, self.mean_value, weights=self.weight)
            except NO_FIT:
                return None
            found = [float(fitter.params_[name]) for name in ("p", "q", "v")]
            logs: Floats = np.log(np.array(found))
            return logs


def choose_value_model(
    n_orders: Floats, mean_value: Floats, weight: Floats
) -> tuple[GammaGamma | ShopMean, tuple[str, ...]]:
    """Return Gamma-Gamma when the order values bear it, else the shop's mean; and why."""
    counts = weight * n_orders
    shop = float(np.sum(counts * mean_value) / counts.sum()) if counts.sum() > 0 else 0.0
    paid = mean_value > 0
    n, m, w = n_orders[paid], mean_value[paid], weight[paid]
    repeaters = float(w[n > 1].sum())
    if repeaters < MIN_REPEATERS:
        return ShopMean(shop), (
            f"Only {repeaters:,.0f} customers paid on more than one day, and {MIN_REPEATERS} are "
            "needed, so everybody's order value is taken to be close to the shop's mean.",
        )
    if np.std(np.log(m)) < _LEAST_SPREAD:
        return ShopMean(shop, 0.0), ("All orders have one value; it is taken for the next ones.",)
    fitted = fit_gamma_gamma(n, m, w)
    if fitted is None:
        return ShopMean(shop), (
            "Order values could not be told apart by customer; all are taken to be close to the "
            "shop's mean.",
        )
    return fitted, _related(n, m, w)


def _related(n_orders: Floats, mean_value: Floats, weight: Floats) -> tuple[str, ...]:
    """Return a sentence when frequent customers pay visibly more or less per order."""
    again = n_orders > 1
    x, y, w = np.log(n_orders[again]), np.log(mean_value[again]), weight[again]
    x, y = x - np.average(x, weights=w), y - np.average(y, weights=w)
    size = np.sqrt(np.sum(w * x * x) * np.sum(w * y * y))
    related = float(np.sum(w * x * y) / size) if size > 0 else 0.0
    if abs(related) < 0.3:
        return ()
    return (
        f"How often and how much customers order is related (correlation {related:.2f} of the "
        f"logarithms), which the value model does not know of.",
    )
