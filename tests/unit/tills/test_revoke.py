"""Every till that was published forgets who is erased, wherever its folder lies today."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

import xenorec as xr
from tests.unit.tills.shops import BLR, COLLECTED, SALE, TYO, collect, opened, served, sold
from xenorec.pos import Customer, Till
from xenorec.pos.identifier_hashes import keyed_hash
from xenorec.pos.revocations import NAME
from xenorec.pos.serving_store import write_serving
from xenorec.report.audit_report import TILLS
from xenorec.tills import RevokedTill, revoke_everywhere
from xenorec.tills.till_folders import TillFolder, remember_folder, shop_id, till_folders

AT = datetime(2024, 6, 1, tzinfo=UTC)


def till_of(crm: xr.Workspace, folder: Path, store_id: str = BLR) -> Path:
    """A till of which the workspace knows, with one customer."""
    keys = [(keyed_hash("card", "4001", "a salt"), "meera")]
    meta = {"shop_id": shop_id(crm.project), "store_id": store_id, "currency": "INR"}
    write_serving(folder, meta={**meta, "salt": "a salt"}, rows={"keys": keys})
    remember_folder(crm, TillFolder(folder, store_id, shop_id(crm.project)), at=AT)
    return folder


def knows(till: Till) -> bool:
    return till.identify(card="4001") is not None


def test_every_open_till_forgets_at_its_next_call(crm: xr.Workspace, tmp_path: Path) -> None:
    folders = [till_of(crm, tmp_path / name, name) for name in (BLR, TYO)]
    with opened(folders[0]) as here, opened(folders[1]) as there:
        assert knows(here)
        assert knows(there)
        done = revoke_everywhere(crm, ["meera", "an account of hers"])
        assert not knows(here)
        assert not knows(there)
    assert [(till.store_id, till.is_done) for till in done] == [(BLR, True), (TYO, True)]


def test_a_folder_that_is_not_there_is_told_and_stops_no_other(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    gone, there = (till_of(crm, tmp_path / name, name) for name in (BLR, TYO))
    shutil.rmtree(gone)
    lost, done = revoke_everywhere(crm, ["meera"])
    assert not lost.is_done
    assert "not reached: There is no till" in str(lost)
    assert done == RevokedTill(there, TYO)


def test_a_folder_that_was_moved_is_reached_where_it_was_collected(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    folder = till_of(crm, tmp_path / "till")
    with opened(folder) as till:
        till.record_order("1", lines=SALE)
    collect(crm, folder)
    moved = folder.rename(tmp_path / "moved")
    collect(crm, moved)
    assert revoke_everywhere(crm, ["meera"]) == [RevokedTill(moved, BLR)]
    with opened(moved) as till:
        assert not knows(till)


def test_folders_are_known_to_another_process(crm: xr.Workspace, tmp_path: Path) -> None:
    till_of(crm, tmp_path / "till")
    again = xr.open(tmp_path / "shop.duckdb")
    assert [till.folder for till in till_folders(again)] == [tmp_path / "till"]
    assert all(till.is_done for till in revoke_everywhere(again, ["meera"]))


def test_a_sale_to_one_who_was_revoked_meanwhile_is_kept(crm: xr.Workspace, tmp_path: Path) -> None:
    folder = till_of(crm, tmp_path / "till")
    with opened(folder) as till:
        who = till.identify(card="4001")
        revoke_everywhere(crm, ["meera"])
        assert till.record_order("1", customer=who, lines=SALE)
        assert till.record_order("1", customer=who, lines=SALE) is False
        assert who == Customer("meera")


@pytest.mark.parametrize("name", [NAME, "serving.sqlite"])
def test_a_list_that_cannot_be_written_is_told(
    crm: xr.Workspace, tmp_path: Path, name: str
) -> None:
    folder = till_of(crm, tmp_path / "till")
    (folder / name).unlink(missing_ok=True)
    (folder / name).mkdir()
    (told,) = revoke_everywhere(crm, ["meera"])
    assert not told.is_done


def test_the_audit_tells_of_a_sale_that_was_collected_and_not_landed(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    with opened(served(crm, tmp_path / "till")) as till:
        till.record_order("1", lines=SALE)
    collect(crm, tmp_path / "till", now=COLLECTED)

    def n_rows() -> int:
        with crm.engine.reading() as session:
            return len(session.rows(TILLS))

    assert n_rows() == 0
    with crm.engine.writing() as session:
        session.run("delete from warehouse.orders")
    assert n_rows() == 1
    audit = crm.audit().set_index("check")["n_rows"]
    assert audit["till_sales_are_landed"] == 1
    collect(crm, tmp_path / "till")
    assert n_rows() == 0


def test_an_erasure_reaches_the_open_till_and_what_it_sells_then_has_no_name(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    crm.load({"customers": pd.DataFrame({"customer_id": ["meera"]})}, name="shop", now=COLLECTED)
    folder = till_of(crm, tmp_path / "till")
    with opened(folder) as till:
        who = till.identify(card="4001")
        receipt = crm.erase("meera")
        assert not knows(till)
        till.record_order("1", customer=who, lines=SALE)
    assert "till of store BLR: revoked" in str(receipt)
    collect(crm, folder)
    assert sold(crm, "customer_id, net_amount") == [(None, 7)]
