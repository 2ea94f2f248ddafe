"""Profiles: a lazy table of customers at one instant, narrowed by conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xenorec.engine import query_frames
from xenorec.errors import UnknownColumn, XenorecError
from xenorec.profile.profile_model import ProfileColumn
from xenorec.profile.where_condition import Condition, condition, unknown_column

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 10
SHOWN_COLUMNS = (
    "customer_id",
    "email",
    "days_since_order",
    "n_orders",
    "lifetime_total_net_amount",
    "rfm_cell",
    "gap_days_median",
    "top_category",
    "usual_store_id",
)
ADDRESSES = ("email", "phone", "card")
NAMES = ("first_name", "last_name")
MOMENT = "'2000-01-01'"


@dataclass(frozen=True)
class ProfileSource:
    """Where rows come from: ``read`` gives the columns asked for, one row per customer.

    ``columns`` are all that can be asked for; those of a fitted model are computed on demand.
    """

    as_of: datetime
    columns: tuple[ProfileColumn, ...]
    read: Callable[[frozenset[str]], pa.Table]
    mask: Callable[[str, str | None], str | None]
    notes: Callable[[], list[str]] = list


class Profiles:
    """Customers as they were at ``as_of``, one row each; nothing is computed until asked.

    Holds text and no connection, so that it blocks nobody.
    """

    def __init__(self, source: ProfileSource, conditions: tuple[Condition, ...] = ()) -> None:
        self._source = source
        self._conditions = conditions

    @property
    def as_of(self) -> datetime:
        """The instant; nothing later is in these rows."""
        return self._source.as_of

    @property
    def text(self) -> str:
        """The condition in words as typed; empty when everybody is meant."""
        texts = [part.text for part in self._conditions]
        return texts[0] if len(texts) == 1 else " and ".join(f"({text})" for text in texts)

    @property
    def columns(self) -> pd.DataFrame:
        """What can be asked for: name, type, meaning, and the model that gives it."""
        import pandas as pd

        rows = [(c.name, c.type, c.meaning, c.model) for c in self._source.columns]
        return pd.DataFrame(rows, columns=["column", "type", "meaning", "model"])

    def where(self, text: str) -> Profiles:
        """Return the customers that meet a SQL condition over profile columns.

        What is not known (null, or a division by zero) meets none, nor the opposite of one; ask
        ``is null``, or say what stands in its place: ``coalesce(n_orders, 0) <= 3``.

        Raises ConditionRefused, or UnknownColumn with the nearest name.

        Example: ``people.where("days_since_order between 30 and 120 and n_orders > 1")``
        """
        types = {column.name: column.type for column in self._source.columns}
        checked = condition(text, types)
        self._try(checked)
        return Profiles(self._source, (*self._conditions, checked))

    def count(self) -> int:
        """Return the number of customers."""
        needed = self._needed() | {"customer_id"}
        found = self._run("select count(*) as n", needed, order=False)
        return int(found.column("n")[0].as_py())

    def __len__(self) -> int:
        return self.count()

    def __bool__(self) -> bool:
        """Always true: whether there is anybody is ``count() > 0``, which has to be computed."""
        return True

    def to_arrow(self, columns: Iterable[str] | None = None) -> pa.Table:
        """Return the rows as an Arrow table, ordered by customer_id.

        Without ``columns``: all that SQL models give, and those the conditions asked for.
        """
        wanted = self._wanted(columns)
        listed = ", ".join(f'"{name}"' for name in wanted)
        return self._run(f"select {listed}", frozenset(wanted) | self._needed())

    def to_pandas(self, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the rows as a pandas frame, ordered by customer_id."""
        frame: pd.DataFrame = self.to_arrow(columns).to_pandas()
        return frame

    def head(self, n: int = SHOWN, *, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the first rows as they may be shown: addresses masked, names left out."""
        extra = [name for name in sorted(self._needed()) if name not in SHOWN_COLUMNS]
        chosen = list(columns) if columns is not None else [*SHOWN_COLUMNS, *extra]
        frame: pd.DataFrame = self.to_arrow(chosen).slice(0, n).to_pandas()
        for name in ADDRESSES:
            if name in frame:
                values = [self._source.mask(name, _text(value)) for value in frame[name]]
                frame[name] = values
        return frame.drop(columns=[name for name in NAMES if name in frame])

    def __repr__(self) -> str:
        return f"{self._title()}\n{self.head().to_string(index=False)}"

    def _repr_html_(self) -> str:
        from html import escape

        table = self.head().to_html(index=False, border=0, float_format=lambda x: f"{x:.3g}")
        return f"<p>{escape(self._title())}</p>{table}"

    def _title(self) -> str:
        n = self.count()
        which = f" where {self.text}" if self._conditions else ""
        shown = f"; the first {SHOWN}" if n > SHOWN else ""
        notes = "".join(f"\n{note}" for note in self._source.notes())
        return f"{n:,} customers as of {self.as_of:%Y-%m-%d %H:%M} UTC{which}{shown}{notes}"

    def _needed(self) -> frozenset[str]:
        return frozenset().union(*(part.columns for part in self._conditions))

    def _wanted(self, columns: Iterable[str] | None) -> list[str]:
        known = {column.name: column for column in self._source.columns}
        if columns is None:
            needed = self._needed()
            return [c.name for c in known.values() if _is_sql(c) or c.name in needed]
        wanted = list(dict.fromkeys(columns))
        for name in wanted:
            if name not in known:
                raise UnknownColumn(unknown_column(name, known))
        return wanted

    def _run(self, select: str, columns: frozenset[str], *, order: bool = True) -> pa.Table:
        rows = self._source.read(columns | {"customer_id"})
        sql, params = f"{select} from profile", {}
        if self._conditions:
            sql += " where " + " and ".join(_renamed(c, i) for i, c in enumerate(self._conditions))
            params = _params(self._conditions)
        if order:
            sql += " order by customer_id"
        return query_frames(sql, {"profile": rows}, params)

    def _try(self, checked: Condition) -> None:
        example = "select " + ", ".join(
            f'{_example(column.type)} as "{column.name}"'
            for column in self._source.columns
            if column.name in checked.columns or column.name == "customer_id"
        )
        try:
            query_frames(
                f"select 1 from ({example}) as profile where {checked.sql}", {}, checked.params
            )
        except XenorecError as error:
            from xenorec.errors import ConditionRefused

            types = ", ".join(
                f"{c.name} is {c.type}" for c in self._source.columns if c.name in checked.columns
            )
            reason = str(error).split("---")[0].strip().splitlines()[0]
            raise ConditionRefused(
                f"The condition {checked.text!r} does not fit the columns' types ({types}): "
                f"{reason.removeprefix('The engine refused a query: ')}"
            ) from error


def _example(type_: str) -> str:
    """Return some value of a type, so that a condition can be tried without data."""
    if type_.endswith("[]"):
        return f"cast([] as {type_})"
    plain = {"VARCHAR": "'x'", "BOOLEAN": "true", "TIMESTAMPTZ": MOMENT, "DATE": MOMENT}
    return f"cast({plain.get(type_, '1')} as {type_})"


def _is_sql(column: ProfileColumn) -> bool:
    return not column.model.startswith("fitted")


def _renamed(part: Condition, index: int) -> str:
    sql = part.sql
    for name in sorted(part.params, key=len, reverse=True):
        sql = sql.replace(f"${name}", f"$c{index}{name}")
    return f"({sql})"


def _params(conditions: tuple[Condition, ...]) -> dict[str, Any]:
    return {
        f"c{index}{name}": value
        for index, part in enumerate(conditions)
        for name, value in part.params.items()
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
