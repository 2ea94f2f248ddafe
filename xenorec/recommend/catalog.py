"""The catalog: what is known about each product that was sold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xenorec.errors import BadInput
from xenorec.frames import arrow, encode, flags, positions, texts
from xenorec.numbers import Bools, Ints, Texts
from xenorec.recommend.arrays import names_at
from xenorec.recommend.purchases import Purchases


@dataclass(frozen=True)
class Catalog:
    """One entry per product of the purchases; ``category`` is a position in ``categories`` or -1.

    ``title`` is None where there is none. ``is_promotable`` is false for a product that the
    given products say may not be shown, that has no title there, or that is missing there.
    """

    title: Texts
    categories: Texts
    category: Ints
    is_promotable: Bools


def read_catalog(purchases: Purchases, products: Any | None) -> Catalog:
    """Return the catalog from a products frame; without one every product may be shown.

    ``products``: product_id and optionally title, category, is_promotable. A category there wins
    over that of the lines. Raises BadInput when a product_id occurs twice.
    """
    n = len(purchases.products)
    if products is None:
        return Catalog(np.full(n, None), purchases.categories, purchases.category, np.ones(n, bool))
    table = arrow(products, need=("product_id",), may=("title", "category", "is_promotable"))
    row = _rows(table["product_id"], purchases.products)
    title = _picked(table, "title", row)
    promotable = _promotable(table, row)
    if "title" in table.column_names:
        promotable &= title != None  # noqa: E711  elementwise
    return Catalog(title, *_categories(purchases, _picked(table, "category", row)), promotable)


def _rows(column: Any, names: Texts) -> Ints:
    """Return the row of each product in the frame, or -1."""
    listed, code = encode(column)
    twice = np.flatnonzero(np.bincount(code[code >= 0], minlength=len(listed)) > 1)
    if len(twice):
        raise BadInput(
            f"product_id {listed[twice[0]]!r} occurs more than once in the products; "
            f"keep one row per product."
        )
    row_of = np.full(len(listed) + 1, -1, dtype=np.int64)
    row_of[code] = np.arange(len(code))
    row_of[-1] = -1
    return row_of[positions(names, listed)]


def _picked(table: Any, name: str, row: Ints) -> Texts:
    if name not in table.column_names:
        return np.full(len(row), None)
    return names_at(texts(table[name]), row)


def _promotable(table: Any, row: Ints) -> Bools:
    if "is_promotable" not in table.column_names:
        return np.ones(len(row), dtype=bool)
    return np.append(flags(table["is_promotable"], "is_promotable", missing=True), False)[row]


def _categories(purchases: Purchases, given: Texts) -> tuple[Texts, Ints]:
    own = names_at(purchases.categories, purchases.category)
    chosen = np.where(given != None, given, own)  # noqa: E711  elementwise
    names = np.array(sorted({name for name in chosen if name is not None}), dtype=object)
    return names, positions(chosen, names)
