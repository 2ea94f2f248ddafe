"""Opening the database: pragmas, immediate transactions, our errors, numbered migrations."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import NullPool, StaticPool

from xenorec.errors import BadInput, DiskFull, MissingPackage, WorkspaceBusy
from xenorec.ledger.tables import METADATA, VERSION

SAFE_WAL = (3, 51, 3)
CHUNK = 400
MIGRATIONS: tuple[tuple[int, str], ...] = ((1, "the first tables"),)
LOCK = 7_302_917
"""Number of the advisory lock under which PostgreSQL claims messages one worker at a time."""


class Database:
    """A SQLite file or a PostgreSQL server behind one small set of calls."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a connection to read."""
        with _explained(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open one transaction; an error leaves what was there before."""
        with _explained(), self.engine.begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the tables to this version; a ledger of a newer version is refused."""
        with self.writing() as connection:
            self._lock(connection)
            VERSION.create(connection, checkfirst=True)
            have = connection.scalar(sa.select(sa.func.max(VERSION.c.version))) or 0
            newest = MIGRATIONS[-1][0]
            if have > newest:
                raise BadInput(
                    f"The ledger has version {have}; this code knows {newest}. Upgrade xenorec: "
                    "an older one must not write into a newer ledger."
                )
            for number, name in MIGRATIONS:
                if number > have:
                    _MIGRATE[number](connection)
                    connection.execute(VERSION.insert(), {"version": number, "name": name})

    def insert_new(
        self, connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
    ) -> int:
        """Insert rows that are not there yet, by any unique key, and return how many were new."""
        count = sa.select(sa.func.count()).select_from(table)
        before = connection.scalar(count) or 0
        statement = self.insert(table).on_conflict_do_nothing()
        for start in range(0, len(rows), CHUNK):
            connection.execute(statement, [dict(row) for row in rows[start : start + CHUNK]])
        return int((connection.scalar(count) or 0) - before)

    def insert(self, table: sa.Table) -> Any:
        """Return an insert that knows ``on_conflict_do_nothing``."""
        if self.engine.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    def claim_lock(self, connection: sa.Connection) -> None:
        """Let one worker at a time pass the gates; SQLite's transactions do so already."""
        self._lock(connection)

    def _lock(self, connection: sa.Connection) -> None:
        if self.engine.dialect.name == "postgresql":
            connection.execute(sa.text("select pg_advisory_xact_lock(:n)"), {"n": LOCK})


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
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
        url, poolclass=pool, connect_args={"timeout": 30, "check_same_thread": False}
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
        connection.exec_driver_sql("begin immediate")

    return engine


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        text = str(error.orig)
        if re.search(r"disk is full|no space left|file too large|disk I/O error", text, re.I):
            raise DiskFull(
                f"The ledger has no room to write: {text}. Nothing of this step was written; make "
                "room and run the same command again."
            ) from error
        if "locked" in text:
            raise WorkspaceBusy(
                "Another process held the ledger for more than 30 s. Run the same command again."
            ) from error
        raise


def _first(connection: sa.Connection) -> None:
    METADATA.create_all(connection, checkfirst=True)


_MIGRATE = {1: _first}
