"""The vocabulary: canonical tables, their columns, types, checks and closed lists."""

from xenorec.schema.column import Column, Table
from xenorec.schema.id_spaces import ID_KINDS, KIND_OF, OURS, IdPrefixes, kinds_in, quoted
from xenorec.schema.landing import CONTROL, LINE, Landed, naive_columns, reasons_sql, typed_sql
from xenorec.schema.page import markdown
from xenorec.schema.sql import LINKS, SIGHTINGS, compared_sql, create_sql, ranked_sql
from xenorec.schema.tables import TABLES, table

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
    "Landed",
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
