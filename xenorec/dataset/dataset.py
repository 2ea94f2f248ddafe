"""Dataset: what models read of a shop, each table read and coded once, cut at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from xenorec.dataset.coded_table import CodedTable, mask
from xenorec.errors import BadInput
from xenorec.hash_uniform import uniform
from xenorec.schema.order_rules import is_purchase
from xenorec.timestamps import AsOf, as_instant, instant_of, microseconds

TABLES = ("lines", "orders", "events", "products", "customers", "stores")
PURCHASES = "purchases"


class ShopHistory(Protocol):
    """What models need of a history: tables that are already cut at ``as_of``.

    A model asks for the tables it reads, and no others need to be there.
    """

    as_of: datetime

    def lines(self) -> Any:
        """One row per order line of a known customer."""

    def orders(self) -> Any:
        """One row per order: customer_id, ordered_at, store_id."""

    def events(self) -> Any:
        """One row per event: customer_id, at, time_zone."""

    def products(self) -> Any:
        """One row per product: product_id, title, category, is_promotable, and what rules read."""

    def customers(self) -> Any:
        """One row per customer: customer_id, home_store_id, time_zone, is_minor."""

    def stores(self) -> Any:
        """One row per store: store_id, time_zone."""


class Dataset:
    """The tables of a shop as coded columns, each read when first asked for, and once.

    ``tables``: frames of lines, orders, events, products, customers or stores by name; or what
    gives one when called. ``as_of``: rows later than it are not to be read; without one a table
    is read up to its last row.

    >>> import pandas as pd
    >>> lines = pd.DataFrame({"product_id": ["tea", "milk", "tea"]})
    >>> [part.tolist() for part in Dataset({"lines": lines}).table("lines").codes("product_id")]
    [['milk', 'tea'], [1, 0, 1]]
    """

    def __init__(self, tables: Mapping[str, Any], as_of: AsOf = None) -> None:
        self.as_of = None if as_of is None else as_instant(as_of)
        self.is_history = False
        self._tables = dict(tables)
        self._read: set[str] = set()

    @classmethod
    def of_history(cls, history: ShopHistory) -> Dataset:
        """Return the tables of a history, which end where it does."""
        found = cls({t: getattr(history, t) for t in TABLES if hasattr(history, t)}, history.as_of)
        found.is_history = True
        return found

    @classmethod
    def of(cls, source: Any, table: str, as_of: AsOf = None) -> Dataset:
        """Return what a model reads: the tables of a history, or one ``table`` that a frame is.

        A dataset stays what it is; a history that has a ``dataset`` gives it, so that every model
        reads the same. Raises BadInput for an ``as_of`` after the history's own.
        """
        if isinstance(source, Dataset):
            return source.until(as_of)
        if not is_history(source):
            return cls({table: source}, as_of)
        found = getattr(source, "dataset", None)
        return (found if isinstance(found, Dataset) else cls.of_history(source)).until(as_of)

    def until(self, as_of: AsOf) -> Dataset:
        """Return the same tables, to be read up to an earlier instant; codes are shared.

        Raises BadInput for an instant later than its own.
        """
        if as_of is None or self.as_of is None:
            return self if as_of is None else self._at(as_instant(as_of))
        cut = as_instant(as_of)
        if cut > self.as_of:
            raise BadInput(
                f"as_of is {cut.isoformat()}, yet the history ends at {self.as_of.isoformat()}; "
                f"leave as_of out, or ask for a history with a later as_of."
            )
        return self._at(cut)

    def sample(self, share: float, *, seed: str = "sample") -> Dataset:
        """Return the rows of a share of the customers, the same ones whatever else is there.

        They are chosen by a hash of ``seed`` and their ids; tables without customers stay whole.
        """
        found = copy(self)
        names = self._tables.keys() & set(TABLES)
        found._tables = {name: _sampled(self.table(name), share, seed) for name in names}
        return found

    def noting(self, names: set[str]) -> Dataset:
        """Return the same dataset, adding to ``names`` which of its tables are read."""
        found = copy(self)
        found._read = names
        return found

    def table(self, name: str) -> CodedTable:
        """Return a table by its name; raises BadInput where the source has no such table."""
        found = self.find(name)
        if found is None:
            raise BadInput(
                f"There is no table of {name}, but of {', '.join(self._tables) or 'nothing'}. Give "
                f"a data frame (pandas, polars, pyarrow) of {name}, or a history that has them."
            )
        return found

    def find(self, name: str) -> CodedTable | None:
        """Return a table by its name, None where the source has no such table."""
        self._read.add(name)
        given = self._tables.get(name)
        found = given() if callable(given) else given
        if found is not None:
            found = self._tables[name] = CodedTable.of(found)
        return found

    @property
    def purchases(self) -> CodedTable:
        """The lines bought and kept; see ``xenorec.schema.order_rules``."""
        lines = self.table("lines")
        if PURCHASES not in self._tables:
            self._tables[PURCHASES] = lines.where(mask(is_purchase(lines)))
        found: CodedTable = self._tables[PURCHASES]
        return found

    def cut(self, rows: CodedTable, time: str) -> tuple[CodedTable, datetime]:
        """Return the rows not later than ``as_of``, by their column ``time``, and ``as_of``.

        Without an ``as_of`` it is the instant of the last row; raises BadInput where there is none.
        """
        end = self.end(rows, time)
        return rows.where(rows.instants(time) <= microseconds(end)), end

    def end(self, rows: CodedTable, time: str) -> datetime:
        """Return ``as_of``, else the instant of the last row; raises BadInput where there is none.

        Raises it too where a row has no instant.
        """
        at = rows.instants(time)
        if self.as_of is not None:
            return self.as_of
        if not len(at):
            raise BadInput("There are no rows, so as_of cannot be told from them; give as_of=...")
        return instant_of(at.max())

    def _at(self, cut: datetime) -> Dataset:
        found = copy(self)
        found.as_of = cut
        return found


def _sampled(table: CodedTable, share: float, seed: str) -> CodedTable:
    if "customer_id" not in table.column_names:
        return table
    names, code = table.codes("customer_id")
    is_in = np.array([uniform(seed, name) < share for name in names] + [False], dtype=bool)
    return table.where(is_in[code])


def is_history(source: Any) -> bool:
    """Return whether something gives tables, cut at an ``as_of`` of its own."""
    has_end = isinstance(getattr(source, "as_of", None), datetime)
    return has_end and any(callable(getattr(source, name, None)) for name in TABLES)
