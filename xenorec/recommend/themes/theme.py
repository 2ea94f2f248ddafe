"""What a theme is: a shelf as it is declared, its source, its titles and its filter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from string import Formatter
from types import MappingProxyType
from typing import Any

from xenorec.config.declared_settings import Section, setting
from xenorec.config.durations import span
from xenorec.config.setting_types import (
    WRONG,
    Anything,
    Choice,
    Listed,
    Number,
    Reading,
    Schema,
    SettingType,
    Text,
)
from xenorec.errors import BadInput, nearest
from xenorec.recommend.themes.language_fallback import DEFAULT, chosen, fallbacks

LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
SOURCES = (
    *("due", "own", "last_basket", "because", "on_offer", "new_in_category", "year_ago"),
    *("popular_in_store", "popular_in_shop", "trending", "discovery", "occasion", "editorial"),
)
FACTS = ("category", "product", "occasion")
MIN_ITEMS = 3


def _duration(value: Any, at: Reading) -> Any:
    try:
        return span(value)
    except BadInput:
        return at.wrong(value, 'a number and a unit, such as "56d" or "8w".')


def _price(value: Any, at: Reading) -> Any:
    is_number = isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    try:
        number = Decimal(value) if is_number else Decimal(0)
    except InvalidOperation:
        number = Decimal(0)
    is_price = number.is_finite() and number > 0
    return number if is_price else at.wrong(value, 'a price above 0, such as "4.99".')


COUNT = Number(1, whole=True, expected="a whole number from 1.")
TEXT = Text("a text.", blank=False)
TEXTS = Listed(
    expected='a list of texts, such as ["Tea", "Coffee"].', single=False, blank=False, unique=True
)
PRICE = Anything(_price, {"type": ["string", "number"]})
SHARE = Number(0, 1, expected="a share from 0 to 1, such as 0.2 for a fifth off.")
DURATION = Anything(_duration, {"type": "string"})


@dataclass(frozen=True)
class ShelfFilter:
    """Which of a source's products a shelf keeps; None or empty asks for nothing.

    ``min_orders``, ``bought_within`` and ``not_bought_within`` look at the customer's own orders
    of the product. ``max_price`` is in the currency of the shop, ``min_discount`` a share of the
    price from 0 to 1. ``products`` is an editorial list, in the order given.
    """

    min_orders: int | None = setting(COUNT, "Least orders of the product", None)
    bought_within: timedelta | None = setting(DURATION, "Bought so lately", None)
    not_bought_within: timedelta | None = setting(DURATION, "Not so lately", None)
    categories: tuple[str, ...] = setting(TEXTS, "Of these categories", ())
    not_categories: tuple[str, ...] = setting(TEXTS, "Of none of these", ())
    brands: tuple[str, ...] = setting(TEXTS, "Of these brands", ())
    max_price: Decimal | None = setting(PRICE, "Highest price", None)
    min_discount: float | None = setting(SHARE, "Least discount, a share of the price", None)
    products: tuple[str, ...] = setting(TEXTS, "These product ids, in this order", ())
    occasion: str | None = setting(TEXT, "For this occasion", None)

    def mistakes(self, at: Reading) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what leaves nothing."""
        within, without = self.bought_within, self.not_bought_within
        if within is not None and without is not None and within <= without:
            told = "is not longer than not_bought_within: nothing is left."
            yield ("bought_within", "not_bought_within"), told
        for name in sorted(set(self.categories) & set(self.not_categories)):
            told = f"{name!r} is among categories too: nothing is left."
            yield ("not_categories", "categories"), told


@dataclass(frozen=True)
class Titles(SettingType):
    """The type of titles by language; a language is kept as ``fallbacks`` writes it."""

    def _read(self, value: Any, at: Reading) -> Any:
        if not isinstance(value, Mapping):
            at.wrong(value, 'one per language: { en = "Tea time" }.')
            return MappingProxyType({})
        found = {}
        for language, text in value.items():
            inner = at.at(language)
            if not LANGUAGE.fullmatch(language):
                inner.report("is no language; expected such as en, es or hi-IN.")
            elif (read := TEXT.read(text, inner)) is not WRONG:
                found[fallbacks(language)[0]] = read
        return MappingProxyType(found)

    def _schema(self, names: Any) -> Schema:
        return {"type": "object", "additionalProperties": TEXT.schema(names)}


@dataclass(frozen=True)
class Theme:
    """One declared shelf.

    ``titles`` are per language and may name one of ``FACTS`` in braces; ``plain`` are the titles
    for when there is no such name to say. ``min_items``: with fewer products it is not shown.
    """

    name: str = setting(
        Text("small letters, digits and _.", re.compile("[a-z][a-z0-9_]*")),
        "Its name, such as 'summer_drinks'",
    )
    source: str = setting(Choice(SOURCES, "is no source"), "Where its products come from")
    titles: Mapping[str, str] = setting(Titles(), "Headings by language", {}, key="title")
    where: ShelfFilter = setting(
        Section(ShelfFilter, "a table: [shelf.where]."), "Which of them it keeps", ShelfFilter
    )
    min_items: int = setting(COUNT, "With fewer products it is not shown", MIN_ITEMS)
    plain: Mapping[str, str] = setting(Titles(), "Headings for when there is no name to say", {})

    def mistakes(self, at: Reading) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield titles that cannot be said, and an editorial shelf without its list."""
        if DEFAULT not in self.titles:
            told = "is needed: an English title stands in for every language."
            yield (f"title.{DEFAULT}",), told
        for key, titles in (("title", self.titles), ("plain", self.plain)):
            for language, text in titles.items():
                where = (f"{key}.{language}",)
                unusable = _unusable(text)
                yield from ((where, told) for told in unusable)
                names = () if unusable else names_in(text)
                if names and key == "plain":
                    yield where, f"came as {text!r}; expected no name in braces."
                elif names and language not in self.plain:
                    told = "is needed: the title for when the name in braces is not known."
                    yield (f"plain.{language}",), told
        if self.source == "editorial" and not self.where.products:
            told = "is needed: the source 'editorial' shows these ids."
            yield ("where.products",), told

    def title(
        self,
        locale: str | None = None,
        *,
        category: str | None = None,
        product: str | None = None,
        occasion: str | None = None,
    ) -> str:
        """Return the heading in the nearest language: hi-IN, then hi, then en.

        A title that names a fact which is not given is replaced by the plain one. Raises BadInput
        when a theme made in code has none.

        >>> new = Theme("new", "discovery", {"en": "New in {category}"}, plain={"en": "New"})
        >>> new.title("hi-IN", category="Tea"), new.title("hi-IN")
        ('New in Tea', 'New')
        """
        text = chosen(self.titles, locale)
        facts = {"category": category, "product": product, "occasion": occasion}
        missing = [name for name in names_in(text) if not facts.get(name)]
        if not missing:
            return text.format(**facts)
        if not self.plain:
            raise BadInput(
                f"The title {text!r} of shelf {self.name!r} names {missing[0]}, which is not "
                "known here; give the theme plain titles too."
            )
        return chosen(self.plain, locale)


def _unusable(title: str) -> list[str]:
    """Return what is wrong with the names that a title has in braces."""
    try:
        unknown = [name for name in names_in(title) if name not in FACTS]
    except ValueError:
        return [f"came as {title!r}; a brace is not closed. Write {{{{ for a brace."]
    return [
        f"names {{{name}}}, which is not known.{nearest(name, FACTS)} Known: {', '.join(FACTS)}."
        for name in unknown
    ]


@lru_cache(maxsize=1024)
def names_in(title: str) -> tuple[str, ...]:
    """Return what a title names in braces, as written; raises ValueError for a lone brace."""
    return tuple(_written(*part) for part in Formatter().parse(title) if part[1] is not None)


def _written(_: str, name: str | None, spec: str | None, conversion: str | None) -> str:
    turned = f"!{conversion}" if conversion else ""
    return f"{name}{turned}{':' + spec if spec else ''}"
