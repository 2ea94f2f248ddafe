"""Columns of a frame as arrays by product, with a stand-in for what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from xenorec.array_types import Floats, Ints, Texts
from xenorec.dataset.data_frames import arrow, codes_of, encode, floats, instants
from xenorec.recommend.grouped_arrays import names_at


def has(table: Any | None, name: str) -> bool:
    """Return whether the table has the column, and a value in it."""
    if table is None or name not in table.column_names:
        return False
    return bool(table[name].null_count < table.num_rows)


def numbers_at(table: Any | None, name: str, row: Ints) -> Floats:
    """Return the number in each row, NaN where there is none (or no row, -1)."""
    if table is None or not has(table, name):
        return np.full(len(row), np.nan)
    return np.append(floats(table[name], name), np.nan)[row]


def instants_at(table: Any | None, name: str, row: Ints, missing: int) -> Ints:
    """Return the instant in each row in microseconds since 1970 UTC, or ``missing``."""
    if table is None or not has(table, name):
        return np.full(len(row), missing, dtype=np.int64)
    column, found = table[name], np.full(table.num_rows + 1, missing, dtype=np.int64)
    is_there = np.asarray(pc.is_valid(column).to_numpy(), dtype=bool)
    found[:-1][is_there] = instants(column.drop_null(), name)
    return found[row]


def codes_at(table: Any | None, name: str, row: Ints) -> tuple[Texts, Ints]:
    """Return the names of a column and the position in them of each row, -1 where it is empty."""
    if table is None:
        return np.empty(0, dtype=object), np.full(len(row), -1, dtype=np.int64)
    names, code = codes_of(table, name)
    return names, np.append(code, -1)[row]


def typed_columns(
    frame: Any | None, names: Sequence[str]
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield the columns of a frame that are among ``names`` as arrays: texts, numbers, instants."""
    table = arrow(frame, may=names) if frame is not None else pa.table({})
    for name in table.column_names:
        column = table[name]
        if name.endswith("_at"):
            yield name, instants(column, name).astype("datetime64[us]")
        elif name.endswith("_share"):
            yield name, floats(column, name)
        else:
            yield name, names_at(*encode(column))


def frame_from_columns(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> pd.DataFrame | None:
    """Return the frame of which ``typed_columns`` gave the columns, None without any."""
    own = {
        key.split(".")[1]: values for key, values in arrays.items() if key.startswith(f"{name}.")
    }
    return pd.DataFrame(own) if own else None
