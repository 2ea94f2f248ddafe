"""A ledger on SQLite and on one real PostgreSQL server, a fresh database for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.ledger.postgres import postgres_url
from xenorec.ledger import Ledger

_names = count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Give a call that makes an empty database and returns its URL; started when first used."""
    with postgres_url(tmp_path_factory.mktemp("pg")) as url:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")

        def fresh() -> str:
            name = f"ledger{next(_names)}"
            with engine.connect() as connection:
                connection.execute(sa.text(f"create database {name}"))
            return url.replace("+psycopg", "").rpartition("/")[0] + f"/{name}"

        yield fresh
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    else:
        url = request.getfixturevalue("server")()
    made = Ledger(url)
    made.create()
    yield made
    made._database.engine.dispose()
