"""An erasure reaches every place and every spelling, and loads go on after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from tests.unit.identity.shops import consent, sale, source
from xenorec.addresses import address_hash
from xenorec.channels import Envelope
from xenorec.channels.file_channel import FileChannel
from xenorec.errors import UnknownName

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
ANA, BO = "ana.lima@x.example", "bo@x.example"


def ids(crm: xr.Workspace) -> list[str]:
    return sorted(crm.profiles(NOW).to_pandas(["customer_id"])["customer_id"])


def shop(crm: xr.Workspace) -> None:
    frames = source(customer="1", first_name="Ana", last_name="Lima", email=f" {ANA.upper()}")
    crm.load({**frames, "consents": consent("1", "granted")}, name="web")
    crm.load(source(customer="2", first_name="Bo", email=BO, order="2"), name="web")


def test_a_load_after_an_erasure_goes_on_and_the_person_stays_out(crm: xr.Workspace) -> None:
    shop(crm)
    crm.erase("1")
    for _ in range(2):
        shop(crm)
        crm.link()
        assert ids(crm) == ["2"]
    assert crm.count("orders") == 2


def test_a_newer_version_of_the_row_brings_nobody_back(crm: xr.Workspace) -> None:
    shop(crm)
    crm.erase("1")
    frames = source(customer="1", first_name="Ana", email=ANA)
    crm.load({name: frame.assign(version=2**62) for name, frame in frames.items()}, name="web")
    assert ids(crm) == ["2"]


def test_nothing_that_names_the_person_is_left_in_any_file(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    shop(crm)
    broken = source(customer="1", first_name="Lima", birth_month="13", order=None)["customers"]
    crm.load({"customers": broken.assign(last_name=ANA)}, name="web")
    receipt = crm.erase("1")
    assert receipt.is_complete
    left = [
        path.name
        for path in tmp_path.rglob("*")
        if path.is_file() and any(t in path.read_bytes().lower() for t in (b"ana.lima", b"lima"))
    ]
    assert left == []


def test_an_erasure_of_one_account_takes_the_whole_person(crm: xr.Workspace) -> None:
    crm.load(source(customer="1", first_name="Ana", email=ANA), name="web")
    crm.load(source(customer="7", first_name="Ana", email=ANA), name="till")
    crm.link()
    assert set(crm.erase("till:7").accounts) == {"1", "till:7"}
    assert ids(crm) == []
    assert crm.ledger.suppressed([address_hash("email", ANA)], "whatsapp", NOW + DECADE)


DECADE = timedelta(days=3650)


def test_whoever_comes_back_from_another_source_stays_out(crm: xr.Workspace) -> None:
    shop(crm)
    crm.erase("1", now=NOW)
    report = crm.load(source(customer="9", email=f"Ana <{ANA}>", order="9"), name="till")
    assert "kept-out: 1 accounts" in str(report)
    assert ids(crm) == ["2"]


def test_an_erasure_may_come_before_the_customer(crm: xr.Workspace) -> None:
    crm.load(source(customer="2", first_name="Bo", email=BO, order="2"), name="web")
    with pytest.raises(UnknownName, match="nobody was erased"):
        crm.erase("1")
    crm.erase("1", ahead=True)
    shop(crm)
    assert ids(crm) == ["2"]


def test_a_customer_known_from_orders_only_is_erased(crm: xr.Workspace) -> None:
    crm.load(sale("1", "1"), name="web")
    crm.load(sale("2", "2"), name="web")
    crm.erase("1")
    crm.load(sale("1", "1"), name="web")
    crm.load(sale("1", "3"), name="web")
    assert ids(crm) == ["2"]
    with crm.engine.reading() as session:
        who = session.rows("select order_id, customer_id from warehouse.orders order by 1")
    assert who == [("1", None), ("2", "2"), ("3", None)]


def test_events_lose_who_and_what(crm: xr.Workspace) -> None:
    shop(crm)
    at, props = "2024-03-01T11:00:00Z", '{"email": "x"}'
    event = {"event_id": "e", "customer_id": "1", "name": "page_viewed", "at": at, "props": props}
    crm.load({"events": pd.DataFrame([event])}, name="web")
    crm.erase("1")
    crm.load({"events": pd.DataFrame([event])}, name="web")
    with crm.engine.reading() as session:
        assert session.rows("select customer_id, props from warehouse.events") == [(None, None)]


def test_written_messages_are_deleted_and_those_of_others_stay(tmp_path: Path) -> None:
    from xenorec.channels.file_channel import erase_messages

    channel = FileChannel(tmp_path)
    for key in ("c/1/a", "c/1/b"):
        channel.send(Envelope(key, "sms", "+4915112345678", None, "hello", None, {}))
    assert erase_messages(tmp_path, ["c/1/a"]) == 1
    assert channel.lookup("c/1/a") is None
    assert channel.lookup("c/1/b") is not None
    assert (tmp_path / "messages.jsonl").read_text("utf-8").count("\n") == 1


def test_the_receipt_names_places_and_no_person(crm: xr.Workspace) -> None:
    shop(crm)
    told = str(crm.erase("1"))
    assert "warehouse: " in told
    assert "addresses suppressed for good" in told
    assert "ana" not in told.lower().replace("warehouse", "")


def test_a_person_is_erased_by_an_address_in_any_spelling(crm: xr.Workspace) -> None:
    shop(crm)
    receipt = crm.erase(f"Ana <{ANA.title()}>")
    assert receipt.accounts == ("1",)
    assert ANA not in str(receipt)
    assert ids(crm) == ["2"]


def test_an_address_that_nobody_has_yet_is_kept_out_by_its_hash(crm: xr.Workspace) -> None:
    assert crm.erase(ANA, now=NOW).accounts == ()
    shop(crm)
    assert ids(crm) == ["2"]
    assert ANA not in str(crm.ledger.snapshot("audit_log").to_pylist())
