"""Opening the database: pragmas, transactions, our errors, numbered migrations."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import NullPool, StaticPool

from xenorec.errors import BadInput, DiskFull, MissingPackage, WorkspaceBusy, XenorecError
from xenorec.ledger.migrations import Step, steps
from xenorec.ledger.tables import METADATA, VERSION

SAFE_WAL = (3, 51, 3)
CHUNK = 400
WAIT = 30
"""Seconds that a writer waits for another one."""
LOCK = 7_302_917
"""Number of the advisory lock under which PostgreSQL lets one writer in at a time."""

_NO_ROOM = re.compile(r"disk is full|no space left|file too large|disk I/O error", re.I)


class Database:
    """A SQLite file or a PostgreSQL server behind one small set of calls."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._reader = self.engine.execution_options(xenorec_reads=True)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a connection to read; it takes no lock that a writer would wait for."""
        with _explained(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open the one transaction that may write; an error leaves what was there before.

        Writers follow one another on both databases: what a transaction reads here (consent, caps,
        the state of a message) stays true until it has committed.
        """
        with _explained(), self.engine.begin() as connection:
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


def _refuse_newer(have: int, newest: int) -> None:
    if have > newest:
        raise BadInput(
            f"The ledger has version {have}; this code knows {newest}. Upgrade xenorec: "
            "an older one must not write into a newer ledger."
        )


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        return sa.create_engine(parsed, pool_pre_ping=True)
    except sa.exc.ArgumentError as error:
        raise BadInput(
            f"The ledger came as {_without_password(url)!r}; expected a file name or a URL such as "
            "postgresql+psycopg://user@host/db."
        ) from error
    except ModuleNotFoundError as error:
        raise MissingPackage(
            f"The ledger needs the package {error.name}: pip install 'xenorec[postgres]'."
        ) from error


def _without_password(url: str) -> str:
    return re.sub(r"//([^:/@]*):[^@]*@", r"//\1:***@", url)


def _sqlite(url: sa.URL) -> sa.Engine:
    in_memory = url.database in (None, "", ":memory:")
    pool: Any = StaticPool if in_memory else NullPool
    engine = sa.create_engine(
        url, poolclass=pool, connect_args={"timeout": WAIT, "check_same_thread": False}
    )
    journal = "WAL" if sqlite3.sqlite_version_info >= SAFE_WAL else "TRUNCATE"

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"pragma journal_mode = {journal}")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get("xenorec_reads", False)
        connection.exec_driver_sql("begin" if reads else "begin immediate")

    return engine


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        text = str(error.orig)
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
        raise
    except sa.exc.StatementError as error:
        if isinstance(error.orig, XenorecError):
            raise error.orig from error
        raise
