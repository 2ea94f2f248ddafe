"""What every shipped connector keeps to, on the sample that lies in its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

import xenorec as xr
from xenorec.config import content
from xenorec.errors import BadInput
from xenorec.schema import TABLES
from xenorec.sources.connector import Connector

NAMES = content.names("connectors")
REFERENCES = (
    ("orders", "customer_id", "customers"),
    ("orders", "store_id", "stores"),
    ("order_lines", "order_id", "orders"),
    ("order_lines", "product_id", "products"),
    ("identifiers", "customer_id", "customers"),
)
"""A column, and the table that knows its ids where the connector fills that table at all."""


@pytest.fixture(scope="module", params=NAMES)
def loaded(request: pytest.FixtureRequest) -> tuple[Connector, xr.Workspace]:
    crm = xr.open(":memory:")
    report = crm.load(request.param, sample=True)
    assert report.n_in > 0
    assert report.n_quarantined == 0, crm.quarantine()[["table_name", "line", "reasons"]]
    return Connector.load(request.param), crm


def test_it_is_called_as_its_folder(loaded: tuple[Connector, xr.Workspace]) -> None:
    connector, _ = loaded
    assert connector.name == connector.folder.name


def test_every_table_has_rows(loaded: tuple[Connector, xr.Workspace]) -> None:
    connector, crm = loaded
    in_warehouse = [name for name in connector.tables if TABLES[name].home == "warehouse"]
    assert [name for name in in_warehouse if crm.count(name) == 0] == []


def test_the_same_again_changes_nothing(loaded: tuple[Connector, xr.Workspace]) -> None:
    connector, crm = loaded
    assert crm.load(connector.name, sample=True).n_written == 0


def test_no_row_names_what_is_not_there(loaded: tuple[Connector, xr.Workspace]) -> None:
    connector, crm = loaded
    filled = set(connector.tables)
    with crm.engine.reading() as session:
        for table, column, home in REFERENCES:
            if not {table, home} <= filled:
                continue
            (row,) = session.rows(
                f"select count(*) from warehouse.{table} as t where t.{column} is not null and "
                f"not exists (select 1 from warehouse.{home} as h where h.{column} = t.{column})"
            )
            assert row[0] == 0, f"{table}.{column}"


def test_without_files_no_sample_is_loaded_in_their_place(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "connectors" / "corner"
    (folder / "sample").mkdir(parents=True)
    (folder / "connector.toml").write_text(
        'name = "corner"\n[inputs]\nsales = "select * from {file}"\n[tables.orders]\nsql = "x"\n'
    )
    with pytest.raises(BadInput, match="--path"):
        Connector.load("corner", tmp_path).data_folder()
