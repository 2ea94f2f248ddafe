"""Choose the purchase model a shop can bear, and say why.

A maximum-likelihood fit of BG/NBD gives numbers for any input, also where the data cannot tell
them. So the shop is looked at before the fit and the fit is held against the shop after it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from xenorec.timing.next_purchase.bgnbd import BgNbd
from xenorec.timing.next_purchase.likelihood import NoMaximum, fit_bgnbd
from xenorec.timing.next_purchase.purchases import Patterns
from xenorec.timing.next_purchase.shop_rate import ShopRate

MIN_CUSTOMERS = 50
MIN_REPEATERS = 10
_TWICE = 2.0
UNFIT = "The customers' habits could not be put into one model"


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
    fitted, reason = _attempt(past)
    return _shop(past, reason) if fitted is None else Choice(fitted, "personal", ())


def _too_thin(past: Patterns) -> Choice | None:
    n, repeaters = int(past.weight.sum()), int(past.weight[past.frequency > 0].sum())
    if n == 0:
        return Choice(
            ShopRate.of(past),
            "default",
            ("There are no orders yet; everybody is taken to order once a year.",),
        )
    if past.age.max() == 0:
        reason = "All orders are of the day of as_of; everybody is taken to order once a year."
        return Choice(ShopRate.of(past), "default", (reason,))
    if n < MIN_CUSTOMERS:
        who = "customer has" if n == 1 else "customers have"
        return _shop(past, f"Only {n:,} {who} ordered; {MIN_CUSTOMERS} are needed to tell habits.")
    if repeaters < MIN_REPEATERS:
        return _shop(
            past,
            f"Only {repeaters:,} of {n:,} customers came back; {MIN_REPEATERS} are needed to tell "
            "habits.",
        )
    return None


def _attempt(past: Patterns) -> tuple[BgNbd | None, str]:
    try:
        model = fit_bgnbd(past)
    except NoMaximum as error:
        return None, f"{UNFIT} ({error})."
    reason = _absurd(model, past)
    return (model, "") if reason is None else (None, reason)


def _absurd(model: BgNbd, past: Patterns) -> str | None:
    values = astuple(model)
    shown = ", ".join(f"{value:.3g}" for value in values)
    if not all(np.isfinite(values)):
        return f"{UNFIT} (absurd parameters r, alpha, a, b: {shown})."
    ages, which = np.unique(past.age, return_inverse=True)
    told = float(np.sum(past.weight * model.n_since_first(ages)[which]))
    seen = float(np.sum(past.weight * past.frequency))
    if not seen / _TWICE <= told <= seen * _TWICE:
        return f"{UNFIT} (it tells {told:,.0f} repeat orders where {seen:,.0f} were seen)."
    return None


def _shop(past: Patterns, reason: str) -> Choice:
    said = f"{reason} All get the shop's usual rate, which does not tell who has left."
    return Choice(ShopRate.of(past), "shop", (said,))
