"""Whose a journal is: a till's id, drawn once, and the shop, store and currency it was made for."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.unit.pos.folders import MEERA, PHONE, SALT, STORE, meta, publish, rows
from xenorec.errors import BadInput, XenorecWarning
from xenorec.pos import Customer, Till
from xenorec.pos.identifier_hashes import key_id, keyed_hash, lookup_key, write_secret
from xenorec.pos.journal import NAME, Journal, JournalOwner
from xenorec.pos.serving_store import write_serving

SHOP = {"shop_id": "ours"}
SALE = [("tea", 1, "3.50")]


def facts(folder: Path) -> dict[str, str]:
    return dict(sqlite3.connect(folder / NAME).execute("select name, value from meta"))


def test_a_tills_id_is_drawn_at_its_first_opening_and_stays(tmp_path: Path) -> None:
    publish(tmp_path / "a", **SHOP)
    publish(tmp_path / "b", **SHOP)
    with Till.open(tmp_path / "a") as till:
        first = till.till_id
    (tmp_path / "a").rename(tmp_path / "c")
    publish(tmp_path / "c", tea_title="Green tea", **SHOP)
    with Till.open(tmp_path / "c") as till, Till.open(tmp_path / "b") as other:
        assert till.till_id == first
        assert other.till_id != first
    told = facts(tmp_path / "c")
    assert (told["shop_id"], told["store_id"], told["currency"]) == ("ours", STORE, "INR")
    assert told["till_id"] == first
    assert told["created_at"].endswith("+00:00")


def open_once(folder: Path) -> None:
    Till.open(folder).close()


def test_processes_that_open_a_till_at_once_agree_on_its_id(tmp_path: Path) -> None:
    publish(tmp_path, **SHOP)
    context = multiprocessing.get_context("fork")
    work = [context.Process(target=open_once, args=(tmp_path,)) for _ in range(6)]
    for process in work:
        process.start()
    for process in work:
        process.join()
        assert process.exitcode == 0
    with Till.open(tmp_path) as till:
        assert till.till_id == facts(tmp_path)["till_id"]


def test_a_journal_of_before_gets_an_id_that_every_copy_of_it_gets(tmp_path: Path) -> None:
    found = set()
    with Till.open(publish(tmp_path)) as till:
        till.record_order("1", lines=SALE)
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("drop table meta")
    connection.commit()
    old = (tmp_path / NAME).read_bytes()
    for _ in range(2):
        (tmp_path / NAME).write_bytes(old)
        with Till.open(tmp_path) as till:
            found.add(till.till_id)
            till.record_order("2", lines=SALE)
        assert facts(tmp_path)["n_before"] == "1"
    assert len(found) == 1


@pytest.mark.parametrize(
    ("changes", "match"),
    [({"shop_id": "theirs"}, "another shop"), ({**SHOP, "store_id": "DEL"}, "'BLR-04', not 'DEL'")],
)
def test_a_strangers_journal_is_refused(
    tmp_path: Path, changes: dict[str, str], match: str
) -> None:
    with Till.open(publish(tmp_path, **SHOP)) as till:
        till.record_order("1", lines=SALE)
        before = (tmp_path / NAME).read_bytes()
        publish(tmp_path, tea_title="Theirs", **changes)
        with pytest.warns(XenorecWarning, match="till-keeps-old"):
            assert till.offers()[1].title == "Tea"
    with pytest.raises(BadInput, match=match):
        Till.open(tmp_path)
    assert (tmp_path / NAME).read_bytes() == before


def test_a_journal_in_which_nothing_was_recorded_goes_to_another_store(tmp_path: Path) -> None:
    Till.open(publish(tmp_path, **SHOP)).close()
    with Till.open(publish(tmp_path, shop_id="ours", store_id="DEL")) as till:
        till.record_order("1", lines=SALE)
    assert facts(tmp_path)["store_id"] == "DEL"


def test_a_shop_that_changed_its_key_keeps_its_journals(tmp_path: Path) -> None:
    with Till.open(publish(tmp_path, **SHOP)) as till:
        till.record_order("1", lines=SALE)
        publish(tmp_path, shop_id="ours now", former_shops="older ours", tea_title="Green tea")
        assert till.offers()[1].title == "Green tea"
    with Till.open(tmp_path) as till:
        assert till.record_order("1", lines=SALE) is False
    assert facts(tmp_path)["shop_id"] == "ours now"


def test_the_journal_is_its_owners_alone_also_one_of_before(tmp_path: Path) -> None:
    Journal(tmp_path, JournalOwner("ours", STORE, "INR")).close()
    (tmp_path / NAME).chmod(0o644)
    Journal(tmp_path).close()
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def keyed(folder: Path, secret: bytes) -> None:
    """Publish with keys that are hashed under a secret beside the file."""
    key = lookup_key(secret, SALT)
    hashed = {**rows(), "keys": [(keyed_hash("phone", PHONE, key), MEERA)]}
    write_secret(folder, secret)
    write_serving(folder, meta=meta(key_id=key_id(secret)), rows=hashed)  # type: ignore[arg-type]


def test_a_till_that_is_open_while_the_secret_is_replaced_knows_all(tmp_path: Path) -> None:
    keyed(tmp_path, b"one" * 11)
    with Till.open(tmp_path) as till:
        assert till.identify(phone=PHONE) == Customer(MEERA)
        write_secret(tmp_path, b"two" * 11)
        with Till.open(tmp_path) as late:
            assert late.identify(phone=PHONE) == Customer(MEERA)
        keyed(tmp_path, b"two" * 11)
        assert till.identify(phone=PHONE) == Customer(MEERA)


def test_no_secret_is_in_the_serving_file(tmp_path: Path) -> None:
    keyed(tmp_path, b"one" * 11)
    data = (tmp_path / "serving.sqlite").read_bytes()
    assert b"one" * 11 not in data
    assert (b"one" * 11).hex().encode() not in data
    assert lookup_key(b"one" * 11, SALT) not in data


def test_a_file_of_the_version_before_is_still_read(tmp_path: Path) -> None:
    publish(tmp_path)
    connection = sqlite3.connect(tmp_path / "serving.sqlite")
    connection.execute("update meta set value = '1' where name = 'version'")
    connection.commit()
    with Till.open(tmp_path) as till:
        assert till.identify(phone=PHONE) == Customer(MEERA)
