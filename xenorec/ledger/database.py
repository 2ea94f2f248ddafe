"""Opening the database: pragmas, transactions, our errors, numbered migrations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from xenorec.config.secrets import scrubbed, without_secrets
from xenorec.errors import BadInput, DiskFull, LedgerUnreachable, WorkspaceBusy, XenorecError
from xenorec.ledger.connection import WAIT, open_engine, secrets_of
from xenorec.ledger.ledger_tables import METADATA, VERSION
from xenorec.ledger.migrations import Step, steps

CHUNK = 400
LOCK = 7_302_917
"""Number of the advisory lock under which PostgreSQL lets one writer in at a time."""

_ADDS = re.compile(r"alter table (?P<table>\w+) add column (?P<column>\w+)", re.I)
_NO_ROOM = re.compile(r"disk is full|no space left|file too large|disk I/O error", re.I)


class Database:
    """A SQLite file or a PostgreSQL server behind one small set of calls."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self._name = without_secrets(url)
        self._secrets = secrets_of(url)
        self._reader = self.engine.execution_options(xenorec_reads=True)

    def __repr__(self) -> str:
        return f"Database({self._name!r})"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a connection to read; it takes no lock that a writer would wait for."""
        with self._explained(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open the one transaction that may write; an error leaves what was there before.

        Writers follow one another on both databases: what a transaction reads here (consent, caps,
        the state of a message) stays true until it has committed.
        """
        with self._explained(), self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(sa.text("select pg_advisory_xact_lock(:n)"), {"n": LOCK})
            yield connection

    def migrate(self, known: Sequence[Step] | None = None) -> None:
        """Bring the tables to this version; a ledger of a newer version is refused."""
        found = steps() if known is None else known
        with self.writing() as connection:
            VERSION.create(connection, checkfirst=True)
            have = connection.scalar(sa.select(sa.func.max(VERSION.c.version))) or 0
            _refuse_newer(have, found[-1].number)
            if have == 0:
                METADATA.create_all(connection, checkfirst=True)
            for step in found:
                if step.number > have:
                    self._take(connection, step, is_new=have == 0)

    def _take(self, connection: sa.Connection, step: Step, *, is_new: bool) -> None:
        if not is_new:
            for statement in step.statements(self.engine.dialect.name):
                if not _is_there(connection, statement):
                    connection.exec_driver_sql(statement)
        connection.execute(VERSION.insert(), {"version": step.number, "name": step.name})

    def insert_new(
        self, connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
    ) -> list[sa.Row[Any]]:
        """Insert rows that are not there yet, by any unique key, and return the keys of the new."""
        statement = self.insert(table).on_conflict_do_nothing()
        return self.returned(connection, statement, table, rows)

    def returned(
        self,
        connection: sa.Connection,
        statement: Any,
        table: sa.Table,
        rows: Sequence[Mapping[str, Any]],
    ) -> list[sa.Row[Any]]:
        """Run an insert for many rows; return the key of every row that it wrote."""
        keyed = statement.returning(*(list(table.primary_key) or [table.c.source_id]))
        found: list[sa.Row[Any]] = []
        for start in range(0, len(rows), CHUNK):
            batch = [dict(row) for row in rows[start : start + CHUNK]]
            found.extend(connection.execute(keyed, batch).all())
        return found

    def insert(self, table: sa.Table) -> Any:
        """Return an insert that knows what to do with a row that is there already."""
        if self.engine.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            self._explain(error)
            raise
        except sa.exc.StatementError as error:
            if isinstance(error.orig, XenorecError):
                raise error.orig from error
            raise

    def _explain(self, error: sa.exc.DBAPIError) -> None:
        """Raise our error for what can be told in words; the text holds no password."""
        text = scrubbed(str(error.orig).strip(), self._secrets)
        if _NO_ROOM.search(text):
            raise DiskFull(
                f"The ledger has no room to write: {text}. Nothing of this step was written; make "
                "room and run the same command again."
            ) from error
        if "locked" in text:
            raise WorkspaceBusy(
                f"Another process held the ledger for more than {WAIT} s. Run the same command "
                "again."
            ) from error
        if error.statement is None or error.connection_invalidated:
            raise LedgerUnreachable(
                f"The ledger {self._name} does not answer: {text}. Nothing of this step was "
                "written. See to the server, its name and its password, and run the same command "
                "again."
            ) from None


def _is_there(connection: sa.Connection, statement: str) -> bool:
    """Whether a statement adds a column that the table has already."""
    found = _ADDS.match(statement)
    if found is None:
        return False
    columns = sa.inspect(connection).get_columns(found["table"])
    return found["column"] in {column["name"] for column in columns}


def _refuse_newer(have: int, newest: int) -> None:
    if have > newest:
        raise BadInput(
            f"The ledger has version {have}; this code knows {newest}. Upgrade xenorec: "
            "an older one must not write into a newer ledger."
        )
