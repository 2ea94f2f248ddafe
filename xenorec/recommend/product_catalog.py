"""Product catalog: what is known about each product that was sold."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xenorec.array_types import Bools, Ints, Texts
from xenorec.dataset.coded_table import CodedTable
from xenorec.dataset.data_frames import flags, positions, texts
from xenorec.errors import BadInput, XenorecWarning
from xenorec.recommend.grouped_arrays import names_at
from xenorec.recommend.near_duplicates import looks
from xenorec.recommend.purchase_matrix import PurchaseMatrix

BETWEEN = "\x1f"
"""Stands between the levels of a path."""
MAY = ("title", "category", "category_path", "brand", "is_promotable")


@dataclass(frozen=True)
class ProductCatalog:
    """One entry per product of the purchases; ``category`` is a position in ``categories`` or -1.

    ``kind`` numbers the finest groups of like products: the whole path of categories where there
    is one, else the category; a product without either is a kind of its own. ``n_kinds`` is how
    many there are. ``title`` is None where there is none. ``is_promotable`` is false for a product
    that the given products say may not be shown, that has no title there, or that is missing there.
    """

    title: Texts
    categories: Texts
    category: Ints
    kind: Ints
    n_kinds: int
    is_promotable: Bools
    path: Texts
    brand: Texts

    @cached_property
    def look(self) -> Ints:
        """How each product looks to a reader, -1 without a title: see ``looks``."""
        return looks(self.title)

    @cached_property
    def pack(self) -> Ints:
        """The same for look and category together: packs of one thing have one number."""
        pair = self.look * (len(self.categories) + 1) + self.category + 1
        return np.where(self.look >= 0, pair, -1)


def read_catalog(purchases: PurchaseMatrix, products: Any | None) -> ProductCatalog:
    """Return the catalog from a products frame; without one every product may be shown.

    ``products``: product_id and optionally title, category, is_promotable. A category there wins
    over that of the lines. Raises BadInput when a product_id occurs twice.
    """
    n = len(purchases.products)
    if products is None:
        kinds = _kinds(np.full(n, None), purchases.category)
        everything = np.ones(n, dtype=bool)
        return ProductCatalog(
            np.full(n, None),
            purchases.categories,
            purchases.category,
            *kinds,
            everything,
            np.full(n, None),
            np.full(n, None),
        )
    table = CodedTable.of(products).require("product_id", may=MAY)
    row = product_rows(table, purchases.products)
    if table.num_rows and (row < 0).all():
        _warn_unmatched(table["product_id"], purchases.products)
    title = table.texts_at("title", row)
    promotable = _promotable(table, row)
    if "title" in table.column_names:
        promotable &= title != None  # noqa: E711  elementwise
    names, category = _categories(purchases, table.texts_at("category", row))
    path = _paths(table, row)
    brand = table.texts_at("brand", row)
    return ProductCatalog(title, names, category, *_kinds(path, category), promotable, path, brand)


def _warn_unmatched(listed: Any, sold: Texts) -> None:
    there = texts(listed)[:1].tolist()
    warnings.warn(
        f"products-unmatched: none of the {len(sold):,} products of the lines is among the "
        f"{len(listed):,} of products, so nothing may be shown. Ids look like "
        f"{sold[0]!r} in the lines and {there[0] if there else None!r} in products; write both "
        f"alike, as text.",
        XenorecWarning,
        stacklevel=2,
    )


def levels(catalog: ProductCatalog) -> tuple[Texts, Ints]:
    """Return names of categories, and levels x products: the categories of each, -1 for none.

    The first level is the category, the others are those of the path; a name occurs once.
    """
    named = sorted({path for path in catalog.path if path is not None})
    split = [path.split(BETWEEN) for path in named]
    listed = {*catalog.categories, *(part for parts in split for part in parts)}
    names = np.array(sorted(listed), dtype=object)
    depth = max(map(len, split), default=0)
    table = np.full((len(named) + 1, depth), -1, dtype=np.int64)
    for row, parts in enumerate(split):
        table[row, : len(parts)] = np.searchsorted(names, np.array(parts, dtype=object))
    of_path = table[positions(catalog.path, np.array(named, dtype=object))]
    own = np.append(positions(catalog.categories, names), -1)[catalog.category]
    return names, np.vstack([own[None, :], of_path.T])


def product_rows(table: CodedTable, names: Texts) -> Ints:
    """Return the row of each product in the frame, or -1."""
    listed, code = table.codes("product_id")
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


def _promotable(table: Any, row: Ints) -> Bools:
    if "is_promotable" not in table.column_names:
        return np.ones(len(row), dtype=bool)
    return np.append(flags(table["is_promotable"], "is_promotable", missing=True), False)[row]


def _categories(purchases: PurchaseMatrix, given: Texts) -> tuple[Texts, Ints]:
    own = names_at(purchases.categories, purchases.category)
    chosen = np.where(given != None, given, own)  # noqa: E711  elementwise
    names = np.array(sorted({name for name in chosen if name is not None}), dtype=object)
    return names, positions(chosen, names)


def _paths(table: Any, row: Ints) -> Texts:
    """Return the whole path of categories of each product as one text, None where it has none."""
    if "category_path" not in table.column_names:
        return np.full(len(row), None)
    listed = table["category_path"].to_pylist()
    joined = np.array([_joined(path) for path in listed] + [None], dtype=object)
    return joined[row]


def _joined(path: Any) -> str | None:
    if path is None or isinstance(path, str):
        return path
    return BETWEEN.join(str(part) for part in path if part is not None) or None


def _kinds(path: Texts, category: Ints) -> tuple[Ints, int]:
    """Return the number of each product's finest group, and how many groups there are."""
    names = np.array(sorted({name for name in path if name is not None}), dtype=object)
    kind = positions(path, names)
    bare = kind < 0
    kind[bare & (category >= 0)] = len(names) + category[bare & (category >= 0)]
    alone = np.flatnonzero(kind < 0)
    n_named = len(names) + int(category.max(initial=-1)) + 1
    kind[alone] = n_named + np.arange(len(alone))
    return kind, n_named + len(alone)
