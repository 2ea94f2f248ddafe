from __future__ import annotations

from email import message_from_string
from email.header import decode_header, make_header
from email.policy import default
from email.utils import parseaddr

import pytest

from xenorec.email_headers import Mailbox, address_line, mailbox, unstructured
from xenorec.errors import BadInput

WORDS = [
    "Hello",
    "Größe und Käse",
    "=?utf-8?q?Ana=0d=0aBcc:_all@example.com?=",
    "Hi =?utf-8?b?QmNjOiB4?= there",
    "=?x",
    "سارة و 😀 " * 30,
    "a " * 60 + "b",
    "x" * 700,
    "two  blanks",
    'Hi, "Ana" <a@b.example> (c); d\\e',
    "?==?utf-8?q?=41?=",
]


@pytest.mark.parametrize("text", WORDS)
def test_free_text_reads_back_as_it_was_written(text: str) -> None:
    lines = f"Subject: {unstructured(text, name='Subject')}\r\n\r\n"
    raw = lines.split(": ", 1)[1].removesuffix("\r\n\r\n").replace("\r\n", "")
    assert str(make_header(decode_header(raw))) == text
    assert message_from_string(lines, policy=default)["Subject"] == text
    assert lines.isascii()
    assert list(message_from_string(lines)) == ["Subject"]


@pytest.mark.parametrize("text", WORDS)
def test_a_name_beside_an_address_reads_back_as_it_was_written(text: str) -> None:
    lines = f"From: {address_line(Mailbox(text.strip(), 'hello@shop.example'))}\r\n\r\n"
    found = message_from_string(lines, policy=default)
    assert [address.addr_spec for address in found["From"].addresses] == ["hello@shop.example"]
    name, address = parseaddr(str(message_from_string(lines)["From"]).replace("\r\n", ""))
    assert str(make_header(decode_header(name))) == text.strip()
    assert address == "hello@shop.example"
    assert list(found) == ["From"]
    assert max(map(len, lines.split("\r\n"))) <= 78 or len(text) > 60


@pytest.mark.parametrize("char", ["\r\n", "\n", "\r", "\x00", "\x1b", "\x85", "\u2028", "\ud800"])
def test_what_breaks_a_line_is_refused_in_every_header(char: str) -> None:
    for write in (
        lambda text: unstructured(text, name="Subject"),
        lambda text: address_line(Mailbox(text, "a@b.example")),
        mailbox,
    ):
        with pytest.raises(BadInput, match="control character"):
            write(f"Ana{char}Bcc: all@example.com")  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("ana@shop.example", "", "ana@shop.example"),
        ("Shop, Inc. <a@b.example>", "Shop, Inc.", "a@b.example"),
        ('"Shop \\"A\\"" <a@b.example>', 'Shop "A"', "a@b.example"),
        ("A <b> C <a@b.example>", "A <b> C", "a@b.example"),
        ("Käse <hallo@käse.example>", "Käse", "hallo@xn--kse-qla.example"),
        ("=?utf-8?q?X?= <a@b.example>", "=?utf-8?q?X?=", "a@b.example"),
    ],
)
def test_a_mailbox_is_read_without_decoding(text: str, name: str, address: str) -> None:
    assert mailbox(text) == Mailbox(name, address)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ana", "ana@", "@b.example", "a@b@c.example", "a b@c.example", "ä@b.example"),
        *("a@b.example, c@d.example", "a@b.example <c>", "a(x)@b.example", "a@-b..example"),
        *("a" * 400 + "@b.example", "a" + " " * 50_000 + "b", "<" * 50_000),
        *("=?utf-8?q?a?=@b.example", "<a@b.example> x", "a.@b.example", "a@[1.2.3.4]"),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no e-mail address"):
        mailbox(text)
