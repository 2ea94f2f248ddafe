"""The exposures of a frame in coded form, in an order that does not depend on the frame's.

A cell is one product at one place: the row (``shelf_rank``) and the column (``position``), both
from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.dataset.data_frames import arrow, codes_of, floats, instants
from xenorec.errors import BadInput
from xenorec.timestamps import microseconds

NEED = ("customer_id", "shelf", "shelf_rank", "position", "score")
MAY = ("message_key", "segment", "propensity", "product_id", "exposed_at")
NAMES = ("customers", "shelves", "segments", "products", "messages")
ORDER = ("customer", "at", "message", "row", "column", "shelf", "product", "segment", "score")


@dataclass(frozen=True, eq=False)
class ExposureLog:
    """One entry per cell; names are sorted texts and codes are positions in them (-1 for none).

    By customer, then time, then message, row and column. ``at`` is microseconds since 1970, and 0
    throughout where the frame has no such column (``is_dated`` is then False).
    """

    customers: Texts
    shelves: Texts
    segments: Texts
    products: Texts
    messages: Texts
    customer: Ints
    shelf: Ints
    segment: Ints
    product: Ints
    message: Ints
    row: Ints
    column: Ints
    score: Floats
    propensity: Floats
    at: Ints
    is_dated: bool

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, rows: Ints | Bools) -> ExposureLog:
        """Return some of the cells; the names stay."""
        kept = {
            f.name: getattr(self, f.name)[rows]
            for f in fields(self)
            if f.name not in (*NAMES, "is_dated")
        }
        return replace(self, **kept)

    def until(self, as_of: datetime) -> ExposureLog:
        """Return the cells that were shown at or before ``as_of``."""
        return self.take(self.at <= microseconds(as_of)) if self.is_dated else self


def read_shown(source: Any) -> ExposureLog:
    """Return the exposures of any frame; the same cell of the same message counts once.

    Raises BadInput when a column is missing or empty where it is needed, a place is not 1 or more,
    a score is not from 0 to 1 or a propensity is not above 0 and at most 1.
    """
    shown = _coded(arrow(source, need=NEED, may=MAY))
    _check(shown)
    keys = [getattr(shown, name) for name in ("propensity", *reversed(ORDER))]
    shown = shown.take(np.lexsort(keys).astype(np.int64))
    same = {name: getattr(shown, name) for name in ("message", "customer", "shelf", "row")}
    again = pd.DataFrame({**same, "column": shown.column}).duplicated().to_numpy()
    return shown.take(~(again & (shown.message >= 0)))


def _coded(table: Any) -> ExposureLog:
    customers, customer = codes_of(table, "customer_id")
    shelves, shelf = codes_of(table, "shelf")
    segments, segment = codes_of(table, "segment")
    products, product = codes_of(table, "product_id")
    messages, message = codes_of(table, "message_key")
    is_dated = "exposed_at" in table.column_names
    nowhere = np.zeros(table.num_rows, dtype=np.int64)
    return ExposureLog(
        customers=customers,
        shelves=shelves,
        segments=segments,
        products=products,
        messages=messages,
        customer=customer,
        shelf=shelf,
        segment=segment,
        product=product,
        message=message,
        row=_places(table, "shelf_rank"),
        column=_places(table, "position"),
        score=floats(table["score"], "score"),
        propensity=_propensity(table),
        at=instants(table["exposed_at"], "exposed_at") if is_dated else nowhere,
        is_dated=is_dated,
    )


def _places(table: Any, name: str) -> Ints:
    values = floats(table[name], name)
    wrong = ~((values >= 1) & (values == np.floor(values)))
    if wrong.any():
        raise BadInput(f"{name} came as {values[wrong][0]:g}; expected a whole number from 1.")
    return values.astype(np.int64)


def _propensity(table: Any) -> Floats:
    if "propensity" not in table.column_names:
        return np.ones(table.num_rows)
    values = floats(table["propensity"], "propensity")
    return np.where(np.isnan(values), 1.0, values)


def _check(shown: ExposureLog) -> None:
    for name, code in (("customer_id", shown.customer), ("shelf", shown.shelf)):
        if (code < 0).any():
            raise BadInput(f"{name} is empty in {int((code < 0).sum())} of {len(code)} exposures.")
    wrong = ~((shown.score >= 0) & (shown.score <= 1))
    if wrong.any():
        raise BadInput(
            f"score came as {shown.score[wrong][0]:g}; expected a probability from 0 to 1, as "
            f"predicted before any factor was applied."
        )
    wrong = ~((shown.propensity > 0) & (shown.propensity <= 1))
    if wrong.any():
        raise BadInput(
            f"propensity came as {shown.propensity[wrong][0]:g}; expected above 0, at most 1."
        )
