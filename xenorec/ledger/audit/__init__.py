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


@cache
def checks() -> tuple[Check, ...]:
    """Return all checks by name; the SQL is in DuckDB's dialect over the ledger's tables."""
    folder = resources.files("xenorec.ledger.audit")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name
    )
    return tuple(_read(file.name, file.read_text("utf-8")) for file in files)


def _read(name: str, text: str) -> Check:
    first, _, sql = text.partition("\n")
    return Check(name.removesuffix(".sql"), first.removeprefix("--").strip(), sql)
