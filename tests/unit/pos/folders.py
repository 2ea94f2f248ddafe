"""Till folders as a publisher writes them: two customers, four products, three coupons."""

from __future__ import annotations

from pathlib import Path

from xenorec.pos.identifier_hashes import keyed_hash, normalise
from xenorec.pos.serving_store import write_serving

SALT = "a salt for tests"
STORE = "BLR-04"
MEERA, OMAR = "customer-meera", "customer-omar"
PHONE, EMAIL, CARD = "+919800000000", "omar@shop.example", "40000001"


def key(kind: str, value: str, ref: str, salt: str = SALT) -> tuple[str, str]:
    return keyed_hash(kind, normalise(kind, value), salt), ref


def rows(tea_title: str = "Tea", salt: str = SALT) -> dict[str, list[tuple[object, ...]]]:
    """Meera is offered tea and rice; biscuits go with tea; milk, tea and bread are popular."""
    return {
        "keys": [
            key("phone", PHONE, MEERA, salt),
            key("email", EMAIL, OMAR, salt),
            key("card", CARD, OMAR, salt),
        ],
        "offers": [
            (MEERA, 1, "tea", tea_title, "buy_again", "Bought every week", "3.50", None),
            (MEERA, 2, "rice", "Rice", "for_you", "Often bought here", "4.00", "rice.png"),
        ],
        "popular": [
            (1, "milk", "Milk", "Popular here", "1.00", None),
            (2, "tea", tea_title, "Popular here", "3.50", None),
            (3, "bread", "Bread", "Popular here", "2.00", None),
        ],
        "pairs": [
            ("tea", 1, "biscuits", "Biscuits", "Goes with tea", "2.20"),
            ("tea", 2, "milk", "Milk", "Goes with tea", "1.00"),
        ],
        "coupons": [
            ("running", "Coupon", "10%", "R", "2024-05-01T00:00:00.000000+00:00", None),
            ("over", "Coupon", "10%", "O", None, "2024-05-01T00:00:00.000000+00:00"),
            ("later", "Coupon", "10%", "L", "2024-06-01T00:00:00.000000+00:00", None),
        ],
        "coupon_products": [("running", "tea"), ("over", "milk"), ("later", "rice")],
    }


def meta(**changes: str) -> dict[str, str]:
    told = {"store_id": STORE, "currency": "INR", "salt": SALT, "published_at": "2024-05-01"}
    return {**told, **changes}


def publish(folder: Path, *, tea_title: str = "Tea", **changes: str) -> Path:
    """Write a serving file into ``folder`` and return the folder."""
    told = meta(**changes)
    write_serving(folder, meta=told, rows=rows(tea_title, told["salt"]))  # type: ignore[arg-type]
    return folder
