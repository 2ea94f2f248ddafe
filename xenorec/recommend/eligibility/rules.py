"""Rules: what a shop or a campaign never shows, in figures and frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy.typing as npt

from xenorec.config.durations import span
from xenorec.errors import BadInput
from xenorec.recommend.eligibility.rule_columns import frame_from_columns, typed_columns

RULES = (
    "sensitive",
    "not_promotable",
    "discontinued",
    "out_of_stock",
    "age_restricted",
    "blocked_category",
    "excluded",
    "not_in_store",
    "price_band",
    "margin",
    "returned",
    "bought_recently",
    "shown_recently",
    "same_title",
    "per_category",
    "per_brand",
)
"""The rules by name; a product that two of them close counts under the first."""

SPANS = ("returned_within", "bought_within")
WHOLE = ("shown_last", "max_per_category", "max_per_brand")
FRAMES = {
    "assortment": ("store_id", "product_id"),
    "exposures": ("customer_id", "message_key", "product_id", "exposed_at"),
    "blocked": ("customer_id", "category", "purpose"),
    "margins": ("product_id", "margin_share"),
}
"""The frames and their columns."""
AMOUNTS = ("min_price", "max_price", "max_usual_price")


@dataclass(frozen=True, kw_only=True, eq=False)
class Rules:
    """What is never shown, beside sensitive and not promotable products.

    What is not known closes nothing: a product without a stock, price, brand, category or margin
    is open to the rule that would look at it. No row later than the ``as_of`` of the recommender
    is used; stock, price and margin are what the catalogue says last.

    Args: ``out_of_stock``: a stock of 0 or less. ``discontinued``: ``active_to`` has passed or
    ``active_from`` has not come. ``age_restricted``: alcohol and tobacco, for minors and for
    persons not known. ``not_in_store``: sold in the shop in the last 56 days and never in the
    customer's store, where that store sells enough to tell; with ``assortment`` (store_id,
    product_id) what is missing there for the customer's store, of stores that it lists.
    ``returned_within``, ``bought_within``: spans such as "7d"; returned is what the customer gave
    back wholly and has not bought again. ``shown_last``: the customer's last messages, products of
    which are closed until bought; needs ``exposures`` (customer_id, message_key, product_id,
    exposed_at). ``blocked``: a frame customer_id (empty: everybody), category and optionally
    purpose; rows of another purpose than ``purpose`` do not count. ``block_categories`` are closed
    to everybody; a category is any level of the product's path. ``min_price``, ``max_price``: of
    one unit. ``max_usual_price``: how many times the customer's usual price, which is the price
    that ``usual_quantile`` of their purchases did not exceed. ``min_margin``: least share of
    margin, from ``margins`` (product_id, margin_share) or the products' column ``margin_share``.
    ``same_title``: on one page, what looks like a better product there, another size of it say.
    ``max_per_category``, ``max_per_brand``: on one page and in one list.

    >>> Rules(bought_within="7d", max_per_brand=2).max_per_brand
    2
    """

    out_of_stock: bool = True
    discontinued: bool = True
    age_restricted: bool = True
    not_in_store: bool = False
    assortment: Any | None = None
    returned_within: str | timedelta | None = None
    bought_within: str | timedelta | None = None
    shown_last: int | None = None
    exposures: Any | None = None
    blocked: Any | None = None
    block_categories: tuple[str, ...] = ()
    purpose: str | None = None
    min_price: float | Decimal | None = None
    max_price: float | Decimal | None = None
    max_usual_price: float | None = None
    usual_quantile: float = 0.9
    min_margin: float | None = None
    margins: Any | None = None
    same_title: bool = True
    max_per_category: int | None = None
    max_per_brand: int | None = None

    def check(self) -> None:
        """Raise BadInput that names every value which cannot be used."""
        wrong = [*self._spans(), *self._numbers(), *self._together()]
        if wrong:
            raise BadInput(f"Rules: {' '.join(wrong)}")

    def as_arrays(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Return the frames as arrays of numbers and texts, and all else by name."""
        arrays: dict[str, npt.NDArray[Any]] = {}
        for name, columns in FRAMES.items():
            arrays |= {
                f"{name}.{column}": v for column, v in typed_columns(getattr(self, name), columns)
            }
        return arrays, {f.name: getattr(self, f.name) for f in fields(self) if f.name not in FRAMES}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], about: Mapping[str, Any]) -> Rules:
        """Return the rules that ``as_arrays`` gave; raises TypeError for a name it has not."""
        settings: dict[str, Any] = {
            **about,
            **{name: frame_from_columns(name, arrays) for name in FRAMES},
        }
        return cls(**settings)

    def _spans(self) -> list[str]:
        wrong = []
        for name in SPANS:
            value = getattr(self, name)
            try:
                _ = None if value is None else span(value)
            except BadInput as error:
                wrong.append(f"{name}: {error}")
        return wrong

    def _numbers(self) -> list[str]:
        wrong = [
            f"{name} is {value!r}; expected a whole number of at least 1."
            for name in WHOLE
            if not _is_whole(value := getattr(self, name))
        ]
        wrong += [
            f"{name} is {value!r}; expected a number above 0."
            for name in AMOUNTS
            if not _is_above(value := getattr(self, name))
        ]
        if not (_is_number(self.usual_quantile) and 0 < self.usual_quantile <= 1):
            wrong.append(
                f"usual_quantile is {self.usual_quantile!r}; expected a share above 0, at most 1."
            )
        if self.min_margin is not None and not (
            _is_number(self.min_margin) and -1 <= self.min_margin <= 1
        ):
            wrong.append(f"min_margin is {self.min_margin!r}; expected a share such as 0.15.")
        return wrong

    def _together(self) -> list[str]:
        wrong = []
        if isinstance(self.block_categories, str):
            wrong.append(
                f"block_categories is {self.block_categories!r}; expected several names: "
                f"({self.block_categories!r},)."
            )
        if self.shown_last is not None and self.exposures is None:
            wrong.append(
                "shown_last needs exposures, a frame customer_id, message_key, product_id, "
                "exposed_at such as crm.exposures()."
            )
        low, high = self.min_price, self.max_price
        if _is_number(low) and _is_number(high) and float(low) > float(high):  # type: ignore[arg-type]
            wrong.append(f"min_price {low} is above max_price {high}; change one of them.")
        return wrong


def _is_number(value: object) -> bool:
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def _is_above(value: Any) -> bool:
    return value is None or (_is_number(value) and value > 0)


def _is_whole(value: Any) -> bool:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value is None or (is_whole and value >= 1)
