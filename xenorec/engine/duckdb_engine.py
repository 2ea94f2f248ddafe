"""The embedded engine: DuckDB on a file that is open for one operation at a time."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from xenorec.errors import BadInput, DiskFull, MissingFile, WorkspaceBusy, XenorecError

MEMORY = "1200MB"
NO_ROOM = re.compile(r"no space left|file too large|disk quota|out of disk|disk full", re.I)


class Session:
    """One open connection; lives inside ``DuckEngine.reading`` or ``DuckEngine.writing``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, sql: str, params: Mapping[str, Any] | None = None) -> None:
        """Run a statement and forget its result."""
        self._execute(sql, params)

    def arrow(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Run a query and return its rows as an Arrow table."""
        try:
            relation = self._connection.sql(sql, params=dict(params) if params else None)
            return relation.to_arrow_table()
        except duckdb.Error as error:
            raise explained(error, sql) from error

    def rows(self, sql: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query and return its rows as tuples."""
        found: list[tuple[Any, ...]] = self._execute(sql, params).fetchall()
        return found

    def value(self, sql: str, params: Mapping[str, Any] | None = None) -> Any:
        """Run a query and return the first value of its first row."""
        return self.rows(sql, params)[0][0]

    def columns(self, sql: str) -> dict[str, str]:
        """Return the names and DuckDB types of a query's columns."""
        return {row[0]: str(row[1]) for row in self.rows(f"describe {sql}")}

    def tables(self) -> list[str]:
        """Return the names of the tables that are there."""
        sql = "select table_name from duckdb_tables() where not temporary order by 1"
        return [row[0] for row in self.rows(sql)]

    def register(self, name: str, frame: Any) -> None:
        """Make an Arrow table, or anything that speaks Arrow's PyCapsule stream, readable."""
        self._connection.register(name, _as_arrow(name, frame))

    def _execute(self, sql: str, params: Mapping[str, Any] | None) -> Any:
        try:
            return self._connection.execute(sql, dict(params) if params else None)
        except duckdb.Error as error:
            raise explained(error, sql) from error


class DuckEngine:
    """A DuckDB file, or a database in memory when there is no path.

    The file is opened for one operation and closed after it, read-only where it is only read,
    so that a notebook left open blocks nobody. ``time_zone`` is the shop's: SQL asks for it as
    ``getvariable('shop_zone')``, which is empty where it is not known.
    """

    def __init__(self, path: Path | None, *, wait: float = 30.0) -> None:
        self.path = path
        self.wait = wait
        self.time_zone: str | None = None
        self._memory: duckdb.DuckDBPyConnection | None = None
        self._n_writes = 0

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open the file for reading."""
        connection = self._open(read_only=True)
        try:
            yield Session(connection)
        finally:
            self._close(connection)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open the file for one transaction; an error leaves what was there before."""
        connection = self._open(read_only=False)
        try:
            connection.execute("begin")
            yield Session(connection)
            connection.execute("commit")
            self._n_writes += 1
        except BaseException as error:
            _roll_back(connection)
            if isinstance(error, duckdb.Error):
                raise explained(error, "commit") from error
            raise
        finally:
            self._close(connection)

    def compact(self) -> None:
        """Write the database anew, so that no page of it holds what was deleted or changed."""
        if self.path is None or not self.path.exists():
            return
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
        fresh.unlink(missing_ok=True)
        connection = self._open(read_only=False)
        try:
            old = connection.execute("select current_database()").fetchall()[0][0]
            quoted = str(fresh).replace("'", "''")
            connection.execute(f"attach '{quoted}' as compacted")
            connection.execute(f'copy from database "{old}" to compacted')
            connection.execute("detach compacted")
            connection.execute("checkpoint")
            fresh.chmod(self.path.stat().st_mode & 0o777)
            fresh.replace(self.path)
            self._n_writes += 1
        except duckdb.Error as error:
            raise explained(error, "compact") from error
        finally:
            self._close(connection)
            fresh.unlink(missing_ok=True)

    def exists(self) -> bool:
        """Whether there is something to read."""
        return self._memory is not None if self.path is None else self.path.exists()

    def token(self) -> tuple[int, ...]:
        """Return a mark that changes whenever the database does."""
        if self.path is None or not self.path.exists():
            return (self._n_writes,)
        stat = self.path.stat()
        return (self._n_writes, stat.st_mtime_ns, stat.st_size)

    def _open(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        if self.path is None:
            self._memory = self._memory or _configure(duckdb.connect(":memory:"))
            return _set_time_zone(self._memory, self.time_zone)
        if read_only and not self.path.exists():
            raise MissingFile(
                f"There is no workspace at {self.path}. Load something first: crm.load(...)."
            )
        return _set_time_zone(_configure(self._patiently(read_only=read_only)), self.time_zone)

    def _patiently(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        started = time.monotonic()
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only)
            except duckdb.Error as error:
                waited = time.monotonic() - started
                if not _is_lock(error):
                    raise explained(error, f"open {self.path}") from error
                if waited >= self.wait:
                    raise WorkspaceBusy(
                        f"{self.path} is held by {_holder(error)}; waited {waited:.0f} s. "
                        f"Try again when it has ended, or open with a longer wait."
                    ) from error
                time.sleep(min(0.2, self.wait))

    def _close(self, connection: duckdb.DuckDBPyConnection) -> None:
        if connection is not self._memory:
            connection.close()


def query_frames(
    sql: str, frames: Mapping[str, pa.Table], params: Mapping[str, Any] | None = None
) -> pa.Table:
    """Run one query over Arrow tables in a database of its own that can reach nothing else.

    No file, network or setting can be touched: external access is off and the configuration
    is locked before the query is seen.
    """
    connection = _configure(duckdb.connect(":memory:"))
    try:
        connection.execute("set enable_external_access = false")
        connection.execute("set autoinstall_known_extensions = false")
        for name, frame in frames.items():
            connection.register(name, frame)
        connection.execute("set python_enable_replacements = false")
        connection.execute("set lock_configuration = true")
        return Session(connection).arrow(sql, params)
    finally:
        connection.close()


def explained(error: duckdb.Error, sql: str) -> XenorecError:
    """Return our error for one of DuckDB's; the whole SQL is in it."""
    text = str(error)
    if NO_ROOM.search(text):
        return DiskFull(
            f"The disk has no room: {text.splitlines()[0]}. Nothing was changed; make room and "
            "run the same command again."
        )
    return BadInput(f"The engine refused a query: {text}\n--- the query ---\n{sql}")


def _configure(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set memory_limit = '{MEMORY}'")
    return connection


def _set_time_zone(
    connection: duckdb.DuckDBPyConnection, time_zone: str | None
) -> duckdb.DuckDBPyConnection:
    zone = "null" if time_zone is None else "'" + time_zone.replace("'", "''") + "'"
    connection.execute(f"set variable shop_zone = cast({zone} as VARCHAR)")
    return connection


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("rollback")
    except duckdb.Error:
        return  # the transaction had ended already


def _is_lock(error: duckdb.Error) -> bool:
    text = str(error)
    return "lock" in text.lower() or "different configuration" in text


def _holder(error: duckdb.Error) -> str:
    found = re.search(r"held in (.*?) \(PID (\d+)\)", str(error))
    if not found:
        return "another process"
    own = " (this very process)" if int(found[2]) == os.getpid() else ""
    return f"process {found[2]} ({found[1]}){own}"


def _as_arrow(name: str, frame: Any) -> Any:
    if isinstance(frame, pa.Table):
        return frame
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.table(frame)
    raise BadInput(
        f"{name}: got a {type(frame).__name__}, expected a data frame that speaks Arrow's "
        "PyCapsule protocol (pandas, polars, DuckDB, pyarrow)."
    )
