from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.unit.pos.folders import CARD, EMAIL, PHONE, SALT, key, meta, publish, rows
from xenorec.errors import BadInput, MissingFile, XenorecError
from xenorec.pos import Till
from xenorec.pos.serving_store import NAME, content_hash, open_serving, write_serving


def altered(folder: Path, sql: str) -> Path:
    """Change the serving file of a folder behind the till's back."""
    connection = sqlite3.connect(folder / NAME)
    connection.execute(sql)
    connection.commit()
    connection.close()
    return folder


def test_the_counts_of_rows_are_returned_and_kept(tmp_path: Path) -> None:
    counts = write_serving(tmp_path, meta=meta(), rows=rows())  # type: ignore[arg-type]
    _, facts = open_serving(tmp_path / NAME)
    assert counts["keys"] == 3
    assert {name: int(facts[f"n_{name}"]) for name in counts} == counts


def test_no_phone_email_or_card_is_in_the_file(tmp_path: Path) -> None:
    data = (publish(tmp_path) / NAME).read_bytes()
    for value in (PHONE, PHONE[1:], EMAIL, CARD):
        assert value.encode() not in data
    assert SALT.encode() in data


@pytest.mark.parametrize("refs", [["a", "b"], ["b", "a"], ["a", "b", "a"], ["a", "a", "b", "b"]])
def test_a_key_that_two_customers_hold_identifies_nobody(tmp_path: Path, refs: list[str]) -> None:
    keys = [key("phone", PHONE, ref) for ref in refs]
    lone = [key("card", CARD, "a"), key("card", CARD, "a")]
    counts = write_serving(tmp_path, meta=meta(), rows={"keys": [*keys, *lone]})
    with Till.open(tmp_path) as till:
        assert till.identify(phone=PHONE) is None
        assert till.identify(card=CARD) == ("a",)
    assert counts["keys"] == 1


def test_the_same_rows_have_the_same_hash_in_any_order(tmp_path: Path) -> None:
    turned = {name: list(reversed(found)) for name, found in rows().items()}
    publish(tmp_path / "a")
    write_serving(tmp_path / "b", meta=meta(), rows=turned)  # type: ignore[arg-type]
    publish(tmp_path / "c", tea_title="Green tea")
    a, b, c = (open_serving(tmp_path / name / NAME)[0] for name in "abc")
    assert content_hash(a) == content_hash(b) != content_hash(c)


def test_nothing_but_the_file_is_left_in_the_folder(tmp_path: Path) -> None:
    publish(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_writer_that_fails_leaves_the_published_file_as_it_was(tmp_path: Path) -> None:
    before = (publish(tmp_path) / NAME).read_bytes()

    def broken() -> object:
        yield from rows()["offers"]
        raise RuntimeError("the query failed")

    with pytest.raises(RuntimeError):
        write_serving(tmp_path, meta=meta(), rows={"offers": broken()})  # type: ignore[dict-item]
    assert (tmp_path / NAME).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("name", ["store_id", "currency", "salt"])
def test_a_till_is_not_published_without_what_it_needs(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=name):
        publish(tmp_path, **{name: ""})
    assert not (tmp_path / NAME).exists()


def test_a_folder_without_a_serving_file_says_how_to_publish(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="xenorec till publish"):
        Till.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("not a database, though long enough to look like one\n" * 100)
    with pytest.raises(BadInput, match="Publish"):
        Till.open(tmp_path)


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = publish(tmp_path) / NAME
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInput, match="Publish"):
        Till.open(tmp_path).offers()


def test_a_database_that_is_not_a_tills_is_refused(tmp_path: Path) -> None:
    altered(tmp_path, "create table something (a)")
    with pytest.raises(BadInput, match="Publish"):
        Till.open(tmp_path)


@pytest.mark.parametrize("version", ["3", "0", "unheard of"])
def test_a_file_of_another_version_is_refused(tmp_path: Path, version: str) -> None:
    altered(publish(tmp_path), f"update meta set value = '{version}' where name = 'version'")
    with pytest.raises(BadInput, match=f"version {version}"):
        Till.open(tmp_path)


def test_a_folder_of_another_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'BLR-04', not 'BLR-05'"):
        Till.open(publish(tmp_path), store_id="BLR-05")


def test_check_finds_a_row_that_was_changed(tmp_path: Path) -> None:
    with Till.open(publish(tmp_path)) as till:
        till.check()
    altered(tmp_path, "update offers set price = '0.01' where product_id = 'tea'")
    with Till.open(tmp_path) as till, pytest.raises(BadInput, match="not as it was published"):
        till.check()


def test_odd_characters_in_the_path_do_not_matter(tmp_path: Path) -> None:
    with Till.open(publish(tmp_path / "till #4?a=b %20 é")) as till:
        assert till.offers()


def test_a_folder_that_cannot_hold_a_journal_is_refused(tmp_path: Path) -> None:
    (publish(tmp_path) / "journal.sqlite").mkdir()
    with pytest.raises(XenorecError, match="cannot be written"):
        Till.open(tmp_path)
