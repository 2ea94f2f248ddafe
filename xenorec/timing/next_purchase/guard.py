"""Choose the purchase model a shop can bear, and say why.

A maximum-likelihood fit of BG/NBD gives numbers for any input, also where the data cannot tell
them. So the shop is looked at before the fit and the fit is held against the shop after it.
"""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stdout
from dataclasses import astuple, dataclass

import numpy as np

from xenorec.timing.next_purchase.bgnbd import BgNbd
from xenorec.timing.next_purchase.purchases import Patterns
from xenorec.timing.next_purchase.shop_rate import ShopRate

MIN_CUSTOMERS = 50
MIN_REPEATERS = 10
_ATTEMPTS = ((0.0, 1e-7), (0.0, 1e-6), (0.0, 1e-5), (0.0, 1e-4), (1e-4, 1e-6), (1e-3, 1e-5))
"""Penalty and tolerance, in turn. Where nobody stops the optimum lies on the edge (a = 0) and the
search ends only at a wider tolerance; a penalty comes last, as it moves the parameters."""

_LEAST = (1e-6, 1e-6, 1e-15, 1e-3)
_MOST = 1e6
_TWICE = 2.0


@dataclass(frozen=True)
class Choice:
    """The model for known customers, how far the answer fell back, and sentences that say why."""

    model: BgNbd | ShopRate
    level: str
    notes: tuple[str, ...]


def choose_model(past: Patterns) -> Choice:
    """Return BG/NBD when the shop bears it, else the shop's rate, else the default rate."""
    thin = _too_thin(past)
    if thin is not None:
        return thin
    notes: list[str] = []
    for penalty, tolerance in _ATTEMPTS:
        fitted, reason = _attempt(past, penalty, tolerance)
        if fitted is not None:
            return Choice(fitted, "personal", _penalised(penalty, notes))
        notes.append(reason)
    return _shop(past, notes[-1])


def _too_thin(past: Patterns) -> Choice | None:
    n, repeaters = int(past.weight.sum()), int(past.weight[past.frequency > 0].sum())
    if n == 0:
        return Choice(ShopRate.of(past), "default", ("There are no orders: one order a year.",))
    if past.age.max() == 0:
        reason = "All first orders are of the day of as_of: one order a year is taken."
        return Choice(ShopRate.of(past), "default", (reason,))
    if n < MIN_CUSTOMERS:
        return _shop(past, f"{_count(n, 'customer')}, fewer than the {MIN_CUSTOMERS} a fit needs.")
    if repeaters < MIN_REPEATERS:
        return _shop(
            past,
            f"{_count(repeaters, 'customer')} of {n:,} ordered on more than one day, "
            f"fewer than the {MIN_REPEATERS} a fit needs.",
        )
    return None


def _attempt(past: Patterns, penalty: float, tolerance: float) -> tuple[BgNbd | None, str]:
    try:
        model = fit_bgnbd(past, penalty=penalty, tolerance=tolerance)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError, RuntimeError) as error:
        return None, f"The fit did not converge ({type(error).__name__})."
    reason = _absurd(model, past)
    return (model, "") if reason is None else (None, reason)


def _absurd(model: BgNbd, past: Patterns) -> str | None:
    values = astuple(model)
    shown = ", ".join(f"{value:.3g}" for value in values)
    too_small = any(value < least for value, least in zip(values, _LEAST, strict=True))
    if not all(np.isfinite(values)) or too_small or max(values) > _MOST:
        return f"The fitted parameters r, alpha, a, b are absurd: {shown}."
    told = float(np.sum(past.weight * model.n_since_first(past.age)))
    seen = float(np.sum(past.weight * past.frequency))
    if not seen / _TWICE <= told <= seen * _TWICE:
        return f"The fitted model tells {told:,.0f} repeat orders where {seen:,.0f} were seen."
    return None


def fit_bgnbd(past: Patterns, *, penalty: float = 0.0, tolerance: float = 1e-7) -> BgNbd:
    """Return the maximum-likelihood parameters in days; ``penalty`` is an L2 weight on them.

    Raises ``ValueError`` when the gradient does not fall below ``tolerance``.
    """
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter

        fitter = BetaGeoFitter(penalizer_coef=penalty)
        fitter.fit(past.frequency, past.recency, past.age, weights=past.weight, tol=tolerance)
    r, alpha, a, b = (float(fitter.params_[name]) for name in ("r", "alpha", "a", "b"))
    return BgNbd(r, alpha, a, b)


def _shop(past: Patterns, reason: str) -> Choice:
    said = f"{reason} Everybody gets the shop's mean rate; who has stopped cannot be told."
    return Choice(ShopRate.of(past), "shop", (said,))


def _penalised(penalty: float, reasons: list[str]) -> tuple[str, ...]:
    if not penalty:
        return ()
    return (f"{reasons[0]} A penalty of {penalty:g} on the parameters settles it.",)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")
