"""An open till knows at its next call who was erased."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.unit.pos.folders import CARD, EMAIL, MEERA, OMAR, PHONE, publish
from xenorec.errors import MissingFile, XenorecWarning
from xenorec.pos import Customer, Till
from xenorec.pos.revocations import NAME, revoke


def ids(offers: list[object]) -> list[str]:
    return [offer.product_id for offer in offers]  # type: ignore[attr-defined]


def test_an_open_till_knows_at_its_next_call_who_was_revoked(tmp_path: Path) -> None:
    with Till.open(publish(tmp_path)) as till:
        who = till.identify(phone=PHONE)
        assert ids(till.offers(who)) == ["tea", "rice", "milk"]
        assert revoke(tmp_path, [MEERA]) == 1
        assert till.identify(phone=PHONE) is None
        assert ids(till.offers(who)) == ids(till.offers()) == ["milk", "tea", "bread"]
        assert till.identify(email=EMAIL) == Customer(OMAR)
        assert revoke(tmp_path, [MEERA, OMAR]) == 1
        assert till.identify(card=CARD) is None
        assert till.record_order("1", customer=who, lines=[("tea", 1, "1")])


def test_a_list_that_is_replaced_while_it_is_open_is_read(tmp_path: Path) -> None:
    publish(tmp_path)
    revoke(tmp_path, [OMAR])
    revoke(publish(tmp_path / "central"), [MEERA])
    with Till.open(tmp_path) as till:
        assert till.identify(phone=PHONE) == Customer(MEERA)
        (tmp_path / "central" / NAME).replace(tmp_path / NAME)
        assert till.identify(phone=PHONE) is None


def test_who_is_revoked_stays_so_when_the_till_is_published_again(tmp_path: Path) -> None:
    with Till.open(publish(tmp_path)) as till:
        revoke(tmp_path, [MEERA])
        publish(tmp_path, tea_title="Green tea")
        assert till.identify(phone=PHONE) is None
    with Till.open(tmp_path) as till:
        assert till.identify(phone=PHONE) is None


def test_the_list_holds_no_reference_and_is_its_owners_alone(tmp_path: Path) -> None:
    revoke(publish(tmp_path), [MEERA])
    assert MEERA.encode() not in (tmp_path / NAME).read_bytes()
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_a_till_whose_list_cannot_be_read_knows_nobody_and_says_so(tmp_path: Path) -> None:
    (publish(tmp_path) / NAME).write_text("not a database, though it is long enough\n" * 100)
    with Till.open(tmp_path) as till:
        with pytest.warns(XenorecWarning, match="till-revocations-unread"):
            assert till.identify(phone=PHONE) is None
        assert ids(till.offers(Customer(MEERA))) == ["milk", "tea", "bread"]


def test_an_empty_list_revokes_nobody(tmp_path: Path) -> None:
    publish(tmp_path)
    revoke(tmp_path, [])
    (tmp_path / "other").mkdir()
    with Till.open(tmp_path) as till:
        assert till.identify(phone=PHONE) == Customer(MEERA)
    (tmp_path / NAME).write_bytes(b"")
    with Till.open(tmp_path) as till:
        assert till.identify(phone=PHONE) == Customer(MEERA)


def test_a_folder_without_a_till_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(MissingFile, match="no till"):
            revoke(folder, [MEERA])
    assert list(tmp_path.iterdir()) == []


def test_erasures_of_several_processes_are_all_kept(tmp_path: Path) -> None:
    publish(tmp_path)
    context = multiprocessing.get_context("fork")
    work = [context.Process(target=revoke, args=(tmp_path, [f"c{n}"])) for n in range(6)]
    for process in work:
        process.start()
    for process in work:
        process.join()
    kept = sqlite3.connect(tmp_path / NAME).execute("select count(*) from revoked").fetchone()
    assert kept == (6,)
