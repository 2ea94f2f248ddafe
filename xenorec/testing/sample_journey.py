"""The invented grocer in the layout of The Complete Journey (dunnhumby)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from xenorec.hash_uniform import uniform
from xenorec.testing.sample_coupons import SampleCoupon, coupons, received
from xenorec.testing.sample_products import SampleProduct, good, goods
from xenorec.testing.sample_visits import SampleLine, SampleVisit
from xenorec.testing.small_shop import InventedShop

HOUSEHOLDS, PRODUCTS, BASKETS = 900_000, 990_000_000, 990_000_000_000
STORES, CAMPAIGNS, MAKERS, UPCS = 990_000, 900, 9_000, 99_000_000_000
"""What is added to a number here to give an id of the layout: no id of the real data is reached."""
OWN_MAKER = MAKERS + 1

PEOPLE: Mapping[str, tuple[str | None, ...]] = {
    "age": ("19-24", "25-34", "35-44", "45-54", "55-64", "65+"),
    "income": ("15-24K", "25-34K", "35-49K", "50-74K", "75-99K", "100-124K", "Under 15K"),
    "home_ownership": ("Homeowner", "Renter", None),
    "marital_status": ("Married", "Unmarried", None),
}
HOMES = (
    ("1", "1 Adult No Kids", "0"),
    ("2", "2 Adults No Kids", "0"),
    ("2", "1 Adult Kids", "1"),
    ("3", "2 Adults Kids", "1"),
    ("4", "2 Adults Kids", "2"),
    ("5+", "2 Adults Kids", "3+"),
)
"""household_size, household_comp, kids_count."""


def complete_journey_layout(shop: InventedShop) -> dict[str, pd.DataFrame]:
    """Return an invented shop as the tables of The Complete Journey.

    The frames are transactions, products, demographics, campaigns, campaign_descriptions, coupons
    and coupon_redemptions, with that data's columns, types and ways of writing: whole-number ids,
    names in capitals, clock times in UTC without a zone. Baskets without a card are left out, as
    they are there; so are the promotions.
    """
    baskets = [visit for visit in shop.visits if visit.household is not None]
    offered = coupons(shop.first_day)
    return {
        "transactions": _transactions(baskets, shop.first_day),
        "products": pd.DataFrame([_product(item) for item in goods()]),
        "demographics": _demographics(shop),
        "campaigns": _campaigns(shop, offered),
        "campaign_descriptions": _descriptions(offered),
        "coupons": pd.DataFrame([_coupon(coupon) for coupon in offered]),
        "coupon_redemptions": _redemptions(baskets),
    }


def _transactions(baskets: list[SampleVisit], first: date) -> pd.DataFrame:
    rows = [
        _transaction(number, visit, line, first)
        for number, visit in enumerate(baskets, 1)
        for line in sorted(visit.lines, key=lambda line: line.good.number)
    ]
    return pd.DataFrame(rows).astype({"transaction_timestamp": "datetime64[ns]"})


def _transaction(number: int, visit: SampleVisit, line: SampleLine, first: date) -> dict[str, Any]:
    return {
        "household_id": HOUSEHOLDS + (visit.household or 0),
        "store_id": STORES + visit.store,
        "basket_id": BASKETS + 37 * number,
        "product_id": _product_id(line.good),
        "quantity": line.quantity,
        "sales_value": line.net / 100,
        "retail_disc": line.discount / 100,
        "coupon_disc": (line.coupon.cents if line.coupon else 0) / 100,
        "coupon_match_disc": line.match / 100,
        "week": _week(visit.day, first),
        "transaction_timestamp": visit.at.astimezone(UTC).replace(tzinfo=None),
    }


def _week(day: date, first: date) -> int:
    """Return the number of the week, Monday to Sunday; the first day's week is 1."""
    monday = first - timedelta(days=first.weekday())
    return (day - monday).days // 7 + 1


def _product_id(item: SampleProduct) -> int:
    return PRODUCTS + 113 * item.number


def _product(item: SampleProduct) -> dict[str, Any]:
    return {
        "product_id": _product_id(item),
        "manufacturer_id": OWN_MAKER if item.maker == "own" else MAKERS + int(item.maker),
        "department": item.department,
        "brand": "Private" if item.maker == "own" else "National",
        "product_category": item.category,
        "product_type": item.name,
        "package_size": item.size,
    }


def _demographics(shop: InventedShop) -> pd.DataFrame:
    """Return what is known of two households in three."""
    numbers = [n for n in range(1, shop.n_households + 1) if n % 3]
    return pd.DataFrame([_person(n, shop.seed) for n in numbers])


def _person(number: int, seed: str) -> dict[str, Any]:
    def draw(what: str, n: int) -> int:
        return int(uniform(seed, "person", what, str(number)) * n)

    size, comp, kids = HOMES[draw("home", len(HOMES))]
    return {
        "household_id": HOUSEHOLDS + number,
        **{what: values[draw(what, len(values))] for what, values in PEOPLE.items()},
        "household_size": size,
        "household_comp": comp,
        "kids_count": kids,
    }


def _campaigns(shop: InventedShop, offered: tuple[SampleCoupon, ...]) -> pd.DataFrame:
    pairs = {
        (CAMPAIGNS + coupon.campaign, HOUSEHOLDS + number)
        for coupon in offered
        for number in range(1, shop.n_households + 1)
        if received(number, coupon, shop.seed)
    }
    return pd.DataFrame(sorted(pairs), columns=["campaign_id", "household_id"], dtype="int64")


def _descriptions(offered: tuple[SampleCoupon, ...]) -> pd.DataFrame:
    firsts = {coupon.campaign: coupon for coupon in reversed(offered)}
    return pd.DataFrame(
        [
            {
                "campaign_id": CAMPAIGNS + coupon.campaign,
                "campaign_type": coupon.type,
                "start_date": _midnight(coupon.from_day),
                "end_date": _midnight(coupon.to_day),
            }
            for _, coupon in sorted(firsts.items())
        ]
    ).astype({"start_date": "datetime64[ns]", "end_date": "datetime64[ns]"})


def _coupon(coupon: SampleCoupon) -> dict[str, int]:
    return {
        "coupon_upc": UPCS + 7 * coupon.number,
        "product_id": _product_id(good(coupon.name)),
        "campaign_id": CAMPAIGNS + coupon.campaign,
    }


def _redemptions(baskets: list[SampleVisit]) -> pd.DataFrame:
    rows = [
        (
            HOUSEHOLDS + (visit.household or 0),
            UPCS + 7 * line.coupon.number,
            CAMPAIGNS + line.coupon.campaign,
            _midnight(visit.day),
        )
        for visit in baskets
        for line in visit.lines
        if line.coupon is not None
    ]
    columns = ["household_id", "coupon_upc", "campaign_id", "redemption_date"]
    kinds = dict.fromkeys(columns[:3], "int64") | {"redemption_date": "datetime64[ns]"}
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())
