"""Choose the purchase model a shop can bear, and say why.

A maximum-likelihood fit gives numbers for any input, also where the data cannot tell them. So the
shop is looked at before the fit and the fit is held against the shop after it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from xenorec.timing.next_purchase.bgnbd import MbgNbd
from xenorec.timing.next_purchase.member_fitting import (
    FittedMember,
    NoMaximum,
    fit_member,
    search,
    shop_of,
)
from xenorec.timing.next_purchase.members import Member
from xenorec.timing.next_purchase.rfm_summary import RfmPatterns
from xenorec.timing.next_purchase.shop_rate import ShopRate

MIN_CUSTOMERS = 50
MIN_REPEATERS = 10
_TWICE = 2.0
UNFIT = "The customers' habits could not be put into one model"
WITH_PRIOR = (
    "What the shop does not tell is held by a weak prior of how customers come and leave; by it "
    "customers are told apart, roughly."
)
VAGUE = "The orders do not tell how many customers leave, or when."


@dataclass(frozen=True)
class MemberSelection:
    """The model for known customers, how far the answer fell back, and sentences that say why.

    ``can_learn``: there are customers enough for a learner beside the model.
    """

    model: Member | ShopRate
    level: str
    notes: tuple[str, ...]
    can_learn: bool = False


def choose_model(past: RfmPatterns, *kinds: type[Member]) -> MemberSelection:
    """Return a fit where the shop bears it (``personal``), else one with a weak prior (``shop``).

    Of several ``kinds`` (none: MBG/NBD) the one that makes the orders most likely; of a thin shop
    the first. Where no fit ends it is the shop's rate, and a default without any orders.
    """
    kinds = kinds or (MbgNbd,)
    nothing = _without_orders(past)
    if nothing is not None:
        return nothing
    thin = _too_thin(past)
    try:
        if thin is not None:
            return _with_prior(_by_prior(past, kinds[0]), thin, can_learn=False)
        fitted = _likeliest([fit_member(past, kind) for kind in kinds], past)
    except NoMaximum as error:
        return _rate(past, f"{UNFIT} ({error}).")
    absurd = _absurd(fitted.model, past)
    if absurd is not None:
        return _rate(past, absurd)
    if fitted.is_told:
        return MemberSelection(fitted.model, "personal", (), can_learn=True)
    return _with_prior(fitted.model, VAGUE, can_learn=True)


def _by_prior(past: RfmPatterns, kind: type[Member]) -> Member:
    return search(shop_of(past, kind), kind, with_prior=True)


def _likeliest(fits: list[FittedMember], past: RfmPatterns) -> FittedMember:
    """Return the fit of the highest likelihood, one that the shop tells where there is any."""
    if len(fits) == 1:
        return fits[0]
    return max(fits, key=lambda fit: (fit.is_told, fit.model.log_likelihood(past)))


def _without_orders(past: RfmPatterns) -> MemberSelection | None:
    if past.weight.sum() == 0:
        reason = "There are no orders yet; everybody is taken to order once a year."
    elif past.age.max() == 0:
        reason = "All orders are of the day of as_of; everybody is taken to order once a year."
    else:
        return None
    return MemberSelection(ShopRate.of(past), "default", (reason,))


def _too_thin(past: RfmPatterns) -> str | None:
    n, repeaters = int(past.weight.sum()), int(past.weight[past.frequency > 0].sum())
    if n < MIN_CUSTOMERS:
        who = "customer has" if n == 1 else "customers have"
        return f"Only {n:,} {who} ordered; {MIN_CUSTOMERS} are needed to tell habits."
    if repeaters < MIN_REPEATERS:
        came = f"Only {repeaters:,} of {n:,} customers came back"
        return f"{came}; {MIN_REPEATERS} are needed to tell habits."
    return None


def _absurd(model: Member, past: RfmPatterns) -> str | None:
    values = astuple(model)
    shown = ", ".join(f"{value:.3g}" for value in values)
    if not all(np.isfinite(values)):
        return f"{UNFIT} (absurd parameters: {shown})."
    ages, which = np.unique(past.age, return_inverse=True)
    told = float(np.sum(past.weight * model.n_since_first(ages)[which]))
    seen = float(np.sum(past.weight * past.frequency))
    if not seen / _TWICE <= told <= seen * _TWICE:
        return f"{UNFIT} (it tells {told:,.0f} repeat orders where {seen:,.0f} were seen)."
    return None


def _with_prior(model: Member, reason: str, *, can_learn: bool) -> MemberSelection:
    return MemberSelection(model, "shop", (f"{reason} {WITH_PRIOR}",), can_learn)


def _rate(past: RfmPatterns, reason: str) -> MemberSelection:
    said = f"{reason} All get the shop's usual rate, which does not tell who has left."
    return MemberSelection(ShopRate.of(past), "shop", (said,))
