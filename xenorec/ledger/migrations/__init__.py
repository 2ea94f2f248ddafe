"""Numbered steps from one version of the ledger's tables to the next.

A new ledger is made from ``tables.py`` and marked with the newest number; an older one runs the
files whose numbers it lacks, in order. A file is named ``0002_what_it_does.sql``; where the two
databases need different words, ``0002_what_it_does.postgresql.sql`` stands beside it and wins.
A file that was released is never changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


@dataclass(frozen=True)
class Step:
    """One step: its number, its name, and where its SQL is."""

    number: int
    name: str
    path: Path

    def statements(self, dialect: str) -> list[str]:
        """Return the statements for a database (``sqlite`` or ``postgresql``)."""
        own = self.path.with_suffix(f".{dialect}.sql")
        text = (own if own.is_file() else self.path).read_text("utf-8")
        bare = re.sub(r"--[^\n]*", "", text)
        return [statement.strip() for statement in bare.split(";") if statement.strip()]


def steps(folder: Path = FOLDER) -> tuple[Step, ...]:
    """Return all steps by number."""
    found = ((path, _NAME.fullmatch(path.name)) for path in folder.iterdir())
    made = [Step(int(match[1]), match[2], path) for path, match in found if match]
    return tuple(sorted(made, key=lambda step: step.number))
