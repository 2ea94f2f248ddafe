"""Profile columns: those whose answers are columns of a customer's profile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, Self

import pyarrow as pa

from xenorec.timing.closures import Closure
from xenorec.timing.lifetime_value.model import LifetimeValue
from xenorec.timing.model_column import ModelColumn
from xenorec.timing.next_purchase.model import NextPurchase
from xenorec.timing.replenishment.model import Replenishment


class ColumnModel(Protocol):
    """A model that declares ``columns`` and, once fitted, gives them for each customer asked."""

    notes_: tuple[str, ...]

    @property
    def columns(self) -> tuple[ModelColumn, ...]:
        """The columns it adds to a profile; no other model has one of the same name."""

    def fit(self, orders: Any, /) -> Self:
        """Learn from a history and return self."""

    def profile_columns(self, customer_ids: Any = None) -> pa.Table:
        """Return customer_id and the columns, one row per customer."""


def profile_models(closures: Iterable[Closure] = ()) -> tuple[ColumnModel, ...]:
    """Return each model that adds columns to a profile, not fitted; a further one is a line here.

    ``closures``: days on which the shop was shut.
    """
    return (
        NextPurchase(closures=closures),
        LifetimeValue(closures=closures),
        Replenishment(closures=closures),
    )
