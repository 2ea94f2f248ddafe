"""A till's journal in the warehouse: each entry once, whatever became of the till's folder."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from tests.unit.tills.shops import (
    BLR,
    COLLECTED,
    NOON,
    SALE,
    altered,
    collect,
    forged,
    opened,
    served,
    sold,
)
from xenorec.errors import BadInput, MissingFile, XenorecWarning
from xenorec.pos import Customer
from xenorec.pos.journal import NAME


def sell(folder: Path, *order_ids: str, at: str = NOON, amount: str = "7.00") -> None:
    with opened(folder, at) as till:
        for order_id in order_ids:
            till.record_order(order_id, lines=[("tea", 2, amount)])


def journal_lines(crm: xr.Workspace) -> list[tuple[int, str]]:
    frame = crm.quarantine()
    rows = frame[frame["table_name"] == "journal"]
    return [(int(row.line), "; ".join(row.reasons)) for row in rows.itertuples()]


def ids(crm: xr.Workspace) -> list[str]:
    return [order_id.rpartition(":")[2] for order_id, _ in sold(crm)]


# -- one till, one id --------------------------------------------------------------------------


def test_a_renamed_folder_doubles_nothing(crm: xr.Workspace, tmp_path: Path) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, "1", "2")
    assert collect(crm, folder).n_written == 4
    folder.rename(tmp_path / "counter 7")
    assert collect(crm, tmp_path / "counter 7").n_written == 0
    shutil.copytree(tmp_path / "counter 7", tmp_path / "copy")
    assert collect(crm, tmp_path / "copy").n_written == 0
    assert ids(crm) == ["1", "2"]


def test_a_replaced_till_overwrites_nothing(crm: xr.Workspace, tmp_path: Path) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, "1", amount="7.00")
    collect(crm, folder)
    shutil.rmtree(folder)
    sell(served(crm, folder), "1", amount="9.00")
    collect(crm, folder)
    assert sorted(amount for _, amount in sold(crm)) == [Decimal(7), Decimal(9)]


def test_points_with_one_key_from_two_tills_are_both_kept(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        with opened(served(crm, tmp_path / name)) as till:
            till.add_points("acc", 5, key="sale 1")
        collect(crm, tmp_path / name)
        collect(crm, tmp_path / name)
    points = crm.ledger.snapshot("loyalty_ledger").column("points").to_pylist()
    assert points == [Decimal(5), Decimal(5)]


def test_two_statements_of_one_instant_are_both_kept(crm: xr.Workspace, tmp_path: Path) -> None:
    with opened(served(crm, tmp_path / "till")) as till:
        for key, status in (("a", "granted"), ("b", "withdrawn")):
            till.record_consent(Customer("c"), channel="email", status=status, key=key)
    collect(crm, tmp_path / "till")
    found = crm.ledger.snapshot("consents").column("status").to_pylist()
    assert sorted(found) == ["granted", "withdrawn"]


# -- a journal from before tills had ids -------------------------------------------------------


def made_old(folder: Path) -> None:
    altered(folder, "drop table meta")


def collected_as(crm: xr.Workspace, folder: Path, name: str) -> None:
    """Land a till's orders and points as it was done under the folder's name."""
    kept = sqlite3.connect(folder / NAME).execute("select at, body from entries").fetchall()
    bodies = [(at, json.loads(body)) for at, body in kept]
    orders = [
        {"order_id": b["order_id"], "store_id": BLR, "ordered_at": at, "currency": b["currency"],
         "net_amount": b["lines"][0][2], "channel": "pos"}
        for at, b in bodies if "lines" in b
    ]  # fmt: skip
    points = [
        {"entry_id": "points/k", "account_id": b["account_id"], "kind": b["kind"], "at": at,
         "points": b["points"], "idempotency_key": "points/k", "store_id": BLR}
        for at, b in bodies if "points" in b
    ]  # fmt: skip
    rows = {"orders": orders, "loyalty_ledger": points}
    frames = {table: pd.DataFrame(found) for table, found in rows.items() if found}
    crm.load(frames, name=f"till/{name}", now=COLLECTED)


def test_a_till_of_before_is_not_doubled_when_it_gets_its_id(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, "1", "2")
    with opened(folder) as till:
        till.add_points("acc", 5, key="k")
    made_old(folder)
    collected_as(crm, folder, "till")
    copy = shutil.copytree(folder, tmp_path / "copied before it was opened")
    for place in (folder, copy, folder):
        report = collect(crm, place)
        assert report.n_written == 0
        assert "till-known: 3 entries had been collected before, under till/till" in str(report)
        sell(folder, "1")
    sell(folder, "3")
    collect(crm, folder)
    assert ids(crm) == ["1", "2", "3"]
    assert crm.ledger.snapshot("loyalty_ledger").num_rows == 1


def test_the_sale_of_another_till_of_the_same_folder_name_is_not_taken_for_it(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, "1", amount="7.00")
    made_old(folder)
    other = served(crm, tmp_path / "elsewhere" / "till")
    sell(other, "1", amount="9.00")
    collected_as(crm, other, "till")
    collect(crm, folder)
    assert sorted(amount for _, amount in sold(crm)) == [Decimal(7), Decimal(9)]


# -- entries are numbered and never change -----------------------------------------------------


def test_a_missing_entry_is_told(crm: xr.Workspace, tmp_path: Path) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, *"123456")
    altered(folder, "delete from entries where seq in (2, 3, 6)")
    with pytest.warns(XenorecWarning, match=r"till-gap: 3 entries \(2 to 3, 6\) are missing"):
        report = collect(crm, folder)
    assert "till-gap" in str(report)
    assert ids(crm) == ["1", "4", "5"]


def test_a_journal_restored_from_an_old_copy_is_told_and_goes_on(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, "1")
    old = (folder / NAME).read_bytes()
    sell(folder, "2", "3")
    collect(crm, folder)
    (folder / NAME).write_bytes(old)
    with pytest.warns(XenorecWarning, match=r"till-restored: 2 entries \(2 to 3\)"):
        collect(crm, folder)
    sell(folder, "4")
    with (
        pytest.warns(XenorecWarning, match="till-restored"),
        pytest.warns(XenorecWarning, match=r"till-forked: 1 entry \(2\)"),
    ):
        collect(crm, folder)
    assert ids(crm) == ["1", "2", "3", "4"]


def test_an_entry_that_comes_again_with_other_content_is_not_taken(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, "1", "2")
    collect(crm, folder)
    body = {"order_id": "1", "ref": None, "currency": "INR", "lines": [["tea", "2", "900"]]}
    forged(folder, 1, json.dumps(body))
    for _ in range(2):
        with pytest.warns(XenorecWarning, match=r"till-changed: 1 entry \(1\)"):
            report = collect(crm, folder)
    assert report.n_quarantined == 1
    assert [amount for _, amount in sold(crm)] == [Decimal(7), Decimal(7)]
    assert [line for line, _ in journal_lines(crm)] == [1]


# -- one bad entry stops nobody else -----------------------------------------------------------


def order(**changes: str) -> str:
    """The body of an order as JSON, with some fields as they are written here."""
    fields = {
        "order_id": '"x"',
        "ref": "null",
        "currency": '"INR"',
        "lines": '[["tea", "1", "1"]]',
    }
    return "{" + ", ".join(f'"{name}": {v}' for name, v in {**fields, **changes}.items()) + "}"


POISON = [
    order(ref="123"),
    order(ref='["c"]'),
    order(ref='"\\ud800"'),
    order(lines='[["tea", "1", NaN]]'),
    order(lines='[["tea", "1", "NaN"]]'),
    order(lines='[["tea", 1.5, "1"]]'),
    order(lines='[["tea", "1", "' + "9" * 5000 + '"]]'),
    order(lines='[["tea", "1", ' + "9" * 5000 + "]]"),
    order(lines='[["tea", "1"]]'),
    order(lines='"tea"'),
    order(lines="[]"),
    order(lines="null"),
    order(order_id='["2"]'),
    order(order_id='"\\ud800"'),
    order(order_id='"' + "2" * 5000 + '"'),
    order(currency="5"),
    order(currency='"rupees"'),
    order(ordered_at='"yesterday"'),
    order(ordered_at="7"),
    '["not", "an", "object"]',
    "no JSON",
    "[" * 100_000,
    "",
]
CHANGES = [
    "body = replace(body, '7', '9')",
    "hash = 'x'",
    "kind = 'refund'",
    "body = x'ff00fe'",
    "body = cast(x'ff00fe' as text)",
    "at = 'noon'",
    "at = 7",
    "store_id = ''",
    "idempotency_key = ''",
    "idempotency_key = 'order/' || char(0) || '1'",
    "idempotency_key = x'ff'",
]


def test_an_entry_of_no_use_goes_to_quarantine_and_the_others_are_landed(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder, n = served(crm, tmp_path / "till"), len(POISON)
    sell(folder, *(str(i) for i in range(2 * n)))
    for place, body in enumerate(POISON):
        forged(folder, 2 * place + 1, body)
    reports = [collect(crm, folder) for _ in range(2)]
    assert ids(crm) == sorted(str(2 * i + 1) for i in range(n))
    assert [report.n_quarantined for report in reports] == [n, n]
    assert [line for line, _ in journal_lines(crm)] == [2 * i + 1 for i in range(n)]
    assert all(reason for _, reason in journal_lines(crm))


def test_an_entry_that_was_changed_goes_to_quarantine_and_the_others_are_landed(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder, n = served(crm, tmp_path / "till"), len(CHANGES)
    sell(folder, *(str(i) for i in range(2 * n)))
    altered(
        folder,
        *(f"update entries set {c} where seq = {2 * i + 1}" for i, c in enumerate(CHANGES)),
    )
    collect(crm, folder)
    assert ids(crm) == sorted(str(2 * i + 1) for i in range(n))
    assert [line for line, _ in journal_lines(crm)] == [2 * i + 1 for i in range(n)]


def test_a_statement_that_cannot_be_read_is_warned_of(crm: xr.Workspace, tmp_path: Path) -> None:
    with opened(served(crm, tmp_path / "till")) as till:
        till.record_consent(Customer("c"), channel="email", status="withdrawn", key="a")
    forged(tmp_path / "till", 1, '{"ref": 5, "channel": "email"}')
    with pytest.warns(XenorecWarning, match="consents-unread"):
        collect(crm, tmp_path / "till")


# -- a wrong clock -----------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["2099-01-01T00:00:00+00:00", "1970-01-01T00:00:07+00:00"])
def test_a_sale_of_a_wrong_clock_counts_at_its_first_collection(
    crm: xr.Workspace, tmp_path: Path, at: str
) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, "1", at=at)
    assert "till-clock: 1 entry (1)" in str(collect(crm, folder))
    assert collect(crm, folder, now=COLLECTED + timedelta(days=3)).n_written == 0
    assert sold(crm, "ordered_at") == [(COLLECTED,)]
    with crm.engine.reading() as session:
        kept = session.rows("select recorded_at, collected_at from warehouse.till_entries")
    assert kept == [(datetime.fromisoformat(at), COLLECTED)]


def test_a_clock_of_one_minute_ahead_is_no_wrong_clock(crm: xr.Workspace, tmp_path: Path) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, "1", at=(COLLECTED + timedelta(minutes=1)).isoformat())
    assert "till-clock" not in str(collect(crm, folder))
    assert sold(crm, "ordered_at") == [(COLLECTED,)]


def test_what_the_clock_said_is_kept_with_a_coupon_and_a_statement(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder = served(crm, tmp_path / "till")
    with opened(folder, "2099-01-01T00:00:00+00:00") as till:
        till.redeem("running", order_id="1")
        till.record_consent(Customer("c"), channel="email", status="withdrawn", key="a")
    collect(crm, folder)
    with crm.engine.reading() as session:
        ((at, props),) = session.rows('select "at", props from warehouse.events')
    assert at == COLLECTED
    assert json.loads(props)["claimed_at"].startswith("2099-01-01")
    (said,) = crm.ledger.snapshot("consents").to_pylist()
    assert said["at"] == COLLECTED
    assert "2099-01-01" in said["evidence"]


def test_a_grant_of_a_wrong_clock_does_not_beat_a_withdrawal_between(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder = served(crm, tmp_path / "till")
    with opened(folder) as till:
        till.record_consent(Customer("c"), channel="email", status="granted", key="before")
    with opened(folder, "2099-01-01T00:00:00+00:00") as till:
        till.record_consent(Customer("c"), channel="email", status="granted", key="wrong")
    collect(crm, folder)
    times = {row["source_id"]: row["at"] for row in crm.ledger.snapshot("consents").to_pylist()}
    assert set(times.values()) == {datetime.fromisoformat(NOON)}


def test_a_clock_that_went_back_is_told_and_its_times_stay(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, "1", at="2024-05-20T12:00:00+00:00")
    sell(folder, "2", at="2024-05-02T12:00:00+00:00")
    assert "till-clock-back" in str(collect(crm, folder))
    days = [at.astimezone(UTC).day for (at,) in sold(crm, "ordered_at")]
    assert days == [2, 20]


# -- whose journal it is -----------------------------------------------------------------------


def test_the_journal_of_another_shop_is_refused(crm: xr.Workspace, tmp_path: Path) -> None:
    other = xr.open(tmp_path / "other.duckdb")
    folder = served(other, tmp_path / "till")
    sell(folder, "1")
    with pytest.raises(BadInput, match="journal of another shop"):
        collect(crm, folder)
    assert crm.engine.exists() is False or sold(crm) == []


def test_the_journal_of_an_unknown_store_is_refused(crm: xr.Workspace, tmp_path: Path) -> None:
    crm.load({"stores": pd.DataFrame({"store_id": ["BLR"]})}, name="shop")
    folder = served(crm, tmp_path / "till", store_id="BRL")
    sell(folder, "1")
    with pytest.raises(BadInput, match=r"store 'BRL'.*Did you mean 'BLR'"):
        collect(crm, folder)


def test_a_journal_from_before_the_key_was_replaced_is_taken_when_it_is_named(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder = served(crm, tmp_path / "till")
    sell(folder, "1")
    (tmp_path / "shop.key").unlink()
    again = xr.open(tmp_path / "shop.duckdb")
    with pytest.raises(BadInput, match="another shop") as caught:
        collect(again, folder)
    told = str(caught.value).split("its id is ")[1].split(",")[0]
    assert collect(again, folder, options={"shop_id": told}).n_written == 2
    with pytest.raises(BadInput, match="Did you mean 'shop_id'"):
        collect(again, folder, options={"shop": told})


@pytest.mark.parametrize("make", [Path.mkdir, lambda folder: None])
def test_a_folder_without_a_journal_is_an_error(
    crm: xr.Workspace, tmp_path: Path, make: object
) -> None:
    folder = tmp_path / "no till"
    make(folder)  # type: ignore[operator]
    with pytest.raises(MissingFile, match="no till"):
        collect(crm, folder)


def test_a_till_that_was_published_and_never_opened_is_an_error(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    with pytest.raises(MissingFile, match="no till was opened there"):
        collect(crm, served(crm, tmp_path / "till"))


def test_an_opened_till_that_sold_nothing_is_none(crm: xr.Workspace, tmp_path: Path) -> None:
    folder = served(crm, tmp_path / "till")
    opened(folder).close()
    assert collect(crm, folder).tables == ()


def test_what_a_till_sells_is_landed_with_all_it_says(crm: xr.Workspace, tmp_path: Path) -> None:
    folder = served(crm, tmp_path / "till")
    with opened(folder) as till:
        till.record_order("1", customer=Customer("c"), lines=SALE)
    collect(crm, folder)
    columns = "customer_id, store_id, channel, ordered_at, net_amount, currency, status"
    wanted = ("c", BLR, "pos", datetime.fromisoformat(NOON), Decimal(7), "INR", "completed")
    assert sold(crm, columns) == [wanted]


def test_one_order_id_of_two_tills_and_a_web_shop_is_three_orders(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    web = {"order_id": ["0001"], "ordered_at": [NOON], "net_amount": ["5"], "currency": ["INR"]}
    lines = {"order_id": ["0001"], "line_no": [1], "product_id": ["rice"], "quantity": [1]}
    frames = {"orders": pd.DataFrame(web), "order_lines": pd.DataFrame({**lines, "net_amount": 5})}
    crm.load(frames, name="web", now=COLLECTED)
    for name, product in (("a", "tea"), ("b", "milk")):
        with opened(served(crm, tmp_path / name)) as till:
            till.record_order("0001", customer=Customer(name), lines=[(product, 1, "7")])
            till.redeem("running", order_id="0001", customer=Customer(name))
            till.add_points("acc", 5, key="k", order_id="0001")
        collect(crm, tmp_path / name)
    sql = """
      select o.customer_id, l.product_id, o.store_id from warehouse.orders as o
      join warehouse.order_lines as l on l.order_id = o.order_id order by all
    """
    coupons = """
      select e.customer_id, json_extract_string(e.props, '$.offer_id') from warehouse.events as e
      join warehouse.orders as o on o.order_id = json_extract_string(e.props, '$.order_id')
        and o.customer_id = e.customer_id order by all
    """
    with crm.engine.reading() as session:
        assert session.rows(sql) == [("a", "tea", BLR), ("b", "milk", BLR), (None, "rice", None)]
        assert session.rows(coupons) == [("a", "running"), ("b", "running")]
        order_ids = {row[0] for row in session.rows("select order_id from warehouse.orders")}
    points = crm.ledger.snapshot("loyalty_ledger").to_pylist()
    assert {row["order_id"] for row in points} == order_ids - {"0001"}
    assert {row["account_id"] for row in points} == {"acc"}
