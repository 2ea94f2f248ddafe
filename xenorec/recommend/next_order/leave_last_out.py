"""The last order of each customer, put aside to be foretold from what lies before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from xenorec.array_types import Bools, Ints
from xenorec.errors import BadInput
from xenorec.recommend.line_log import LineLog
from xenorec.timestamps import instant_of, microseconds

DAY_US = 86_400_000_000


@dataclass(frozen=True, eq=False)
class HiddenOrders:
    """Customers whose last order is foretold, positions in the lines' customers, and when it was.

    ``order_at``: when the order of each line began. ``is_hidden``: the lines of the hidden orders.
    """

    lines: LineLog
    customer: Ints
    at: Ints
    order_at: Ints
    is_hidden: Bools

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, rows: Ints | Bools) -> HiddenOrders:
        """Return some of the customers."""
        taken = np.zeros(len(self.lines.customers), dtype=bool)
        taken[self.customer[rows]] = True
        is_hidden = self.is_hidden & taken[self.lines.customer]
        return HiddenOrders(
            self.lines, self.customer[rows], self.at[rows], self.order_at, is_hidden
        )

    @property
    def truth(self) -> LineLog:
        """The lines of the hidden orders."""
        return self.lines.where(self.is_hidden)

    def before(self) -> LineLog:
        """Return the lines of these customers' orders that began before the hidden one."""
        end = np.full(len(self.lines.customers), np.iinfo(np.int64).min)
        end[self.customer] = self.at
        return self.lines.where(self.order_at < end[self.lines.customer])

    @property
    def day_at(self) -> Ints:
        """The beginning of the UTC day of each hidden order, or right after an order of that day.

        What a method may know of the instant: others do not know the minute either.
        """
        last = np.full(len(self.lines.customers), np.iinfo(np.int64).min)
        before = self.before()
        np.maximum.at(last, before.customer, before.at)
        day = self.at // DAY_US * DAY_US
        known: Ints = np.minimum(np.maximum(day, last[self.customer] + 1), self.at)
        return known

    def spans(self, since: datetime, length: int) -> Iterator[tuple[int, Ints]]:
        """Yield (begin, rows) of each span from ``since`` on in which somebody is foretold."""
        first = microseconds(since)
        number = (self.at - first) // length
        for span in np.unique(number).tolist():
            yield first + span * length, np.flatnonzero(number == span).astype(np.int64)


def hide_last(lines: LineLog, since: datetime) -> HiddenOrders:
    """Hide the last order of every customer that is at or after ``since`` and has one before it.

    Of orders at the same instant the one with the higher id is the last, and the others are no
    past. Raises BadInput when there is nobody to foretell.
    """
    width = len(lines.orders)
    key = lines.customer.astype(np.int64) * width + lines.order
    orders, line = np.unique(key, return_inverse=True)
    at = np.full(len(orders), np.iinfo(np.int64).max)
    np.minimum.at(at, line, lines.at)
    owner = orders // width
    ranked = np.lexsort((orders, at, owner))
    begin = np.flatnonzero(np.append(True, np.diff(owner[ranked]) > 0))
    first, last = ranked[begin], ranked[np.append(begin[1:], len(ranked)) - 1]
    kept = (at[last] >= microseconds(since)) & (at[first] < at[last])
    if not kept.any():
        raise BadInput(
            f"Nobody to score: no customer's last order is at or after {since.isoformat()} and "
            f"has another before it; the rows end at {instant_of(lines.at.max()).isoformat()}. "
            "Choose an earlier instant."
        )
    is_last = np.zeros(len(orders), dtype=bool)
    is_last[last[kept]] = True
    return HiddenOrders(lines, owner[last[kept]], at[last[kept]], at[line], is_last[line])
