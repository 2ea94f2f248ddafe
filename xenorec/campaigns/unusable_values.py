"""Unusable values: what of the shop's data a message goes without, and how the plan tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from xenorec.link_tokens import absolute
from xenorec.messages import person_name

SHOWN = 5
ADDRESS = {
    "url": "a url that is no absolute http(s) address; the card leads where the button leads",
    "image_url": "an image_url that is no absolute http(s) address; the category's picture shows",
}
_Row = Mapping[str, Any]


def unusable(products: Iterable[_Row], people: Iterable[_Row]) -> tuple[str, ...]:
    """Return what is left out of the messages, a sentence for each kind; no name is repeated."""
    found = sorted(products, key=lambda row: str(row["product_id"]))
    told = [
        _products_told(found, _is_bad("url"), ADDRESS["url"]),
        _products_told(found, _is_bad("image_url"), ADDRESS["image_url"]),
        _people_told(list(people)),
    ]
    return tuple(text for text in told if text)


def _products_told(products: Sequence[_Row], is_bad: Callable[[_Row], bool], what: str) -> str:
    ids = [repr(row["product_id"]) for row in products if is_bad(row)]
    if not ids:
        return ""
    more = f" and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else ""
    n = "1 product has" if len(ids) == 1 else f"{len(ids):,} products have"
    return f"{n} {what}: {', '.join(ids[:SHOWN])}{more}"


def _is_bad(column: str) -> Callable[[_Row], bool]:
    return lambda row: bool(row[column]) and absolute(row[column]) is None


def _people_told(people: Sequence[_Row]) -> str:
    n = sum(
        bool(row.get("first_name")) and person_name(row["first_name"]) != row["first_name"]
        for row in people
    )
    if not n:
        return ""
    names = "1 first name holds" if n == 1 else f"{n:,} first names hold"
    return (
        f"{names} more than a name (a control character, a web address, over 100 characters); "
        "the rest is left out of the messages"
    )
