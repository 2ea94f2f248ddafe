"""The words a canonical table is described with: a column, a check, a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

TEXT = "VARCHAR"
INSTANT = "TIMESTAMPTZ"
DAY = "DATE"
MONEY = "DECIMAL(18,4)"
QUANTITY = "DECIMAL(12,3)"
INTEGER = "INTEGER"
BIGINT = "BIGINT"
REAL = "DOUBLE"
FLAG = "BOOLEAN"
TEXTS = "VARCHAR[]"
JSON = "JSON"

Home = Literal["warehouse", "ledger"]


@dataclass(frozen=True)
class Column:
    """One column: its name, its type in DuckDB's words, and what it means."""

    name: str
    type: str
    meaning: str
    required: bool = False
    one_of: tuple[str, ...] = ()
    check: str | None = None
    rule: str | None = None
    """``check`` is a SQL condition over the column; ``rule`` says the same in words."""
    clock: Literal["", "fact", "end", "refusal"] = ""
    """Of an instant: a fact has happened when it is loaded; an end given as a day is its last; of a
    refusal to be written to the day and time count, even where the words behind them do not."""
    last_day_of: str = ""
    """Of a day: the end whose bare day fills it, where the column itself did not come."""

    @property
    def is_id(self) -> bool:
        """Whether the column holds an id, which is text whatever it looks like."""
        return self.type == TEXT and self.name.endswith("_id")


@dataclass(frozen=True)
class Table:
    """One canonical table: its grain, its natural key and its columns."""

    name: str
    grain: str
    key: tuple[str, ...]
    own_columns: tuple[Column, ...]
    home: Home = "warehouse"
    instant: str | None = None
    """The column that says when a row happened; a cut at ``as_of`` looks at it."""
    columns: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", (*self.own_columns, *LANDED))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return one column by name."""
        return next(column for column in self.columns if column.name == name)


LANDED = (
    Column("source", TEXT, "Name of the system the row came from", required=True),
    Column("source_id", TEXT, "The row's id there; unique within the source", required=True),
    Column("ingested_at", INSTANT, "When the row was first landed in this version"),
    Column("version", BIGINT, "Of two versions of a row the highest one counts"),
)
