"""An invented customer's message context: full, and the barest that is allowed."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "messages"


def item(number: int, title: str, **changes: Any) -> dict[str, Any]:
    plain = {
        "product_id": f"p{number}",
        "title": title,
        "brand": "Mill",
        "price": "$2.79",
        "was_price": None,
        "reason": "You bought it 14 times",
        "image": "cid:dairy.png",
        "alt": "Milk and cheese",
        "url": f"https://riverside.example/p/{number}",
    }
    return {**plain, **changes}


FULL: dict[str, Any] = {
    "customer": {"first_name": "Ana"},
    "brand": {
        "name": "Riverside Market",
        "url": "https://riverside.example",
        "address": "12 Mill Lane, Springfield",
        "color": "#1f6f4a",
    },
    "locale": "en-US",
    "shelves": [
        {
            "name": "buy_again",
            "title": "Buy it again",
            "reason": "The things you never went without",
            "level": "personal",
            "items": [
                item(1, "WHOLE MILK, 1 GAL", was_price="$3.10"),
                item(2, "Rye & oat bread", image="https://img.example/2.png", url=None),
            ],
        },
        {
            "name": "new",
            "title": "New for you",
            "reason": None,
            "level": "segment",
            "items": [item(3, "Plain yogurt", price=None, reason=None)],
        },
    ],
    "hero": {"creative_id": "a", "image": "https://img.example/hero.png", "alt": "A table"},
    "headline": None,
    "button_url": "https://riverside.example/m/k7",
    "unsubscribe_url": "https://riverside.example/unsubscribe/k7",
    "campaign_id": "after-eid",
}


def full() -> dict[str, Any]:
    return deepcopy(FULL)


def barest() -> dict[str, Any]:
    """No name, no picture, one shelf with one item that has neither price nor reason."""
    only = item(1, "Milk", brand=None, price=None, reason=None, url=None)
    shelf = {**FULL["shelves"][0], "reason": None, "items": [only]}
    context = full()
    del context["headline"]
    return {**context, "customer": {"first_name": None}, "hero": None, "shelves": [shelf]}
