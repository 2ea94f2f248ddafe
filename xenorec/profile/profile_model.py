"""Profile models: one SQL file each, which declares its grain and its columns in its head."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

COLUMN = re.compile(r"^-- column (\w+) (\S+) (.*)$")
ORDER = ("customer", "rfm", "cycle", "affinity", "discount", "home_store", "hours")


@dataclass(frozen=True)
class ProfileColumn:
    """One column of the profile: name, type in DuckDB's words, meaning, and the model it is of."""

    name: str
    type: str
    meaning: str
    model: str


@dataclass(frozen=True)
class ProfileModel:
    """One SQL model: its query and the columns it declares."""

    name: str
    sql: str
    columns: tuple[ProfileColumn, ...]


@cache
def models() -> tuple[ProfileModel, ...]:
    """Return all SQL models, the customer's own data first."""
    folder = resources.files("xenorec.profile") / "models"
    return tuple(_read(name, (folder / f"{name}.sql").read_text("utf-8")) for name in ORDER)


@cache
def sql_columns() -> tuple[ProfileColumn, ...]:
    """Return all columns that SQL models give, ``customer_id`` first."""
    first = ProfileColumn("customer_id", "VARCHAR", "The customer", "customer")
    return (first, *(column for model in models() for column in model.columns))


@cache
def profile_select() -> str:
    """Return the query over the cut tables: one row per customer known at ``as_of``."""
    parts = [f"m_{model.name} as (\n{model.sql}\n)" for model in models()]
    columns = ",\n  ".join(_cast(column) for column in sql_columns()[1:])
    joins = "\n".join(
        f"left join m_{model.name} on m_{model.name}.customer_id = m_customer.customer_id"
        for model in models()
        if model.name != "customer"
    )
    return (
        ", "
        + ",\n".join(parts)
        + f"\nselect m_customer.customer_id,\n  {columns}\nfrom m_customer\n{joins}\n"
        + "order by m_customer.customer_id"
    )


def _cast(column: ProfileColumn) -> str:
    value = f"m_{column.model}.{column.name}"
    if column.type == "DOUBLE":
        return f"round(cast({value} as DOUBLE), 9) as {column.name}"
    if column.type == "DOUBLE[]":
        return f"list_transform({value}, lambda x: round(x, 9)) as {column.name}"
    return f"cast({value} as {column.type}) as {column.name}"


def _read(name: str, text: str) -> ProfileModel:
    found = [COLUMN.match(line) for line in text.splitlines()]
    columns = tuple(ProfileColumn(m[1], m[2], m[3], name) for m in found if m)
    sql = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return ProfileModel(name, sql, columns)
