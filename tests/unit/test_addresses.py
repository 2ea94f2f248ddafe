"""One spelling of an address: every way of writing it, and what is no address."""

from __future__ import annotations

import pytest

from xenorec.addresses import address_hash, spell
from xenorec.errors import BadInput


@pytest.mark.parametrize(
    ("value", "country"),
    [
        ("+44 (0)20 7946 0958", None),
        ("0044 20 7946 0958", None),
        ("0044-20-7946-0958", "DE"),
        ("011 44 20 7946 0958", "US"),
        ("020 7946 0958", "GB"),
        ("(020) 7946.0958", "GB"),
        ("\u202a+44 20 7946 0958\u202c", "IN"),
        ("442079460958", "GB"),
        ("442079460958.0", "GB"),
        ("+٤٤٢٠٧٩٤٦٠٩٥٨", None),
        ("tel:+442079460958", None),
    ],
)
def test_a_phone_has_one_spelling(value: str, country: str | None) -> None:
    assert spell("phone", value, country) == "+442079460958"


@pytest.mark.parametrize(
    "value",
    [
        " Ana@Bücher.Example ",
        "ana@xn--bcher-kva.example",
        "Ana <ANA@BÜCHER.EXAMPLE.>",
        '"Lima, Ana" <ana@bu\u0308cher.example>',
        "\u200fana@bücher.example\u200f",
        "mailto:ana@bücher.example",
    ],
)
def test_an_email_has_one_spelling(value: str) -> None:
    assert spell("email", value) == "ana@xn--bcher-kva.example"


@pytest.mark.parametrize("value", ["ab 12-34", "AB1234", "ab–1234", "\ufeffab1234"])
def test_a_card_has_one_spelling(value: str) -> None:
    assert spell("card", value) == "AB1234"


@pytest.mark.parametrize("value", ["", "N/A", "0", "0000", "9.19877E+11", "unknown", "nan", "-"])
@pytest.mark.parametrize("kind", ["email", "phone", "card"])
def test_what_is_no_address_is_refused_without_repeating_it(kind: str, value: str) -> None:
    with pytest.raises(BadInput) as refused:
        spell(kind, value, "IN")
    assert not value or value not in str(refused.value).split()


@pytest.mark.parametrize(
    ("kind", "value", "country"),
    [
        ("phone", "98765 43210", None),
        ("phone", "0000000000", "US"),
        ("phone", "+1 415 555 0100 ext 5", "US"),
        ("phone", "415-555-0100/0101", "US"),
        ("email", "a@x.example,b@x.example", None),
        ("email", "ana@shop", None),
        ("email", "ana@127.0.0.1", None),
        ("email", "ana@@shop.example", None),
        ("email", "an a@shop.example", None),
        ("email", "ana@shop.example\nBcc: b@x.example", None),
        ("fax", "123", None),
    ],
)
def test_what_could_be_read_two_ways_is_refused(kind: str, value: str, country: str | None) -> None:
    with pytest.raises(BadInput):
        spell(kind, value, country)


def test_one_address_has_one_hash() -> None:
    ways = {
        spell("phone", way, "IN") for way in ("098765 43210", "+919876543210", "00919876543210")
    }
    assert len({address_hash("phone", way) for way in ways}) == 1
