"""How a ledger's URL is read and its engine opened; no password of it is in any text."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import sqlalchemy as sa
from sqlalchemy.pool import NullPool, StaticPool

from xenorec.config.secrets import OPEN_PARAMETERS, split_login, without_secrets
from xenorec.errors import BadInput, MissingPackage

SAFE_WAL = (3, 51, 3)
WAIT = 30
"""Seconds that a writer waits for another one."""


def open_engine(url: str) -> sa.Engine:
    """Return the engine of a URL; parameters of statements never stand in an error's text.

    Raises BadInput for what is no URL, MissingPackage without the database's driver.
    """
    try:
        parsed = sa.make_url(_encoded(url))
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        hidden = {k: v for k, v in parsed.query.items() if k not in OPEN_PARAMETERS}
        return sa.create_engine(
            parsed.difference_update_query(tuple(hidden)),
            connect_args=hidden,
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except (sa.exc.ArgumentError, ValueError):
        raise BadInput(
            f"The ledger came as {without_secrets(url)!r}; expected a file name or a URL such as "
            "postgresql+psycopg://user@host/db. Signs of a password that a URL keeps for itself "
            "are written in percent: @ as %40, / as %2F, : as %3A."
        ) from None
    except ModuleNotFoundError as error:
        raise MissingPackage(
            f"The ledger needs the package {error.name}: pip install 'xenorec[postgres]'."
        ) from error


def secrets_of(url: str) -> tuple[str, ...]:
    """Return the passwords of a URL, as they were written and as they are meant."""
    _, found, rest = url.partition("://")
    login, _, query = split_login(rest) if found else ("", "", "")
    written = [login.partition(":")[2]]
    written += [v for k, v in parse_qsl(query.lstrip("?")) if k not in OPEN_PARAMETERS]
    return tuple({*written, *map(unquote, written)} - {""})


def _encoded(url: str) -> str:
    """Return the URL with a password's own ``@`` written in percent."""
    scheme, found, rest = url.partition("://")
    if not found:
        return url
    login, host, query = split_login(rest)
    shown = login.replace("@", quote("@")) + "@" if login else ""
    return f"{scheme}://{shown}{host}{query.replace('@', quote('@'))}"


def _sqlite(url: sa.URL) -> sa.Engine:
    in_memory = url.database in (None, "", ":memory:")
    pool: Any = StaticPool if in_memory else NullPool
    engine = sa.create_engine(
        url,
        poolclass=pool,
        connect_args={"timeout": WAIT, "check_same_thread": False},
        hide_parameters=True,
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
