"""Attribution: which shown cell a click, a redemption or a purchase belongs to.

A customer's outcome goes to one cell with its product: the latest that was shown at or before it,
within the horizon. Of several shown at that instant it is the first by message, row and column. An
outcome that names its message goes to a cell of that message or to none. In one cell every kind
counts once, and the sum is at most 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from xenorec.array_types import Floats, Ints
from xenorec.dataset.data_frames import arrow, codes_of, instants, positions
from xenorec.dataset.vocabulary import Vocabulary
from xenorec.errors import BadInput
from xenorec.recommend.feedback.exposure_log import ExposureLog

NEED = ("customer_id", "product_id", "at", "kind")
WEIGHTS: Mapping[str, float] = MappingProxyType({"bought": 1.0, "clicked": 0.3, "redeemed": 1.0})
NO_MESSAGE, OTHER_MESSAGE = -1, -2


@dataclass(frozen=True, eq=False)
class AttributedOutcomes:
    """One entry per outcome of a shown customer and product, coded in the names of ``ExposureLog``.

    ``kind`` is a position among the sorted kinds; ``message`` is -1 where no message is named and
    -2 for one that shows no cell.
    """

    customer: Ints
    product: Ints
    message: Ints
    kind: Ints
    at: Ints

    def __len__(self) -> int:
        return len(self.at)


def check_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights by sorted kind; raises BadInput when one is not from 0 to 1."""
    for kind, weight in weights.items():
        if not 0 <= weight <= 1:
            raise BadInput(f"The weight of {kind!r} came as {weight!r}; expected 0 to 1.")
    if not weights:
        raise BadInput(f"There is no weight; give one per kind, such as {dict(WEIGHTS)}.")
    return dict(sorted(weights.items()))


def read_outcomes(
    source: Any, shown: ExposureLog, weights: Mapping[str, float]
) -> AttributedOutcomes:
    """Return the outcomes of any frame that have a weight, each event once.

    An event is one customer, product, instant and kind. Outcomes of customers or products that
    were never shown are left out. Raises BadInput when the exposures do not say what was shown
    when, so that no outcome can be joined.
    """
    table = arrow(source, need=NEED, may=("message_key",))
    table = table.filter(_counts(table, weights))
    if table.num_rows:
        _check_joinable(shown)
    kinds = np.array(list(weights), dtype=object)
    read = AttributedOutcomes(
        customer=Vocabulary(shown.customers).codes(table["customer_id"]),
        product=Vocabulary(shown.products).codes(table["product_id"]),
        message=_message(table, shown),
        kind=Vocabulary(kinds).codes(table["kind"]),
        at=instants(table["at"], "at"),
    )
    return _once(read)


def credit(
    shown: ExposureLog, outcomes: AttributedOutcomes, weights: Mapping[str, float], horizon: int
) -> tuple[Floats, Ints]:
    """Return for each cell its reward, 0 to 1, and the wait until the first outcome (-1: none).

    ``horizon`` and the wait are microseconds.
    """
    cell = _matched(shown, outcomes)
    wait = outcomes.at - shown.at[cell] if len(shown) else outcomes.at
    kept = (cell >= 0) & (wait <= horizon)
    cell, wait, kind = cell[kept], wait[kept], outcomes.kind[kept]
    once = np.unique(cell * len(weights) + kind)
    worth = np.array(list(weights.values()), dtype=np.float64)[once % len(weights)]
    reward = np.bincount(once // len(weights), worth, minlength=len(shown))
    first = np.full(len(shown), np.iinfo(np.int64).max)
    np.minimum.at(first, cell, wait)
    return np.minimum(reward, 1.0), np.where(reward > 0, first, -1).astype(np.int64)


def _counts(table: Any, weights: Mapping[str, float]) -> Any:
    has_weight = Vocabulary(np.array(list(weights), dtype=object)).codes(table["kind"]) >= 0
    kept = pa.array(has_weight, pa.bool_())
    for name in ("customer_id", "product_id"):
        kept = pc.and_(kept, pc.is_valid(table[name]).combine_chunks())
    return kept


def _check_joinable(shown: ExposureLog) -> None:
    lacking = [] if shown.is_dated else ["exposed_at"]
    lacking += [] if len(shown.products) or not len(shown) else ["product_id"]
    if lacking:
        raise BadInput(
            f"No outcome can be joined: the exposures have no {' and no '.join(lacking)}; "
            f"give what was shown and when."
        )


def _message(table: Any, shown: ExposureLog) -> Ints:
    names, code = codes_of(table, "message_key")
    if not len(shown.messages):
        return np.full(len(code), NO_MESSAGE)
    place = positions(names, shown.messages)
    return np.append(np.where(place < 0, OTHER_MESSAGE, place), NO_MESSAGE)[code]


def _once(read: AttributedOutcomes) -> AttributedOutcomes:
    """Return each event once, with the message it names if any row of it names a shown one."""
    named = np.where(read.message >= 0, read.message, np.iinfo(np.int64).max + read.message)
    order = np.lexsort((named, read.kind, read.at, read.product, read.customer))
    event = {name: getattr(read, name)[order] for name in ("customer", "product", "at", "kind")}
    first = ~pd.DataFrame(event).duplicated().to_numpy()
    kept = order[first & (event["customer"] >= 0) & (event["product"] >= 0)]
    return AttributedOutcomes(
        read.customer[kept], read.product[kept], read.message[kept], read.kind[kept], read.at[kept]
    )


def _matched(shown: ExposureLog, outcomes: AttributedOutcomes) -> Ints:
    """Return the cell that each outcome goes to, -1 for none; the horizon is not looked at."""
    width = len(shown.products) + 1
    both = [part.customer * width + part.product for part in (shown, outcomes)]
    pair = pd.factorize(np.concatenate(both))[0].astype(np.int64)
    shown_pair, pair = pair[: len(shown)], pair[len(shown) :]
    width = len(shown.messages) + 2
    by_pair = _latest(shown_pair, shown.at, pair, outcomes.at)
    by_message = _latest(
        shown_pair * width + shown.message + 2,
        shown.at,
        pair * width + outcomes.message + 2,
        outcomes.at,
    )
    return np.where(outcomes.message == NO_MESSAGE, by_pair, by_message)


def _latest(shown_group: Ints, shown_at: Ints, group: Ints, at: Ints) -> Ints:
    """Return the last entry of the same group at or before ``at``; the first of equal ones."""
    n = len(shown_group)
    groups, times = np.concatenate([shown_group, group]), np.concatenate([shown_at, at])
    ahead = np.concatenate([np.arange(n, 0, -1), np.zeros(len(group), dtype=np.int64)])
    order = np.lexsort((ahead, ahead == 0, times, groups))
    place = np.maximum.accumulate(np.where(order < n, np.arange(len(order)), -1))
    found = np.where(place < 0, -1, order[place])
    found = np.where((found >= 0) & (groups[found] == groups[order]), found, -1)
    latest = np.full(len(order), -1, dtype=np.int64)
    latest[order] = found
    return latest[n:]
