"""The documentation page of the canonical tables, made from the tables themselves."""

from __future__ import annotations

from xenorec.schema.canonical_tables import TABLES
from xenorec.schema.table_definition import LANDED, Column, Table


def markdown() -> str:
    """Return the page: a section per table, a row per column."""
    head = (
        "# Canonical tables\n\n"
        "Ids are text, money is decimal with a currency, instants are UTC. "
        "Every table also has: "
        + "; ".join(f"`{column.name}` ({column.meaning.lower()})" for column in LANDED)
        + ".\n"
    )
    return "\n".join([head, *(_section(table) for table in TABLES.values())])


def _section(table: Table) -> str:
    rows = "\n".join(_row(table, column) for column in table.own_columns)
    return (
        f"## {table.name}\n\n{table.grain.capitalize()}. Kept in the {table.home}.\n\n"
        f"| column | type | needed | meaning |\n|---|---|---|---|\n{rows}\n"
    )


def _row(table: Table, column: Column) -> str:
    meaning = column.meaning
    if column.one_of:
        meaning += f" ({', '.join(column.one_of)})"
    if column.rule:
        meaning += f"; {column.rule}"
    name = f"**{column.name}**" if column.name in table.key else column.name
    return f"| {name} | {column.type} | {'yes' if column.required else ''} | {meaning} |"
