"""How good whole pages were: rows of products, where the corner at the top left is seen most."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from xenorec.array_types import Floats, Ints, Texts
from xenorec.dataset.data_frames import arrow, encode
from xenorec.dataset.vocabulary import Vocabulary
from xenorec.errors import BadInput, nearest
from xenorec.recommend.evaluation_metrics.page_grid import each_once, read_grid

WAYS = ("diagonal", "row_by_row")
Way = Literal["diagonal", "row_by_row"]


def cell_values(rows: int, columns: int) -> Floats:
    """Return rows x columns: what a hit in each cell is worth, 1 / log2(r + c), from 1 down."""
    row, column = np.indices((rows, columns)) + 1
    values: Floats = 1 / np.log2(row + column)
    return values


def ndcg2d(page: Any, truth: Any, customers: Any, *, rows: int, columns: int) -> Floats:
    """Return the NDCG of each customer's page in two dimensions, 0 to 1.

    A hit at row r, column c is worth 1 / log2(r + c). A product that stands on the page more
    than once counts once, in its best cell. The ideal page has min(n_relevant, rows x columns)
    hits in its best cells. Cells outside of rows x columns are not seen and do not count.

    Args: ``page``: one row per cell: customer_id, shelf, shelf_rank, product_id, item_rank.
    ``truth``: customer_id, product_id of what was bought. ``customers``: whom to score, each once.
    Returns one value per customer in the order given: 0 for an empty page, NaN for a customer who
    bought nothing. Raises BadInput for a missing column or ranks that do not begin at 1.

    Source: Felicioni, Ferrari Dacrema, Pérez Maurera and Cremonesi 2021, "Measuring the ranking
    quality of recommendations in a two-dimensional carousel setting".
    """
    _check_page_size(rows, columns)
    grid = read_grid(page, truth, customers)
    hits = grid.take(grid.is_hit & (grid.row <= rows) & (grid.column <= columns))
    value = 1 / np.log2(hits.row + hits.column)
    order = np.lexsort((-value, hits.key))
    best = order[np.unique(hits.key[order], return_index=True)[1]]
    n = len(grid.n_relevant)
    gain = np.bincount(hits.customer[best], value[best], minlength=n)
    ideal = np.append(0.0, np.cumsum(np.sort(cell_values(rows, columns).ravel())[::-1]))
    found = np.full(n, np.nan)
    np.divide(
        gain,
        ideal[np.minimum(grid.n_relevant, rows * columns)],
        out=found,
        where=grid.n_relevant > 0,
    )
    scores: Floats = np.minimum(found, 1.0)  # sums in another order may end a hair above
    return scores


def themes_per_page(page: Any, customers: Any) -> Ints:
    """Return how many different shelves stand on each customer's page, 0 for an empty page."""
    who = each_once(customers)
    table = arrow(page, need=("customer_id", "shelf"))
    customer, (names, shelf) = Vocabulary(who).codes(table["customer_id"]), encode(table["shelf"])
    kept = (customer >= 0) & (shelf >= 0)
    pairs = np.unique(customer[kept] * max(len(names), 1) + shelf[kept])
    return np.bincount(pairs // max(len(names), 1), minlength=len(who)).astype(np.int64)


def lay_out(lists: Ints, rows: int, columns: int, how: Way = "diagonal") -> Ints:
    """Return ranked lists laid on pages: customers x rows x columns, -1 where a list has ended.

    ``lists``: customers x k, positions of products, best first, -1 for none. ``diagonal`` fills
    the cells in the order of r + c, then r: the best that one list can do for ``ndcg2d``.
    ``row_by_row`` reads like a text. What does not fit is left out.

    >>> lay_out(np.array([[1, 2, 3, 4, 5, 6]]), 2, 3)[0].tolist()
    [[1, 2, 4], [3, 5, 6]]
    """
    _check_page_size(rows, columns)
    if how not in WAYS:
        raise BadInput(f"how is {how!r}; expected {' or '.join(WAYS)}.{nearest(how, WAYS)}")
    row, column = np.indices((rows, columns)).reshape(2, -1)
    order = np.lexsort((row, row + column)) if how == "diagonal" else np.arange(rows * columns)
    n = min(lists.shape[1], rows * columns)
    cells = np.full((len(lists), rows * columns), -1, dtype=np.int64)
    cells[:, order[:n]] = lists[:, :n]
    return cells.reshape(-1, rows, columns)


def page_frame(laid: Ints, customers: Texts, products: Texts, *, shelf: str) -> pd.DataFrame:
    """Return pages made by ``lay_out`` as a frame of shelves, one row per filled cell.

    ``laid``: customers x rows x columns of positions in ``products``. All rows bear the name
    ``shelf``, since one list is one theme. Columns: customer_id, shelf, shelf_rank, product_id,
    item_rank, score; the score is empty, since a rank alone predicts no rate.
    """
    customer, row, column = np.nonzero(laid >= 0)
    return pd.DataFrame(
        {
            "customer_id": customers[customer],
            "shelf": np.full(len(customer), shelf, dtype=object),
            "shelf_rank": row + 1,
            "product_id": products[laid[customer, row, column]],
            "item_rank": column + 1,
            "score": np.full(len(customer), np.nan),
        }
    )


def _check_page_size(rows: int, columns: int) -> None:
    if rows < 1 or columns < 1:
        raise BadInput(f"A page of {rows} x {columns} has no cells; give at least 1 x 1.")
