"""Instants are read whole or put aside with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import xenorec as xr
from tests.conftest import orders

KOLKATA = "Asia/Kolkata"
NOW = datetime(2024, 6, 1, tzinfo=UTC)


def landed(crm: xr.Workspace, at: object, **told: object) -> datetime | None:
    """Return the instant that landed for one order; None where it was put aside."""
    frame = pd.DataFrame({"order_id": ["o"], "customer_id": ["c"], "currency": ["INR"]})
    crm.load({"orders": frame.assign(ordered_at=[at])}, **{"time_zone": KOLKATA} | told)  # type: ignore[arg-type]
    with crm.engine.reading() as session:
        rows = session.rows("select epoch_us(ordered_at) from warehouse.orders")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=rows[0][0]) if rows else None


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-01 10:00:00", "04:30"),
        ("2024-03-01 10:00:00 UTC", "10:00"),
        ("2024-03-01T10:00:00Z", "10:00"),
        ("2024-03-01T10:00:00.250 GMT", "10:00"),
        ("2024-03-01 10:00 PM", "16:30"),
        ("2024-03-01 12:10 am", "18:40"),
        ("2024-03-01 12:10 p.m.", "06:40"),
        ("2024-03-01 10:00 PM UTC", "22:00"),
        ("2024-03-01 10:00:00 GMT+5:30", "04:30"),
        ("2024-03-01 10:00:00 UTC-0330", "13:30"),
        ("2024-03-01 10:00:00 +0530", "04:30"),
        ("2024-03-01T10:00:00+05", "05:00"),
        ("2024-03-01T10:00:00[Asia/Kolkata]", "04:30"),
        ("2024-03-01T10:00:00+01:00[Europe/Berlin]", "09:00"),
        ("2024-03-01T10:00:00Z[Europe/Berlin]", "10:00"),
    ],
)
def test_a_word_behind_an_instant_is_understood(crm: xr.Workspace, text: str, utc: str) -> None:
    at = landed(crm, text)
    assert at is not None
    assert at.strftime("%H:%M") == utc


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01 10:00:00 IST",
        "2024-03-01 10:00:00 CST",
        "2024-03-01 10:00:00 EST",
        "2024-03-01 10:00:00 America/New_York extra",
        "2024-03-01 10:00:00 o'clock",
        "2024-03-01 13:00 PM",
        "2024-03-01T10:00:00[IST]",
        "2024-03-01T10:00:00[Asia/Kolkatta]",
        "2024-03-01T10:00:00+02:00[Asia/Kolkata]",
        "2024-03-01 10:00:00+24:00",
        "2024-03-01 (BC)",
        "2024-02-30 10:00",
        "1709267400",
        "infinity",
        "-infinity",
        "epoch",
        "0024-03-01",
        "2924-03-01T10:00:00Z",
        "1970-01-01",
        "2024-06-02T00:00:01Z",
    ],
)
def test_what_is_not_understood_for_sure_is_put_aside(crm: xr.Workspace, text: str) -> None:
    assert landed(crm, text, now=NOW) is None
    (reason,) = crm.quarantine().reasons[0]
    assert reason.startswith("ordered_at: ")


def test_the_reason_names_the_word_that_is_no_zone(crm: xr.Workspace) -> None:
    landed(crm, "2024-03-01 10:00:00 IST")
    assert "IST is no zone that is known for sure" in crm.quarantine().reasons[0][0]


def test_numbers_are_called_numbers(crm: xr.Workspace) -> None:
    landed(crm, 1709267400)
    assert "no instant but a number" in crm.quarantine().reasons[0][0]


def test_an_hour_ahead_of_the_loads_clock_is_no_wrong_clock(crm: xr.Workspace) -> None:
    assert landed(crm, "2024-06-01T01:00:00Z", now=NOW) is not None


AT = datetime(2024, 3, 1, 10, tzinfo=UTC)
WEST = timezone(timedelta(hours=-7))
SERIES = pd.Series([pd.Timestamp(AT)])


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"t": SERIES.astype("datetime64[ns, UTC]")}),
        pd.DataFrame({"t": SERIES.astype("datetime64[us, UTC]")}),
        pd.DataFrame({"t": SERIES.astype("datetime64[s, UTC]")}),
        pd.DataFrame({"t": SERIES.astype(f"datetime64[ns, {KOLKATA}]")}),
        pd.DataFrame(
            {"t": pd.Series([AT.astimezone(timezone(timedelta(hours=-7)))], dtype=object)}
        ),
        pl.DataFrame({"t": [AT]}, schema={"t": pl.Datetime("ns", "UTC")}),
        pl.DataFrame({"t": [AT]}, schema={"t": pl.Datetime("ms", "Europe/Berlin")}),
        pa.table({"t": pa.array([AT], pa.timestamp("ns", "+05:30"))}),
        pa.table({"t": pa.array([AT], pa.timestamp("s", "America/New_York"))}),
    ],
)
def test_an_aware_column_of_any_unit_zone_and_frame_is_read(
    crm: xr.Workspace, frame: object
) -> None:
    table = pa.table(frame).rename_columns(["ordered_at"])
    for name, value in (("order_id", "o"), ("customer_id", "c"), ("currency", "INR")):
        table = table.append_column(name, pa.array([value]))
    crm.load({"orders": table})
    with crm.engine.reading() as session:
        assert session.rows("select epoch(ordered_at) from warehouse.orders") == [(AT.timestamp(),)]


@pytest.mark.parametrize("unit", ["ns", "us", "ms", "s"])
def test_a_clock_column_of_any_unit_is_placed(crm: xr.Workspace, unit: str) -> None:
    frame = orders(("o", "c", "", "1")).drop(columns="ordered_at")
    at = pd.Series([pd.Timestamp("2024-03-01 10:00")]).astype(f"datetime64[{unit}]")
    crm.load({"orders": frame.assign(ordered_at=at)}, time_zone=KOLKATA)
    with crm.engine.reading() as session:
        (row,) = session.rows("select epoch(ordered_at) from warehouse.orders")
    assert row[0] == datetime(2024, 3, 1, 4, 30, tzinfo=UTC).timestamp()


def test_an_instant_of_no_end_is_put_aside(crm: xr.Workspace) -> None:
    select = "select 'o' as order_id, 'c' as customer_id, 'INR' as currency, "
    import duckdb

    frame = duckdb.sql(f"{select} 'infinity'::TIMESTAMPTZ as ordered_at").to_arrow_table()
    crm.load({"orders": frame})
    assert crm.count("orders") == 0
    assert crm.quarantine().reasons[0][0].startswith("ordered_at: ")


@pytest.mark.parametrize(
    ("clock", "utc"),
    [("2024-03-10 02:30", "2024-03-10T07:30"), ("2024-11-03 01:30", "2024-11-03T06:30")],
)
def test_a_clock_time_that_is_not_or_is_twice_is_read_as_documented(
    crm: xr.Workspace, clock: str, utc: str
) -> None:
    at = landed(crm, clock, time_zone="America/New_York")
    assert at is not None
    assert at.isoformat()[:16] == utc


def stores(zone: str = KOLKATA) -> pd.DataFrame:
    return pd.DataFrame({"store_id": ["s"], "time_zone": [zone]})


def test_offset_then_store_then_source_then_shop(crm: xr.Workspace) -> None:
    rows = [("2024-03-01 10:00+01:00", "s"), ("2024-03-01 10:00", "s"), ("2024-03-01 10:00", None)]
    frame = pd.DataFrame(rows, columns=["ordered_at", "store_id"])
    frame = frame.assign(order_id=["1", "2", "3"], customer_id="c", currency="INR")
    crm.load({"stores": stores()})
    crm.load({"orders": frame}, time_zone="America/New_York")
    with crm.engine.reading() as session:
        found = session.rows("select hour(ordered_at) from warehouse.orders order by order_id")
    assert [hour for (hour,) in found] == [9, 4, 15]


def test_a_zone_that_several_lands_share_is_no_store_zone(crm: xr.Workspace) -> None:
    crm.load({"stores": stores("IST")})
    assert "IANA" in crm.quarantine().reasons[0][0]


def offers(crm: xr.Workspace, valid_to: object) -> tuple[object, ...]:
    frame = pd.DataFrame({"offer_id": ["x"], "valid_to": [valid_to]})
    crm.load({"stores": stores(), "offers": frame})
    sql = "select strftime(valid_to, '%m-%d %H:%M'), valid_until_on from warehouse.offers"
    with crm.engine.reading() as session:
        (row,) = session.rows(sql)
    return row


@pytest.mark.parametrize(
    "day",
    [
        "2024-06-30",
        "2024-06-30 00:00:00",
        date(2024, 6, 30),
        pd.Timestamp("2024-06-30"),
    ],
)
def test_an_offer_until_a_day_holds_all_of_that_day(crm: xr.Workspace, day: object) -> None:
    until, last_day = offers(crm, day)
    assert until == "06-30 18:30"  # midnight at its end in Kolkata
    assert last_day == date(2024, 6, 30)


@pytest.mark.parametrize(
    ("instant", "until"),
    [
        ("2024-06-30 18:00", "06-30 12:30"),
        ("2024-06-30T00:00:00Z", "06-30 00:00"),
        ("infinity", None),
    ],
)
def test_an_offer_until_an_instant_ends_then(
    crm: xr.Workspace, instant: str, until: str | None
) -> None:
    assert offers(crm, instant) == (until, None)


def test_a_warehouse_of_before_gets_the_new_column(crm: xr.Workspace) -> None:
    crm.load({"stores": stores()})
    with crm.engine.writing() as session:
        session.run("alter table warehouse.offers drop column valid_until_on")
    assert offers(crm, "2024-06-30")[1] == date(2024, 6, 30)


@pytest.mark.parametrize("status", ["withdrawn", "granted"])
def test_a_withdrawal_is_not_lost_for_the_words_behind_its_time(
    crm: xr.Workspace, status: str
) -> None:
    said = {"customer_id": ["c"], "channel": ["email"], "purpose": ["marketing"]}
    frame = pd.DataFrame({**said, "status": [status], "at": ["2024-03-01 10:00 IST"]})
    if status == "granted":
        with pytest.warns(xr.XenorecWarning, match="^consents-unread"):
            crm.load({"consents": frame}, time_zone=KOLKATA)
        assert crm.ledger.snapshot("consents").num_rows == 0
    else:
        crm.load({"consents": frame}, time_zone=KOLKATA)
        (row,) = crm.ledger.snapshot("consents").to_pylist()
        assert row["at"] == datetime(2024, 3, 1, 4, 30, tzinfo=UTC)
