"""Profile models: one SQL file each, which declares in its head the columns that it gives.

Its file name is the model's name, and these lines are its head::

    -- column n_returns INTEGER Orders sent back
    -- after rfm

Any number of ``column`` lines: name, type in DuckDB's words, meaning. ``after`` names models whose
columns stand before its own; it may be left out. A model that reads another one's rows, as
``profile_rfm``, comes after it by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import TopologicalSorter
from importlib import resources

from xenorec.errors import Problem, nearest

COLUMN = re.compile(r"^--\s*column\b(?:\s+(\w+)(?=\s|$))?(?:\s+(\S+))?(?:\s+(.*\S))?\s*$")
AFTER = re.compile(r"^--\s*after\s+(.*\S)\s*$")
READ = re.compile(r"\bprofile_(\w+)")
TYPES = (
    *("VARCHAR", "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL(18,4)", "DATE", "TIMESTAMPTZ"),
    *("VARCHAR[]", "INTEGER[]", "DOUBLE[]"),
)
EXAMPLE = "-- column n_returns INTEGER Orders sent back"
FIRST = "customer"
"""The model that has every customer; the rows of all others are joined to its own."""


@dataclass(frozen=True)
class ProfileColumn:
    """One column of the profile: name, type in DuckDB's words, meaning, and the model it is of."""

    name: str
    type: str
    meaning: str
    model: str


@dataclass(frozen=True)
class ProfileModel:
    """One SQL model: its query, the columns it declares, and the models it comes after."""

    name: str
    sql: str
    columns: tuple[ProfileColumn, ...]
    after: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ProfileDefinition:
    """The models of a profile in the order of their columns, each after those that it names."""

    models: tuple[ProfileModel, ...]

    @cached_property
    def columns(self) -> tuple[ProfileColumn, ...]:
        """All columns that SQL models give, ``customer_id`` first."""
        first = ProfileColumn("customer_id", "VARCHAR", "The customer", FIRST)
        return (first, *(column for model in self.models for column in model.columns))

    @cached_property
    def select(self) -> str:
        """The query over the cut tables: one row per customer known at ``as_of``."""
        columns = ",\n  ".join(_cast(column) for column in self.columns[1:])
        joins = "\n".join(
            f"left join {_cte(name)} on {_cte(name)}.customer_id = {_cte(FIRST)}.customer_id"
            for name in (model.name for model in self.models)
            if name != FIRST
        )
        return (
            f"{with_models(self.models)}\nselect {_cte(FIRST)}.customer_id,\n  {columns}\n"
            f"from {_cte(FIRST)}\n{joins}\norder by {_cte(FIRST)}.customer_id"
        )


@cache
def shipped_definition() -> ProfileDefinition:
    """Return the models of this package."""
    folder = resources.files("xenorec.profile") / "models"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    models = [read_model(n.removesuffix(".sql"), t) for n, t in texts.items() if n.endswith(".sql")]
    return ProfileDefinition(in_order(models))


def sql_columns() -> tuple[ProfileColumn, ...]:
    """Return all columns that the models of this package give, ``customer_id`` first."""
    return shipped_definition().columns


def profile_select() -> str:
    """Return the query of the models of this package."""
    return shipped_definition().select


def with_models(models: Iterable[ProfileModel]) -> str:
    """Return the models as further common table expressions, each named ``profile_<model>``."""
    return ", " + ",\n".join(f"{_cte(model.name)} as (\n{model.sql}\n)" for model in models)


def read_model(name: str, text: str) -> ProfileModel:
    """Return the model of a file's text; ``head_problems`` tells what is wrong with its head."""
    lines = text.splitlines()
    columns = tuple(
        ProfileColumn(found[1], found[2], found[3], name)
        for found in map(COLUMN.match, lines)
        if found and found[3]
    )
    named = [one for found in map(AFTER.match, lines) if found for one in _listed(found[1])]
    sql = "\n".join("" if line.startswith("--") else line for line in lines)
    sql = sql.rstrip().removesuffix(";")
    return ProfileModel(name, sql, columns, frozenset([*named, *READ.findall(code_of(text))]))


def head_problems(name: str, text: str, names: Iterable[str]) -> Iterator[Problem]:
    """Yield what is wrong with a file's head; ``names`` are those of all models."""
    known = sorted(set(names) - {name})
    found = False
    for line, written in enumerate(text.splitlines(), 1):
        after, column = AFTER.match(written), COLUMN.match(written)
        for other in _listed(after[1]) if after else ():
            if other not in known:
                hint = nearest(other, known)
                yield Problem(
                    name, f"after {other!r}: no such model.{hint} Models: {', '.join(known)}", line
                )
        if not column:
            continue
        found = True
        if not column[3]:
            yield Problem(
                name, f"came with {written!r}; expected name, type, meaning: {EXAMPLE}", line
            )
        elif column[2] not in TYPES and not re.fullmatch(r"DECIMAL\(\d{1,2},\d{1,2}\)", column[2]):
            hint = nearest(column[2].upper(), TYPES)
            yield Problem(
                name,
                f"the column {column[1]} has the type {column[2]!r}.{hint} "
                f"Types: {', '.join(TYPES)}",
                line,
            )
    if not found:
        yield Problem(
            name, f"declares no column; its head needs a line for each, such as {EXAMPLE!r}"
        )


def in_order(models: Iterable[ProfileModel]) -> tuple[ProfileModel, ...]:
    """Return models each after those it names, else by name; raises CycleError for a circle."""
    by_name = {model.name: model for model in models}
    sorter = TopologicalSorter({name: by_name[name].after & by_name.keys() for name in by_name})
    sorter.prepare()
    ordered: list[ProfileModel] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += [by_name[name] for name in ready]
        sorter.done(*ready)
    return tuple(ordered)


def code_of(text: str) -> str:
    """Return SQL text without its comments and what stands in single quotes."""
    return re.sub(r"--.*|/\*(?s:.*?)\*/|'(?:[^']|'')*'", " ", text)


def _listed(names: str) -> list[str]:
    return re.split(r"[\s,]+", names.strip().strip(","))


def _cte(name: str) -> str:
    return f"profile_{name}"


def _cast(column: ProfileColumn) -> str:
    value = f"{_cte(column.model)}.{column.name}"
    if column.type == "DOUBLE":
        return f"round(cast({value} as DOUBLE), 9) as {column.name}"
    if column.type == "DOUBLE[]":
        return f"list_transform({value}, lambda x: round(x, 9)) as {column.name}"
    return f"cast({value} as {column.type}) as {column.name}"
