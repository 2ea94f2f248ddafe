"""Coupons of the invented grocer: three suppliers' campaigns, each with two products."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from xenorec.hash_uniform import uniform

CAMPAIGNS = (
    (1, "Type B", 60, 32, ("PLAIN YOGURT", "CORN FLAKES")),
    (2, "Type C", 170, 45, ("GROUND COFFEE", "TEA BISCUITS")),
    (3, "Type A", 280, 40, ("CHEESE PIZZA", "OLIVE OIL")),
)
"""Number, type, first day, length in days, products."""


@dataclass(frozen=True)
class SampleCoupon:
    """A supplier's coupon for one product: ``cents`` from the supplier, ``match`` from the shop."""

    campaign: int
    type: str
    number: int
    name: str
    from_day: date
    to_day: date
    cents: int = 50
    match: int = 25


@cache
def coupons(first: date) -> tuple[SampleCoupon, ...]:
    """Return every coupon of a shop whose first day is ``first``."""
    return tuple(
        SampleCoupon(
            campaign=campaign,
            type=kind,
            number=10 * campaign + place,
            name=name,
            from_day=first + timedelta(days=start),
            to_day=first + timedelta(days=start + length),
        )
        for campaign, kind, start, length, names in CAMPAIGNS
        for place, name in enumerate(names, 1)
    )


def received(household: int, coupon: SampleCoupon, seed: str) -> bool:
    """Return whether a household was sent the campaign of a coupon; half of them were."""
    return uniform(seed, "campaign", str(coupon.campaign), str(household)) < 0.5
