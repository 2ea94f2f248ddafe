"""What a theme is: a shelf as it is declared, its source, its titles and its filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from string import Formatter

from xenorec.errors import BadInput
from xenorec.recommend.themes.language_fallback import chosen

SOURCES = (
    *("due", "own", "last_basket", "because", "on_offer", "new_in_category", "year_ago"),
    *("popular_in_store", "popular_in_shop", "trending", "discovery", "occasion", "editorial"),
)
FACTS = ("category", "product", "occasion")
MIN_ITEMS = 3


@dataclass(frozen=True)
class ShelfFilter:
    """Which of a source's products a shelf keeps; None or empty asks for nothing.

    ``min_orders``, ``bought_within`` and ``not_bought_within`` look at the customer's own orders
    of the product. ``max_price`` is in the currency of the shop, ``min_discount`` a share of the
    price from 0 to 1. ``products`` is an editorial list, in the order given.
    """

    min_orders: int | None = None
    bought_within: timedelta | None = None
    not_bought_within: timedelta | None = None
    categories: tuple[str, ...] = ()
    not_categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    max_price: Decimal | None = None
    min_discount: float | None = None
    products: tuple[str, ...] = ()
    occasion: str | None = None


@dataclass(frozen=True)
class Theme:
    """One declared shelf.

    ``titles`` are per language and may name one of ``FACTS`` in braces; ``plain`` are the titles
    for when there is no such name to say. ``min_items``: with fewer products it is not shown.
    """

    name: str
    source: str
    titles: Mapping[str, str]
    where: ShelfFilter = field(default_factory=ShelfFilter)
    min_items: int = MIN_ITEMS
    plain: Mapping[str, str] = field(default_factory=dict)

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


@lru_cache(maxsize=1024)
def names_in(title: str) -> tuple[str, ...]:
    """Return what a title names in braces, as written; raises ValueError for a lone brace."""
    return tuple(_written(*part) for part in Formatter().parse(title) if part[1] is not None)


def _written(_: str, name: str | None, spec: str | None, conversion: str | None) -> str:
    turned = f"!{conversion}" if conversion else ""
    return f"{name}{turned}{':' + spec if spec else ''}"
