"""A brand that cannot stand in a message is refused where it is read, all mistakes at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import xenorec as xr
from xenorec.config.brand import brand_of
from xenorec.config.new_project import new_project
from xenorec.config.project import read_project
from xenorec.email_headers import mailbox
from xenorec.errors import ConfigError

GOOD = {"name": "Shop", "url": "https://shop.example", "address": "1 St", "color": "#1f6f54"}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("name", "Shop\r\nBcc: x@evil.example", "control character"),
        ("name", "Shop\x00", "control character"),
        ("name", "Shop\u2028", "control character"),
        ("name", "  ", "is empty"),
        ("name", 5, "expected a text"),
        ("address", "1 St\nAnytown", "write one line"),
        ("url", "shop.example", "absolute address"),
        ("url", "javascript:alert(1)", "absolute address"),
        ("url", "https://u:p@shop.example", "absolute address"),
        ("color", "green", "a colour"),
        ("sender", "hello", "no e-mail address"),
        ("sender", "Shop <hello@shop.example>, x@evil.example", "no e-mail address"),
        ("sender", "Shop <=?utf-8?q?a?=@shop.example>", "no e-mail address"),
        ("sender", "Shop\r\n <a@b.example>", "control character"),
        ("nmae", "Shop", "Did you mean 'name'"),
    ],
)
def test_what_cannot_stand_in_a_message_is_refused(key: str, value: object, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        xr.open(":memory:", brand={**GOOD, key: value})  # type: ignore[dict-item]
    assert [problem.where for problem in caught.value.problems] == [key]
    assert told in str(caught.value)


def test_all_mistakes_of_a_file_are_told_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "xenorec.toml"
    file.write_text(
        '[brand]\nname = "S\\nBcc: x"\nurl = "shop"\ncolor = "red"\naddress = """\n1 St\n2 Av"""\n'
        '[[closures]]\nfrom = "soon"\nto = "2020-01-01"\n'
    )
    with pytest.raises(ConfigError) as caught:
        read_project(file)
    where = [problem.where for problem in caught.value.problems]
    assert where[:4] == ["brand.name", "brand.url", "brand.color", "brand.address"]
    assert caught.value.problems[0].line == 2
    assert len(where) > 4, "those of other sections too"


@pytest.mark.parametrize(
    ("name", "url", "address"),
    [
        ("Smith, Jones & Co.", "https://www.shop.example/de/", "hello@shop.example"),
        ('The "Corner" <Shop>', "https://shop.example:8080", "hello@shop.example"),
        ("Käse Größe", "https://käse.example", "hello@xn--kse-qla.example"),
        ("=?utf-8?q?X?=", "HTTPS://Shop.Example", "hello@shop.example"),
        ("متجر", "https://shop.example/?x=1", "hello@shop.example"),
    ],
)
def test_every_name_and_address_of_a_shop_makes_a_sender(name: str, url: str, address: str) -> None:
    brand = brand_of({**GOOD, "name": name, "url": url})
    found = mailbox(brand.sender)
    assert (found.name, found.address) == (name, address)
    assert brand.url.isascii()


@pytest.mark.parametrize("folder", ["My Shop (1)", "мой магазин", "shop_2", "a.b", "_", "O'Neil"])
def test_a_new_project_of_any_folder_can_be_read(tmp_path: Path, folder: str) -> None:
    new_project(tmp_path / folder)
    brand = read_project(tmp_path / folder / "xenorec.toml").brand
    assert mailbox(brand.sender).domain.endswith(".example")
