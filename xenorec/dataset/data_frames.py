"""Read any data frame (pandas, polars, pyarrow) as coded columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Number
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from xenorec.array_types import Bools, Floats, Ints, Texts
from xenorec.errors import BadInput, nearest

Code = TypeVar("Code", np.int32, np.int64)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
NOBODY = frozenset({"", "nan", "nat", "none", "null", "<na>"})
"""What tables write where there is no id."""
MONEY_DIGITS, QUANTITY_DIGITS = 4, 6
NUMBERS = MappingProxyType(
    {
        "net_amount": MONEY_DIGITS,
        "margin_amount": MONEY_DIGITS,
        "unit_price_amount": MONEY_DIGITS,
        "discount_amount": MONEY_DIGITS,
        "refunded_amount": MONEY_DIGITS,
        "quantity": QUANTITY_DIGITS,
        "refunded_quantity": QUANTITY_DIGITS,
    }
)
"""Columns that are numbers whatever their type, and the decimals that count."""


def arrow(source: Any, *, need: Sequence[str] = (), may: Sequence[str] = ()) -> Any:
    """Return the columns ``need`` (all required) and ``may`` of any frame as an Arrow table.

    Any frame: pandas, polars, pyarrow, or what else gives an Arrow stream. What holds of a column
    of one name at every door is seen to here: a blank ``customer_id``, or one that says "nan" or
    "none", is empty; ``NUMBERS`` may come as text, and are free of what floats leave behind the
    digits that count.
    """
    frame = frame_of(source)
    have = columns_of(frame)
    require(have, need, may)
    names = [*need, *(name for name in may if name in have)]
    return pa.table({name: read_column(frame, name) for name in names})


def frame_of(source: Any) -> Any:
    """Return any frame as one of pandas or of Arrow; raises BadInput for what is none."""
    if isinstance(source, pa.Table | pd.DataFrame):
        return source
    if hasattr(source, "__arrow_c_stream__"):
        return pa.table(source)
    raise BadInput(
        f"Expected a data frame (pandas, polars, pyarrow) or a history, "
        f"got {type(source).__name__}."
    )


def columns_of(frame: Any) -> list[Any]:
    """Return the names of the columns of a frame of pandas or of Arrow."""
    return list(frame.column_names if isinstance(frame, pa.Table) else frame.columns)


def require(have: Sequence[Any], need: Sequence[str], may: Sequence[str] = ()) -> None:
    """Raise BadInput where one of the columns ``need`` is not there, naming the nearest other."""
    others = [str(name) for name in have if name not in (*need, *may)]
    for name in need:
        if name not in have:
            raise BadInput(
                f"The frame has no column {name!r}; it has {', '.join(map(repr, have)) or 'none'}."
                f"{nearest(name, others)} Rename the column and try again."
            )


def read_column(frame: Any, name: str) -> Any:
    """Return a column of a frame as Arrow, as every door reads one of this name."""
    column = _column(frame[name])
    if name == "customer_id":
        return _named_only(column)
    return _numeric(column, name, NUMBERS[name]) if name in NUMBERS else column


def is_nobody(name: str) -> bool:
    """Return whether a text stands where an id is missing: blank, or "nan", "none", "null"."""
    return name.strip().casefold() in NOBODY


def encode(column: Any) -> tuple[Texts, Ints]:
    """Return the distinct values as text in text order, and each row's position (-1 for null)."""
    array = _combine_chunks(column)
    is_coded = pa.types.is_dictionary(array.type) and not array.dictionary.null_count
    if pa.types.is_dictionary(array.type) and not is_coded:
        array = array.dictionary_decode()
    encoded = array if is_coded else array.dictionary_encode()
    names, place = np.unique(_texts(encoded.dictionary), return_inverse=True)
    rank = np.append(place.astype(np.int64), -1)
    codes = encoded.indices.cast(pa.int64()).fill_null(len(rank) - 1)
    code = rank[codes.to_numpy(zero_copy_only=False)]
    return used(names, code) if is_coded else (names, code)


def codes_of(table: Any, name: str) -> tuple[Texts, Ints]:
    """Return a column coded; no names and -1 in every row where the table does not have it."""
    if name in table.column_names and not pa.types.is_null(table[name].type):
        return encode(table[name])
    return np.empty(0, dtype=object), np.full(table.num_rows, -1, dtype=np.int64)


def used(names: Texts, code: npt.NDArray[Code]) -> tuple[Texts, npt.NDArray[Code]]:
    """Return only the names that some row has, and the codes into them; -1 stays -1."""
    is_used = np.bincount(code[code >= 0], minlength=len(names)) > 0
    if is_used.all():
        return names, code
    new = np.append(np.cumsum(is_used) - 1, -1).astype(code.dtype)
    return names[is_used], new[code]


def texts(column: Any) -> Texts:
    """Return a column as text, None where it is empty or blank."""
    names, code = encode(column)
    kept = np.array([name if name.strip() else None for name in names] + [None], dtype=object)
    return kept[code]


def flags(column: Any, name: str, *, missing: bool) -> Bools:
    """Return a column of true and false, with ``missing`` where it is empty."""
    array = _combine_chunks(column)
    if pa.types.is_null(array.type):
        return np.full(len(array), missing)
    if not (pa.types.is_boolean(array.type) or pa.types.is_integer(array.type)):
        raise BadInput(f"{name} is of type {array.type}; expected true or false.")
    values = array.cast(pa.bool_()).fill_null(missing)
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=bool)


def floats(column: Any, name: str) -> Floats:
    """Return a column of numbers as floats, NaN where it is empty; raises BadInput for others."""
    kinds = (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal, pa.types.is_null)
    if not any(is_kind(column.type) for is_kind in kinds):
        raise BadInput(f"{name} is of type {column.type}; expected numbers.")
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def instants(column: Any, name: str) -> Ints:
    """Return a column of times as microseconds since 1970 UTC; naive times are read as UTC."""
    array = _combine_chunks(column)
    if array.null_count:
        raise BadInput(
            f"{name} is empty in {array.null_count} of {len(array)} rows; "
            f"drop those rows or give their time."
        )
    if not len(array):
        return np.empty(0, dtype=np.int64)
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        array = _parsed(array, name)
    if not (pa.types.is_timestamp(array.type) or pa.types.is_date(array.type)):
        raise BadInput(f"{name} is of type {array.type}; expected timestamps or dates.")
    zone = getattr(array.type, "tz", None)
    stamps = array.cast(pa.timestamp("us", tz=zone), safe=False).cast(pa.int64())
    return np.asarray(stamps.to_numpy(zero_copy_only=False), dtype=np.int64)


def ids(values: Any, name: str) -> Texts:
    """Return the ids asked for as text, each once, in the order asked.

    ``values``: one id (a text or a whole number), any list, array or column of them, or a frame
    with such a column. Raises BadInput for anything else and for empty ones.
    """
    if isinstance(values, str | bytes | Number | np.generic | UUID):
        values = [values]
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        raise BadInput(
            f"{name} is {_shown(values)}; expected one id, a list of them, or a frame with a "
            f"column {name.removesuffix('s')!r}."
        )
    if isinstance(values, pd.DataFrame | pa.Table):
        values = arrow(values, need=(name.removesuffix("s"),))[name.removesuffix("s")]
    is_arrow = isinstance(values, pa.Array | pa.ChunkedArray)
    known, code = encode(_column(values) if is_arrow else _object_array(values))
    if (code < 0).any():
        raise BadInput(f"{name} has {int((code < 0).sum())} empty values; drop them first.")
    return known[code[np.sort(np.unique(code, return_index=True)[1])]]


def one_id(value: Any, name: str) -> str:
    """Return one id as text; raises BadInput for anything else."""
    found = ids(value, name)
    if len(found) != 1:
        raise BadInput(f"{name} names {len(found)} ids; expected one.")
    return str(found[0])


def positions(asked: Texts, names: Texts) -> Ints:
    """Return where each of ``asked`` stands in ``names``, or -1."""
    index = pd.Index(names, dtype=object)
    return index.get_indexer(pd.Index(asked, dtype=object)).astype(np.int64)


def _object_array(values: Any) -> Any:
    listed = list(values)
    for value in listed:
        if isinstance(value, bool | np.bool_ | bytes) or np.ndim(value):
            raise BadInput(f"{_shown(value)} is no id; expected texts or whole numbers.")
    if len({type(value) for value in listed}) > 1:
        listed = [_as_text(value) for value in listed]
    return _array(pd.Series(listed, dtype=object))


def _as_text(value: Any) -> str | None:
    """Return an id as text, as a column of its kind would be read; None for none."""
    if value is None or value is pd.NA or value != value:
        return None
    is_whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return str(int(value)) if is_whole else str(value)


def _shown(value: Any) -> str:
    return f"{value!r:.40} (a {type(value).__name__})"


def _named_only(column: Any) -> Any:
    """Return ids, empty where they name nobody."""
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    plain = column
    if pa.types.is_dictionary(column.type):
        plain = column.cast(column.type.value_type)
    if not (pa.types.is_string(plain.type) or pa.types.is_large_string(plain.type)):
        return column
    known = pc.unique(plain).drop_null().to_pylist()
    nobody = [text for text in known if is_nobody(text)]
    if not nobody:
        return column
    is_none = pc.is_in(plain, pa.array(nobody, plain.type))
    return pc.if_else(is_none, pa.scalar(None, plain.type), plain)


def _numeric(column: Any, name: str, digits: int) -> Any:
    """Return a column of numbers as floats, rounded; whole numbers and decimals as they are.

    Raises BadInput for a text that is no number.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = _parsed_numbers(column, name)
    if not pa.types.is_floating(column.type):
        return column
    values = _combine_chunks(column.cast(pa.float64())).to_numpy(zero_copy_only=False)
    rounded = np.round(values, digits) + 0.0  # no minus before a zero
    return pa.array(rounded, from_pandas=True)


def _parsed_numbers(column: Any, name: str) -> Any:
    text = pc.utf8_trim_whitespace(column)
    known = [value for value in pc.unique(text).to_pylist() if value is not None]
    empty = pa.array([value for value in known if is_nobody(value)], text.type)
    text = pc.if_else(pc.is_in(text, empty), pa.scalar(None, text.type), text)
    for value in known:
        if not (is_nobody(value) or _NUMBER.fullmatch(value)):
            raise BadInput(
                f"{name} holds the text {value!r:.40}, which is no number; expected such as 12.50, "
                "with a point before the decimals and nothing else. Convert the column first."
            )
    return text.cast(pa.float64())


def _column(column: Any) -> Any:
    if isinstance(column, pd.Series):
        return _array(column)
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def _array(series: pd.Series[Any]) -> Any:
    try:
        array = pa.array(series, from_pandas=True)
        if not isinstance(array.type, pa.BaseExtensionType):
            return array
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        pass
    pairs = zip(series, series.isna(), strict=True)
    return pa.array([None if gone else str(value) for value, gone in pairs], pa.string())


def _combine_chunks(column: Any) -> Any:
    if not isinstance(column, pa.ChunkedArray):
        return column
    joined = column.unify_dictionaries().combine_chunks()
    return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined


def _texts(array: Any) -> Texts:
    """Return distinct values as text; whole floats lose their ``.0``."""
    if pa.types.is_floating(array.type):
        whole = pc.and_(pc.is_finite(array), pc.equal(pc.floor(array), array))
        numbers, plain = array.to_pylist(), whole.to_pylist()
        listed = [
            str(int(n)) if is_whole else str(n) for n, is_whole in zip(numbers, plain, strict=True)
        ]
    else:
        listed = array.cast(pa.string()).to_pylist()
    found = np.empty(len(listed), dtype=object)
    found[:] = listed
    return found


def _parsed(array: Any, name: str) -> Any:
    try:
        return pa.array(pd.to_datetime(pd.Series(array.to_pylist()), utc=True, format="ISO8601"))
    except (ValueError, OverflowError):
        raise BadInput(
            f"{name} holds text that is no ISO 8601 time (the first row is {array[0].as_py()!r}); "
            f"convert it with pandas.to_datetime first."
        ) from None
