"""The zone of a shop, and the local days that hang on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from tests.conftest import orders
from xenorec.config.new_project import new_project
from xenorec.config.project import read_project
from xenorec.errors import ConfigError

EVENING = ("o1", "c", "2024-03-02T04:00:00Z", "5")  # 1 March, 20:00 in Los Angeles
MORNING = ("o2", "c", "2024-03-02T17:00:00Z", "5")  # 2 March, 09:00 in Los Angeles
NIGHT = ("o3", "c", "2024-03-03T07:00:00Z", "5")  # 2 March, 23:00 in Los Angeles
LA = "America/Los_Angeles"


def toml(folder: Path, zone: str) -> None:
    text = f'[workspace]\npath = "shop.duckdb"\ntime_zone = "{zone}"\n'
    (folder / "xenorec.toml").write_text(text, "utf-8")


def n_days(crm: xr.Workspace) -> int:
    columns = ["n_order_days", "gap_days_mean"]
    (row,) = crm.profiles("2024-04-01").to_arrow(columns).to_pylist()
    return int(row["n_order_days"])


def test_a_day_is_the_shops(tmp_path: Path) -> None:
    toml(tmp_path, LA)
    crm = xr.open(tmp_path)
    crm.load({"orders": orders(EVENING, MORNING, NIGHT)})
    assert n_days(crm) == 2
    toml(tmp_path, "UTC")
    assert n_days(xr.open(tmp_path)) == 2  # the 2nd and the 3rd


@pytest.mark.parametrize("rows", [(EVENING, MORNING), (MORNING, NIGHT)])
def test_a_customers_zone_goes_before_the_shops_and_a_stores_before_both(
    tmp_path: Path, rows: tuple[tuple[str, str, str, str], ...]
) -> None:
    toml(tmp_path, "UTC")
    crm = xr.open(tmp_path)
    crm.load({"orders": orders(*rows)})
    in_utc = n_days(crm)
    crm.load({"customers": pd.DataFrame({"customer_id": ["c"], "time_zone": [LA]})})
    in_la = n_days(crm)
    assert in_utc + in_la == 3
    frame = orders(*rows).assign(store_id="s")
    crm.load({"stores": pd.DataFrame({"store_id": ["s"], "time_zone": ["UTC"]}), "orders": frame})
    assert n_days(crm) == in_utc


def test_the_zone_of_the_first_load_is_the_shops_for_every_later_process(tmp_path: Path) -> None:
    file = tmp_path / "shop.duckdb"
    crm = xr.open(file)
    crm.load({"orders": orders(EVENING, MORNING)}, time_zone=LA)
    assert n_days(crm) == 2
    assert n_days(xr.open(file)) == 2
    crm.load({"orders": orders(EVENING, MORNING)}, time_zone="Asia/Tokyo")
    assert xr.open(file).engine.time_zone == LA


def test_the_zone_of_one_load_is_not_that_of_later_calls(tmp_path: Path) -> None:
    toml(tmp_path, LA)
    crm = xr.open(tmp_path)
    told = crm.project
    naive = ("o1", "c", "2024-03-01 10:00", "5")
    crm.load({"orders": orders(naive)}, time_zone="Asia/Tokyo")
    crm.load({"orders": orders(("o2", *naive[1:]))})
    assert crm.project is told
    assert crm.time_zone == LA
    with crm.engine.reading() as session:
        hours = session.rows("select hour(ordered_at) from warehouse.orders order by order_id")
    assert hours == [(1,), (18,)]


def test_a_load_leaves_what_the_project_says(crm: xr.Workspace) -> None:
    told = crm.project
    crm.load({"orders": orders(EVENING, MORNING)}, time_zone=LA)
    crm.load({"orders": orders(EVENING, MORNING)}, time_zone="Asia/Tokyo")
    assert crm.project is told
    assert (crm.project.time_zone, crm.time_zone) == (None, LA)


def test_an_export_in_utc_is_no_shop_in_utc(crm: xr.Workspace) -> None:
    crm.load({"orders": orders(("o1", "c", "2024-03-01 10:00", "5"))}, time_zone="UTC")
    assert crm.count("orders") == 1
    assert crm.time_zone is None


def test_stores_that_share_a_zone_tell_the_shops(crm: xr.Workspace) -> None:
    stores = pd.DataFrame({"store_id": ["s", "t"], "time_zone": [LA, LA]})
    crm.load({"orders": orders(EVENING, MORNING), "stores": stores})
    assert n_days(crm) == 2
    assert crm.time_zone == LA
    crm.load({"stores": stores.assign(time_zone=[LA, "Asia/Tokyo"])})
    assert crm.time_zone is None


def test_a_second_load_places_clock_times_like_the_first(crm: xr.Workspace) -> None:
    stores = pd.DataFrame({"store_id": ["s"], "time_zone": [LA]})
    rows = orders(("o1", "c", "2024-03-01 10:00", "5"), ("o2", "c", "2024-03-01 10:00", "5"))
    rows["store_id"] = ["s", "elsewhere"]
    for _ in range(2):
        report = crm.load({"stores": stores, "orders": rows})
        assert report.n_quarantined == 1


def test_the_default_as_of_is_moved_by_no_wild_row(crm: xr.Workspace) -> None:
    crm.load({"orders": orders(EVENING, MORNING)})
    with crm.engine.writing() as session:
        for at in ("2924-03-01", "infinity", "0024-03-01"):
            session.run(
                "insert into warehouse.orders by name select * replace ("
                f"'{at}' as order_id, '{at}' as source_id, cast('{at}' as TIMESTAMPTZ) as "
                "ordered_at) from warehouse.orders limit 1"
            )
    assert crm.profiles().as_of == datetime(2024, 3, 2, 17, tzinfo=UTC)


def test_the_default_as_of_never_passes_the_present(crm: xr.Workspace) -> None:
    before = datetime.now(UTC)
    soon = (before + timedelta(hours=5)).isoformat()
    crm.load({"orders": orders(EVENING, ("o2", "c", soon, "5"))})
    assert before <= crm.profiles().as_of <= datetime.now(UTC)


def test_a_new_project_has_the_zone_it_was_given_and_no_other(tmp_path: Path) -> None:
    new_project(tmp_path / "told", time_zone="Asia/Kolkata")
    assert read_project(tmp_path / "told" / "xenorec.toml").time_zone == "Asia/Kolkata"
    new_project(tmp_path / "open", proposed="Europe/Berlin")
    assert read_project(tmp_path / "open" / "xenorec.toml").time_zone is None
    assert '# time_zone = "Europe/Berlin"' in (tmp_path / "open" / "xenorec.toml").read_text(
        "utf-8"
    )


def test_a_zone_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    toml(tmp_path, "Berlin")
    with pytest.raises(ConfigError, match="Europe/Berlin"):
        xr.open(tmp_path)
