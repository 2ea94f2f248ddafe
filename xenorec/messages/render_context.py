"""The values a campaign gives to a message: one plain mapping, the same for every channel.

Plain dictionaries, so that a decision can store them as JSON and a replay renders the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from xenorec.errors import BadInput


class Recipient(TypedDict):
    """Whom the message greets."""

    first_name: str | None  # None when it is not known; the greeting then leaves it out


class BrandFields(TypedDict):
    """The shop that speaks."""

    name: str
    url: str  # absolute http(s) address of the shop
    address: str  # postal address, one line; the law asks for it in the footer
    color: str  # #rrggbb, for the name and the button


class Item(TypedDict):
    """One product card."""

    product_id: str
    title: str
    brand: str | None
    price: str | None  # written out, e.g. by format_money; None when unknown
    was_price: str | None  # the higher price before, written out; None without an offer
    reason: str | None  # one short line, e.g. "You buy it every two weeks"
    image: str  # "cid:dairy.png" or an absolute http(s) address
    alt: str
    url: str | None  # the card then leads to button_url


class Shelf(TypedDict):
    """One row of cards."""

    name: str  # the shelf's id, e.g. "usual"
    title: str  # a short label above the heading, e.g. "Your usuals"
    reason: str | None  # the heading; without one, the title is the heading
    level: str  # how far the answer fell back: personal, segment, shop, default
    items: list[Item]


class Hero(TypedDict):
    """The picture on top, which is the creative arm."""

    creative_id: str
    image: str  # "cid:hero_produce.png" or an absolute http(s) address
    alt: str


class MessageContext(TypedDict):
    """Everything a shipped template reads."""

    customer: Recipient
    brand: BrandFields
    locale: str  # e.g. "en-US", "ar_SA"
    shelves: list[Shelf]  # at least one, each with at least one item, no product twice
    hero: Hero | None  # None when the campaign shows no picture
    headline: NotRequired[str | None]  # the template has its own when missing
    button_url: str
    unsubscribe_url: str
    campaign_id: str


_TEXT = {
    "customer": {"first_name": False},
    "brand": {"name": True, "url": True, "address": True, "color": True},
    "hero": {"creative_id": True, "image": True, "alt": True},
    "": {
        "locale": True,
        "headline": False,
        "button_url": True,
        "unsubscribe_url": True,
        "campaign_id": True,
    },
}
_SHELF = {"name": True, "title": True, "reason": False, "level": True}
_ITEM = {
    "product_id": True,
    "title": True,
    "brand": False,
    "price": False,
    "was_price": False,
    "reason": False,
    "image": True,
    "alt": True,
    "url": False,
}
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
_IMAGE = re.compile(r"cid:[\w.-]+|https?://[^\s\"'<>]+")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def check_context(context: Mapping[str, Any]) -> None:
    """Check a message context against MessageContext.

    Raises BadInput that lists every problem with its path, what came and what is expected.
    """
    problems = list(_problems(context))
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise BadInput(f"The message context has {len(problems)} problem(s):\n{lines}")


def _problems(context: Mapping[str, Any]) -> Iterator[str]:
    for name, fields in _TEXT.items():
        part = context.get(name) if name else context
        if name == "hero" and part is None:
            continue
        yield from _check_texts(part, fields, name)
    yield from _check_forms(context)
    shelves = context.get("shelves")
    if not isinstance(shelves, list | tuple) or not shelves:
        yield f"shelves: expected a list with at least one shelf, got {_came(shelves)}"
        return
    for at, shelf in enumerate(shelves):
        yield from _check_shelf(shelf, f"shelves[{at}]")
    yield from _check_twice(shelves)


def _check_texts(part: object, fields: Mapping[str, bool], where: str) -> Iterator[str]:
    """Check that every field is a text; a False flag lets it be None or missing."""
    if not isinstance(part, Mapping):
        yield f"{where}: expected a mapping with {', '.join(fields)}, got {_came(part)}"
        return
    for field, required in fields.items():
        value = part.get(field)
        if value is None and not required:
            continue
        if not isinstance(value, str) or (required and not value.strip()):
            path = f"{where}.{field}" if where else field
            yield f"{path}: expected a text{'' if required else ' or None'}, got {_came(value)}"


def _check_forms(context: Mapping[str, Any]) -> Iterator[str]:
    brand, hero = context.get("brand"), context.get("hero")
    yield from _check_form(context, "button_url", _ADDRESS, "an absolute http(s) address")
    yield from _check_form(context, "unsubscribe_url", _ADDRESS, "an absolute http(s) address")
    if isinstance(brand, Mapping):
        yield from _check_form(brand, "url", _ADDRESS, "an absolute http(s) address", "brand.")
        yield from _check_form(brand, "color", _COLOR, "a colour like #1f6f4a", "brand.")
    if isinstance(hero, Mapping):
        yield from _check_form(hero, "image", _IMAGE, "cid:file or an http(s) address", "hero.")


def _check_form(
    part: Mapping[str, Any], field: str, form: re.Pattern[str], wanted: str, prefix: str = ""
) -> Iterator[str]:
    value = part.get(field)
    if isinstance(value, str) and value.strip() and not form.fullmatch(value):
        yield f"{prefix}{field}: expected {wanted}, got {_came(value)}"


def _check_shelf(shelf: object, where: str) -> Iterator[str]:
    yield from _check_texts(shelf, _SHELF, where)
    items = shelf.get("items") if isinstance(shelf, Mapping) else None
    if not isinstance(items, list | tuple) or not items:
        yield f"{where}.items: expected a list with at least one item, got {_came(items)}"
        return
    for at, item in enumerate(items):
        path = f"{where}.items[{at}]"
        yield from _check_texts(item, _ITEM, path)
        if isinstance(item, Mapping):
            yield from _check_form(item, "url", _ADDRESS, "an http(s) address", f"{path}.")
            yield from _check_form(item, "image", _IMAGE, "cid:file or an address", f"{path}.")


def _check_twice(shelves: Sequence[object]) -> Iterator[str]:
    seen: dict[object, str] = {}
    for name, product_id in _product_ids(shelves):
        if product_id in seen:
            yield f"product {product_id!r} stands on {seen[product_id]!r} and on {name!r}"
        seen[product_id] = name


def _product_ids(shelves: Sequence[object]) -> Iterator[tuple[str, str]]:
    for shelf in shelves:
        items = shelf.get("items") if isinstance(shelf, Mapping) else None
        for item in items if isinstance(items, list | tuple) else ():
            product_id = item.get("product_id") if isinstance(item, Mapping) else None
            if isinstance(product_id, str) and isinstance(shelf, Mapping):
                yield str(shelf.get("name")), product_id


def _came(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
