"""What else lists should be: broad, not always the same, new, and mixed.

``lists`` is any frame with customer_id and product_id, one row per product in somebody's list or
page; rows of a product that stands there twice count twice. Where one value per customer is
returned it comes in the order of ``customers``, and is NaN for a list too short to tell.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from xenorec.array_types import Floats, Ints, Texts
from xenorec.dataset.data_frames import arrow, encode, ids
from xenorec.dataset.vocabulary import Vocabulary
from xenorec.errors import BadInput
from xenorec.recommend.evaluation_metrics.page_grid import each_once

PAIR = ("customer_id", "product_id")


def exposures(lists: Any, catalogue: Any) -> Ints:
    """Return how often each product of the catalogue stands in a list, in the catalogue's order.

    Products that the catalogue does not know are not counted.
    """
    known = ids(catalogue, "catalogue")
    if not len(known):
        raise BadInput("The catalogue is empty; give the ids of the products that may be shown.")
    place = Vocabulary(known).codes(arrow(lists, need=PAIR)["product_id"])
    return np.bincount(place[place >= 0], minlength=len(known)).astype(np.int64)


def coverage(lists: Any, catalogue: Any) -> float:
    """Return the share of the catalogue's products that stand in somebody's list, 0 to 1.

    Source: Ge, Delgado-Battenfeld and Jannach 2010, "catalog coverage".
    """
    return float((exposures(lists, catalogue) > 0).mean())


def gini(lists: Any, catalogue: Any) -> float:
    """Return how unequally exposures fall on the catalogue: 0 all alike, 1 - 1/n all on one.

    NaN when no product of the catalogue is shown at all. Source: Fleder and Hosanagar 2009.
    """
    ranked = np.sort(exposures(lists, catalogue)).astype(np.float64)
    n, shown = len(ranked), ranked.sum()
    if not shown:
        return float("nan")
    return float((2 * np.arange(1, n + 1) - n - 1) @ ranked / (n * shown))


def top_share(lists: Any, catalogue: Any, *, share: float = 0.01) -> float:
    """Return the share of exposures that the most shown ``share`` of products takes, 0 to 1.

    At least one product counts as the top. NaN when no product of the catalogue is shown.
    Source: the concentration ratio, as used for the long tail by Abdollahpouri et al. 2019.
    """
    if not 0 < share <= 1:
        raise BadInput(f"share is {share!r}; expected more than 0 and at most 1.")
    ranked = np.sort(exposures(lists, catalogue))[::-1]
    top = ceil(round(share * len(ranked), 9))
    return float(ranked[:top].sum() / ranked.sum()) if ranked.any() else float("nan")


def novelty(lists: Any, bought: Any, customers: Any) -> Floats:
    """Return the mean self-information of each customer's list, in bits, 0 to log2(n buyers).

    A product that the share s of the buyers bought is worth -log2(s): 0 when everybody bought it.
    One that nobody bought counts as bought by one. ``bought``: customer_id, product_id of past
    purchases. Source: Vargas and Castells 2011.
    """
    past, table = arrow(bought, need=PAIR), arrow(lists, need=PAIR)
    (buyers, buyer), (names, product) = (encode(past[name]) for name in PAIR)
    kept = (buyer >= 0) & (product >= 0)
    if not kept.any():
        raise BadInput("bought has no rows; popularity needs past purchases.")
    pairs = np.unique(buyer[kept] * len(names) + product[kept])
    n_buyers = np.append(np.bincount(pairs % len(names), minlength=len(names)), 1)
    bits = np.log2(len(buyers)) - np.log2(n_buyers)
    return _mean(table, bits[Vocabulary(names).codes(table["product_id"])], customers)


def diversity(lists: Any, products: Any, customers: Any) -> Floats:
    """Return 1 minus the share of pairs of one list that are of the same category, 0 to 1.

    ``products``: product_id, category. A product without a category is like no other. NaN for
    fewer than two products. Source: Smyth and McClave 2001; Ziegler et al. 2005.
    """
    who, table = each_once(customers), arrow(lists, need=PAIR)
    customer = Vocabulary(who).codes(table["customer_id"])
    category = _category(table["product_id"], products)[customer >= 0]
    customer = customer[customer >= 0]
    n = np.bincount(customer, minlength=len(who)).astype(np.float64)
    width = int(category.max(initial=0)) + 1
    kept = category >= 0
    group, size = np.unique(customer[kept] * width + category[kept], return_counts=True)
    same = np.bincount(group // width, size * (size - 1), minlength=len(who))
    found = np.full(len(who), np.nan)
    np.divide(same, n * (n - 1), out=found, where=n > 1)
    return 1 - found


def repeat_share(lists: Any, bought: Any, customers: Any) -> Floats:
    """Return the share of each customer's list that the same customer had bought before, 0 to 1.

    ``bought``: customer_id, product_id of past purchases. Source: Li et al. 2023, "A next basket
    recommendation reality check", repetition ratio.
    """
    past, table = arrow(bought, need=PAIR), arrow(lists, need=PAIR)
    (buyers, buyer), (names, product) = (encode(past[name]) for name in PAIR)
    width = max(len(names), 1)
    customer, item = (
        Vocabulary(buyers).codes(table["customer_id"]),
        Vocabulary(names).codes(table["product_id"]),
    )
    kept = (buyer >= 0) & (product >= 0)
    known = np.isin(customer * width + item, buyer[kept] * width + product[kept])
    return _mean(table, (known & (customer >= 0) & (item >= 0)).astype(np.float64), customers)


def _mean(table: Any, value: Floats, customers: Any) -> Floats:
    """Return the mean of the values of each customer's rows, NaN for no rows."""
    who = each_once(customers)
    customer = Vocabulary(who).codes(table["customer_id"])
    kept = customer >= 0
    n = np.bincount(customer[kept], minlength=len(who)).astype(np.float64)
    total = np.bincount(customer[kept], value[kept], minlength=len(who))
    found = np.full(len(who), np.nan)
    np.divide(total, n, out=found, where=n > 0)
    return found


def _category(column: Any, products: Any) -> Ints:
    """Return the category of each product as a number, -1 where it has none."""
    table = arrow(products, need=("product_id", "category"))
    _, category = encode(table["category"])
    names, first = _first(table["product_id"])
    return np.append(category[first], -1)[Vocabulary(names).codes(column)]


def _first(column: Any) -> tuple[Texts, Ints]:
    """Return the distinct names and the row where each comes first."""
    names, code = encode(column)
    kept = np.flatnonzero(code >= 0)
    return names, kept[np.unique(code[kept], return_index=True)[1]]
