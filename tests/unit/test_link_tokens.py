from __future__ import annotations

from dataclasses import replace

import pytest

from xenorec.errors import BadInput
from xenorec.link_tokens import LinkToken, absolute, joined, message_key, read_link_token, sign

KEY = b"k" * 32
TOKEN = LinkToken("after-eid", "1", "1017", "email", "marketing", "click")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"customer_id": "BANK CHARGES/ä\n%2F?#"},
        {"customer_id": "x" * 500},
        {"channel": "sms", "action": "unsubscribe"},
        {"channel": "e", "purpose": "profiling"},
        {"channel": "my_own", "purpose": "service"},
    ],
)
def test_a_token_reads_back_as_what_was_signed(changes: dict[str, str]) -> None:
    token = replace(TOKEN, **changes)
    text = sign(token, KEY)
    assert read_link_token(text, KEY) == token
    assert sign(token, KEY) == text, "equal facts, equal tokens: a plan is a pure function"
    assert text.replace("-", "").replace("_", "").isalnum()


def test_a_token_hides_whose_it_is() -> None:
    text = sign(replace(TOKEN, customer_id="alice-smith"), KEY)
    assert "alice" not in text
    assert "alice" not in repr(replace(TOKEN, customer_id="alice-smith"))
    neighbours = {sign(replace(TOKEN, customer_id=str(n)), KEY)[:20] for n in range(100)}
    assert len(neighbours) == 100


def test_every_changed_character_is_noticed() -> None:
    text = sign(TOKEN, KEY)
    for at in range(len(text)):
        other = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        if at == len(text) - 1:
            continue  # its last bits may be padding
        with pytest.raises(BadInput, match="no token"):
            read_link_token(other, KEY)


@pytest.mark.parametrize(
    "text", ["", "1017", "after-eid/1/1017", "=" * 40, "A" * 40, "ä" * 40, "A" * 5000]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no token"):
        read_link_token(text, KEY)


def test_another_shops_key_reads_nothing_and_a_short_one_is_refused() -> None:
    with pytest.raises(BadInput, match="another key"):
        read_link_token(sign(TOKEN, KEY), b"o" * 32)
    with pytest.raises(BadInput, match="32 at least"):
        sign(TOKEN, b"short")


def test_a_link_to_click_is_not_one_to_unsubscribe() -> None:
    click, leave = sign(TOKEN, KEY), sign(replace(TOKEN, action="unsubscribe"), KEY)
    assert click != leave
    assert read_link_token(leave, KEY).action == "unsubscribe"
    with pytest.raises(BadInput, match="click or unsubscribe"):
        sign(replace(TOKEN, action="open"), KEY)


def test_a_message_is_named_by_its_key_or_by_a_token() -> None:
    key = "after-eid/1/1017"
    assert TOKEN.message_key == key
    assert message_key(sign(TOKEN, KEY), KEY) == key
    assert message_key(key, KEY) == key
    assert message_key("A" * 60, KEY) == "A" * 60
    assert message_key(sign(TOKEN, b"o" * 32), KEY) != key


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("https://shop.example/p/1?a=b#c", "https://shop.example/p/1?a=b#c"),
        ("  HTTP://Shop.Example/A b ", "http://shop.example/A%20b"),
        ("https://shop.example/käse", "https://shop.example/k%C3%A4se"),
        ("https://käse.example/", "https://xn--kse-qla.example/"),
        ("https://shop.example:8080/100%", "https://shop.example:8080/100%25"),
        ('https://shop.example/"><b>', "https://shop.example/%22%3E%3Cb%3E"),
        ("/p/1", None),
        ("//evil.example/p", None),
        ("shop.example/p", None),
        ("javascript:alert(1)", None),
        ("javascript://shop.example/%0aalert(1)", None),
        ("data:text/html,x", None),
        ("cid:a.png", None),
        ("https:/shop.example", None),
        ("https://", None),
        ("https://a b.example", None),
        ("https://shop.example@evil.example/", None),
        ("https:\\\\shop.example", None),
        ("https://shop.example/\r\nBcc: x", None),
        ("https://shop.example:99999/", None),
        ("https://[::1/", None),
        ("https://" + "a" * 200 + "!", None),
        ("https://" + "a-" * 100 + ".example", None),
        ("https://shop.example/" + "a" * 2_000, None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_an_address_is_absolute_and_written_for_a_link_or_none(
    given: object, written: str | None
) -> None:
    assert absolute(given) == written


def test_ids_below_an_address_are_percent_encoded() -> None:
    assert joined("https://a.example", "m", "BANK CHARGES") == "https://a.example/m/BANK%20CHARGES"
    assert joined("https://a.example/de/?x=1#y", "u", "../1") == "https://a.example/de/u/..%2F1"
