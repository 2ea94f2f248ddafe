"""The promises as SQL over the ledger; each query must return no row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Check:
    """One promise: its name, its words, and the query whose rows break it."""

    name: str
    promise: str
    sql: str


USES_PERSONS = "-- uses persons\n"
"""The second line of a check that stands on the queries of ``common_persons.sql``."""


@cache
def checks() -> tuple[Check, ...]:
    """Return all checks by name; the SQL is in DuckDB's dialect over the ledger's tables."""
    folder = resources.files("xenorec.ledger.audit")
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir() if _is_sql(file.name)}
    persons = texts.pop("common_persons.sql").partition("\n")[2]
    return tuple(_read(name, text, persons) for name, text in sorted(texts.items()))


def _is_sql(name: str) -> bool:
    return name.endswith(".sql")


def _read(name: str, text: str, persons: str) -> Check:
    first, _, sql = text.partition("\n")
    if sql.startswith(USES_PERSONS):
        sql = f"with {persons}{sql.removeprefix(USES_PERSONS)}"
    return Check(name.removesuffix(".sql"), first.removeprefix("--").strip(), sql)
