from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import xenorec as xr
from tests.conftest import orders
from xenorec.errors import BadInput, MissingFile, NaiveTimestamp, UnknownName

GOOD = ("o1", "c1", "2024-03-01T10:00:00+00:00", "12.50")


def table_of(crm: xr.Workspace, name: str, columns: str = "*") -> list[tuple[object, ...]]:
    with crm.engine.reading() as session:
        return session.rows(f"select {columns} from warehouse.{name} order by source, source_id")


def test_rows_in_equal_accepted_plus_quarantined(crm: xr.Workspace) -> None:
    frame = orders(GOOD, ("o2", "c1", "yesterday", "3"), (None, "c1", GOOD[2], "3"))
    report = crm.load({"orders": frame})
    (load,) = report.tables
    assert (load.n_in, load.n_accepted, load.n_quarantined) == (3, 1, 2)


def test_a_bad_row_is_kept_with_its_line_and_every_reason(crm: xr.Workspace) -> None:
    frame = orders(GOOD, ("o2", "c1", "yesterday", "much"))
    crm.load({"orders": frame.assign(currency=["EUR", "euro"])})
    row = crm.quarantine().iloc[0]
    assert row.line == 2
    assert [reason.split(":")[0] for reason in row.reasons] == [
        "ordered_at",
        "net_amount",
        "currency",
    ]
    assert '"order_id":"o2"' in row.raw


def test_loading_the_same_twice_changes_nothing(crm: xr.Workspace) -> None:
    frame = orders(GOOD, ("o2", "c1", "yesterday", "3"))
    crm.load({"orders": frame})
    before = (table_of(crm, "orders"), len(crm.quarantine()))
    report = crm.load({"orders": frame})
    assert (table_of(crm, "orders"), len(crm.quarantine())) == before
    assert report.n_written == 0


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_the_highest_version_wins_in_any_order_of_arrival(
    crm: xr.Workspace, order: list[int]
) -> None:
    editions = [orders((*GOOD[:3], amount)) for amount in ("1", "2", "3")]
    for place in order:
        crm.load({"orders": editions[place].assign(version=place + 1)})
    assert table_of(crm, "orders", "cast(net_amount as DOUBLE), version") == [(3.0, 3)]


def test_versions_in_one_batch_leave_the_highest(crm: xr.Workspace) -> None:
    frame = orders((*GOOD[:3], "5"), (*GOOD[:3], "7")).assign(version=[2, 1])
    crm.load({"orders": frame})
    assert table_of(crm, "orders", "cast(net_amount as DOUBLE)") == [(5.0,)]
    assert crm.quarantine().empty


def test_a_changed_row_without_a_version_is_the_next_version(crm: xr.Workspace) -> None:
    crm.load({"orders": orders(GOOD)})
    crm.load({"orders": orders((*GOOD[:3], "99"))})
    assert table_of(crm, "orders", "cast(net_amount as DOUBLE), version") == [(99.0, 2)]


def test_a_contradiction_in_one_batch_is_put_aside_not_lost(crm: xr.Workspace) -> None:
    frame = orders((*GOOD[:3], "5"), (*GOOD[:3], "7"))
    (load,) = crm.load({"orders": frame}).tables
    assert (load.n_in, load.n_accepted, load.n_quarantined) == (2, 1, 1)
    assert "same source_id" in crm.quarantine().reasons[0][0]


def test_the_same_row_twice_in_one_batch_counts_once(crm: xr.Workspace) -> None:
    (load,) = crm.load({"orders": orders(GOOD, GOOD)}).tables
    assert (load.n_in, load.n_accepted, load.n_quarantined) == (2, 2, 0)
    assert crm.count("orders") == 1


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table, pd.DataFrame])
def test_any_frame_with_an_arrow_stream_is_taken(crm: xr.Workspace, make: object) -> None:
    columns = {name: list(values) for name, values in orders(GOOD).items()}
    crm.load({"orders": make(columns)})  # type: ignore[operator]
    assert crm.count("orders") == 1


def test_numbers_become_text_ids(crm: xr.Workspace) -> None:
    frame = orders(GOOD).assign(order_id=[31198570044], customer_id=[900.0])
    crm.load({"orders": frame})
    assert table_of(crm, "orders", "order_id, customer_id") == [("31198570044", "900")]


def test_clock_times_without_a_zone_are_refused(crm: xr.Workspace) -> None:
    frame = orders(GOOD).assign(ordered_at=[pd.Timestamp("2024-03-01 10:00")])
    with pytest.raises(NaiveTimestamp, match=r"orders\.ordered_at .*time_zone="):
        crm.load({"orders": frame})


def test_the_stores_zone_places_a_clock_time(crm: xr.Workspace) -> None:
    stores = pd.DataFrame({"store_id": ["s"], "time_zone": ["Asia/Kolkata"]})
    frame = orders(GOOD).assign(ordered_at=[pd.Timestamp("2024-03-01 10:00")], store_id="s")
    crm.load({"orders": frame, "stores": stores})
    assert table_of(crm, "orders", "epoch(ordered_at)") == [(1709267400.0,)]


def test_a_clock_time_of_a_store_without_zone_goes_to_quarantine(crm: xr.Workspace) -> None:
    stores = pd.DataFrame({"store_id": ["s"], "time_zone": ["Asia/Kolkata"]})
    at = [pd.Timestamp("2024-03-01 10:00")] * 2
    frame = orders(GOOD, ("o2", *GOOD[1:])).assign(ordered_at=at, store_id=["s", "elsewhere"])
    crm.load({"orders": frame, "stores": stores})
    assert "no zone" in crm.quarantine().reasons[0][0]


def test_text_times_with_an_offset_keep_it_and_others_take_the_zone(crm: xr.Workspace) -> None:
    frame = orders(
        ("o1", "c", "2024-07-01 10:00:00+05:30", "1"), ("o2", "c", "2024-07-01 10:00", "1")
    )
    crm.load({"orders": frame}, time_zone="America/New_York")
    assert table_of(crm, "orders", "hour(ordered_at)") == [(4,), (14,)]


def test_a_missing_column_is_named_with_its_likely_spelling(crm: xr.Workspace) -> None:
    with pytest.raises(BadInput, match=r"ordered_at are needed.*'order_at'"):
        crm.load({"orders": orders(GOOD).rename(columns={"ordered_at": "order_at"})})


def test_an_unknown_table_is_answered_with_the_nearest(crm: xr.Workspace) -> None:
    with pytest.raises(UnknownName, match="'order_lines'"):
        crm.load({"orderlines": orders(GOOD)})


def test_columns_that_are_not_canonical_are_named(crm: xr.Workspace) -> None:
    (load,) = crm.load({"orders": orders(GOOD).assign(till_mood="good")}).tables
    assert load.ignored_columns == ("till_mood",)


def test_a_folder_of_csv_and_parquet_is_loaded_by_name(crm: xr.Workspace, tmp_path: object) -> None:
    folder = tmp_path / "export"  # type: ignore[operator]
    folder.mkdir()
    orders(GOOD, ("o2", "", "2024-03-02T10:00:00Z", "1.1")).to_csv(
        folder / "orders.csv", index=False
    )
    pd.DataFrame({"store_id": ["s"]}).to_parquet(folder / "stores.parquet")
    report = crm.load("files", path=folder)
    assert {load.table: load.n_new for load in report.tables} == {"stores": 1, "orders": 2}
    assert table_of(crm, "orders", "customer_id") == [("c1",), (None,)]


def test_a_folder_that_is_not_there_and_one_without_our_names(
    crm: xr.Workspace, tmp_path: object
) -> None:
    with pytest.raises(MissingFile, match="no folder"):
        crm.load("files", path=tmp_path / "nowhere")  # type: ignore[operator]
    (tmp_path / "exports").mkdir()  # type: ignore[operator]
    (tmp_path / "exports" / "sales.csv").write_text("a\n1\n")  # type: ignore[operator]
    with pytest.raises(BadInput, match=r"there is sales\.csv"):
        crm.load("files", path=tmp_path / "exports")  # type: ignore[operator]


def test_consents_go_to_the_ledger(crm: xr.Workspace) -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["c1"],
            "channel": ["email"],
            "purpose": ["marketing"],
            "status": ["granted"],
            "at": ["2024-01-01T00:00:00Z"],
        }
    )
    assert crm.load({"consents": frame}).n_written == 1
    assert crm.load({"consents": frame}).n_written == 0
    assert crm.ledger.snapshot("consents").num_rows == 1


def test_a_quoted_field_late_in_a_long_file_is_read(crm: xr.Workspace, tmp_path: object) -> None:
    rows = "".join(f"p{n},plain\n" for n in range(30_000))
    (tmp_path / "products.csv").write_text(  # type: ignore[operator]
        f'product_id,title\n{rows}last,"Tea, ""green"""\n'
    )
    (load,) = crm.load("files", path=tmp_path).tables
    assert (load.n_in, load.n_new, load.n_quarantined) == (30_001, 30_001, 0)
    assert ('Tea, "green"',) in table_of(crm, "products", "title")


def test_a_line_that_is_no_row_goes_to_quarantine(crm: xr.Workspace, tmp_path: object) -> None:
    text = "product_id,title\na,Tea\nb,Rice,and,more\nc,Oats\n,Nothing\n"
    (tmp_path / "products.csv").write_text(text)  # type: ignore[operator]
    (load,) = crm.load("files", path=tmp_path).tables
    assert (load.n_in, load.n_accepted, load.n_quarantined) == (4, 2, 2)
    kept = {row.line: (row.raw, row.reasons[0]) for row in crm.quarantine().itertuples()}
    assert kept[3][0] == "b,Rice,and,more"
    assert "cannot be read as a row" in kept[3][1]
    assert crm.load("files", path=tmp_path).n_quarantined == 2
    assert len(crm.quarantine()) == 2


def test_the_line_is_that_of_the_file(crm: xr.Workspace, tmp_path: object) -> None:
    (tmp_path / "stores.csv").write_text("store_id,lat\ns1,1\ns2,north\n")  # type: ignore[operator]
    crm.load("files", path=tmp_path)
    assert crm.quarantine().line.tolist() == [3]


def test_files_that_are_not_ours_are_named(crm: xr.Workspace, tmp_path: object) -> None:
    (tmp_path / "Stores.CSV").write_text("store_id\ns1\n")  # type: ignore[operator]
    (tmp_path / "notes.csv").write_text("x\n1\n")  # type: ignore[operator]
    report = crm.load("files", path=tmp_path)
    assert report.left_out == ("notes.csv",)
    assert "notes.csv" in str(report)
    assert crm.count("stores") == 1


def test_a_zone_that_is_none_is_answered_with_the_nearest(crm: xr.Workspace) -> None:
    with pytest.raises(BadInput, match="'Europe/Berlin'"):
        crm.load({"orders": orders(GOOD)}, time_zone="Berlin")


def test_a_bare_frame_needs_its_table(crm: xr.Workspace) -> None:
    with pytest.raises(BadInput, match=r"crm\.load\(\{'orders': frame\}\)"):
        crm.load(orders(GOOD))


def test_a_consent_that_cannot_be_read_is_warned_of(crm: xr.Workspace) -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["c1"],
            "channel": ["e-mail"],
            "purpose": ["marketing"],
            "status": ["withdrawn"],
            "at": ["2024-01-01T00:00:00Z"],
        }
    )
    with pytest.warns(xr.XenorecWarning, match="^consents-unread: 1 statements"):
        crm.load({"consents": frame})


def test_before_the_first_load_nothing_is_in_quarantine(crm: xr.Workspace) -> None:
    none = [xr.open(":memory:").quarantine(), crm.quarantine()]
    crm.load({"orders": orders(GOOD)})
    for frame in none:
        assert frame.empty
        pd.testing.assert_series_equal(frame.dtypes, crm.quarantine().dtypes)
