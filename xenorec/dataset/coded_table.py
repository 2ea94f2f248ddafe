"""Coded tables: the columns of a data frame, each read and coded once, when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa

from xenorec.array_types import Bools, Codes, Floats, Ints, Texts
from xenorec.dataset import data_frames
from xenorec.dataset.data_frames import columns_of, floats, frame_of, read_column, require, used

Value = TypeVar("Value")
Coded: TypeAlias = tuple[Texts, Codes]
"""Distinct texts in text order, and each row's position in them, -1 for none."""


class CodedTable:
    """The rows of any data frame, or some rows of another coded table.

    What is read of a column is kept: its values as Arrow, its codes, its instants. It may stand
    where an Arrow table is read by ``column_names``, ``num_rows`` and ``table[name]``.
    """

    def __init__(self, source: Any) -> None:
        self._frame = frame_of(source)
        self.column_names = columns_of(self._frame)
        self.num_rows = len(self._frame)
        self._kept: dict[tuple[str, str], Any] = {}

    @classmethod
    def of(cls, source: Any) -> CodedTable:
        """Return any frame as a coded table; one stays what it is."""
        return source if isinstance(source, CodedTable) else cls(source)

    def __len__(self) -> int:
        return self.num_rows

    def __getitem__(self, name: str) -> Any:
        return self._once("values", name, self._values)

    def require(self, *names: str, may: Sequence[str] = ()) -> CodedTable:
        """Return itself; raises BadInput where one of the columns is not there."""
        require(self.column_names, names, may)
        return self

    def has(self, name: str) -> bool:
        """Return whether there is such a column, of any type but null."""
        return name in self.column_names and not pa.types.is_null(self[name].type)

    def is_there(self, name: str) -> Bools:
        """Return which rows have a value in a column."""
        return mask(self[name].is_valid())

    def codes(self, name: str) -> Coded:
        """Return a column as codes; every row -1 where there is no such column."""
        names, code = self._once("codes", name, self._codes)
        code.flags.writeable = False  # models share it
        return names, code

    def texts_at(self, name: str, row: Ints) -> Texts:
        """Return the text of a column in each row asked for, None in row -1 and where it is blank.

        None everywhere where there is no such column.
        """
        found: Texts = np.full(self.num_rows + 1, None, dtype=object)
        if name in self.column_names:
            found[:-1] = data_frames.texts(self[name])
        return found[row]

    def instants(self, name: str) -> Ints:
        """Return a column of times as microseconds since 1970 UTC; see ``data_frames.instants``."""
        return self._once("instants", name, self._instants)

    def numbers(self, name: str) -> Floats:
        """Return a column of numbers, NaN where it is empty or not there."""
        return floats(self[name], name) if self.has(name) else np.full(self.num_rows, np.nan)

    def where(self, keep: Bools) -> CodedTable:
        """Return some of the rows; names that none of them has are gone."""
        return self if keep.all() else SomeRows(self, keep)

    def _once(self, what: str, name: str, read: Callable[[str], Value]) -> Value:
        if (what, name) not in self._kept:
            self._kept[what, name] = read(name)
        found: Value = self._kept[what, name]
        return found

    def _values(self, name: str) -> Any:
        return pa.table({name: read_column(self._frame, name)})[name]

    def _codes(self, name: str) -> Coded:
        names, code = data_frames.codes_of(self, name)
        return names, code.astype(np.int32)

    def _instants(self, name: str) -> Ints:
        return data_frames.instants(self[name], name)


def mask(column: Any) -> Bools:
    """Return an Arrow column of true and false as an array."""
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)


class SomeRows(CodedTable):
    """Some rows of a coded table, whose columns are read where those of the whole table are."""

    def __init__(self, whole: CodedTable, keep: Bools) -> None:
        self._whole, self._keep = whole, keep
        self.column_names = whole.column_names
        self.num_rows = int(keep.sum())
        self._kept = {}

    def __getitem__(self, name: str) -> Any:
        return self._whole[name].filter(pa.array(self._keep))  # not kept: the whole is

    def has(self, name: str) -> bool:
        """Return whether there is such a column, of any type but null."""
        return self._whole.has(name)

    def is_there(self, name: str) -> Bools:
        """Return which rows have a value in a column."""
        return self._whole.is_there(name)[self._keep]

    def _codes(self, name: str) -> Coded:
        names, code = self._whole.codes(name)
        return used(names, code[self._keep])

    def _instants(self, name: str) -> Ints:
        column = self._whole[name]
        if column.null_count or pa.types.is_string(column.type):
            return super()._instants(name)  # the rows left out may hold no times
        return self._whole.instants(name)[self._keep]
