"""Data definition and merging of canonical tables, as SQL text in DuckDB's dialect."""

from __future__ import annotations

from xenorec.schema.table_definition import Table

SIGHTINGS = (
    "create table if not exists warehouse.sightings (source VARCHAR, source_id VARCHAR, "
    "came_at TIMESTAMPTZ)",
    "create table if not exists warehouse.complete_loads (source VARCHAR, loaded_at TIMESTAMPTZ)",
)
"""When each identifier came last, and which loads had all of their source's."""
LINKS = (
    "create table if not exists warehouse.links (customer_id VARCHAR, into_id VARCHAR)",
    "alter table warehouse.links add column if not exists why VARCHAR",
    "create table if not exists warehouse.person_ids (person_id VARCHAR)",
)
"""Links, and whoever ever stood for a group: that account goes on to stand for it."""


def create_sql(table: Table) -> str:
    """Return the statement that makes an empty canonical table."""
    columns = ",\n  ".join(
        f'"{column.name}" {column.type}{" not null" if column.required else ""}'
        for column in table.columns
    )
    return f"create table if not exists warehouse.{table.name} (\n  {columns}\n)"


def content(table: Table, alias: str) -> str:
    """Return one SQL value that is equal for two rows that say the same.

    Landing time and version are no content.
    """
    names = [name for name in table.names if name not in ("ingested_at", "version")]
    return "md5(cast(row(" + ", ".join(f'{alias}."{name}"' for name in names) + ") as VARCHAR))"


def ranked_sql(table: Table, frame: str) -> str:
    """Return ``frame`` with ``place`` 1 for the row that counts of each (source, source_id).

    The highest version counts; among equal versions the content decides, so that the answer
    does not depend on the order of arrival.
    """
    return (
        f"select i.*, row_number() over (partition by i.source, i.source_id "
        f"order by coalesce(i.version, 0) desc, {content(table, 'i')} desc, i.line) as place, "
        f"dense_rank() over (partition by i.source, i.source_id "
        f"order by coalesce(i.version, 0) desc, {content(table, 'i')} desc) as edition "
        f"from {frame} as i"
    )


def compared_sql(table: Table, frame: str) -> str:
    """Return ``frame`` beside what the table holds: ``action`` new, changed or unchanged.

    A row without a version that says something else than the row it meets is taken as the
    next version of it.
    """
    differs = f"{content(table, 'i')} <> {content(table, 't')}"
    higher = (
        f"(i.version > coalesce(t.version, 0) and ({differs} or i.version <> t.version)) "
        f"or (i.version is null and {differs}) "
        f"or (i.version = coalesce(t.version, 0) and {content(table, 'i')} > {content(table, 't')})"
    )
    return (
        f"select i.* replace (coalesce(i.version, coalesce(t.version, 0) + 1) as version), "
        f"case when t.source_id is null then 'new' when {higher} then 'changed' "
        f"else 'unchanged' end as action "
        f"from {frame} as i left join warehouse.{table.name} as t using (source, source_id)"
    )
