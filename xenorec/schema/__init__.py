"""The vocabulary: canonical tables, their columns, types, checks and closed lists."""

from xenorec.schema.canonical_tables import TABLES, table
from xenorec.schema.id_prefixes import ID_KINDS, KIND_OF, OURS, IdPrefixes, kinds_in, quoted
from xenorec.schema.landing_sql import (
    CONTROL,
    LINE,
    LandedBatch,
    naive_columns,
    reasons_sql,
    typed_sql,
)
from xenorec.schema.schema_page import markdown
from xenorec.schema.table_definition import Column, Table
from xenorec.schema.table_sql import LINKS, SIGHTINGS, compared_sql, create_sql, ranked_sql

__all__ = [
    "CONTROL",
    "ID_KINDS",
    "KIND_OF",
    "LINE",
    "LINKS",
    "OURS",
    "SIGHTINGS",
    "TABLES",
    "Column",
    "IdPrefixes",
    "LandedBatch",
    "Table",
    "compared_sql",
    "create_sql",
    "kinds_in",
    "markdown",
    "naive_columns",
    "quoted",
    "ranked_sql",
    "reasons_sql",
    "table",
    "typed_sql",
]
