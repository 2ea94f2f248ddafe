from __future__ import annotations

import pytest

from xenorec.errors import BadInput
from xenorec.pos.identifier_hashes import keyed_hash, normalise


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("phone", "+91 98000 00000", "+919800000000"),
        ("phone", "0091-98000-00000", "+919800000000"),
        ("phone", " +1 (201) 555.0101 ", "+12015550101"),
        ("email", "  Omar@Shop.Example\n", "omar@shop.example"),
        ("phone", "+٩١٩٨٠٠٠٠٠٠٠٠", "+919800000000"),
        ("card", "4000-0001", "40000001"),
        ("card", "ab 12", "AB12"),
    ],
)
def test_spellings_of_one_key_become_one(kind: str, value: str, wanted: str) -> None:
    assert normalise(kind, value) == wanted
    assert normalise(kind, wanted) == wanted


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "98000 00000"),
        ("phone", "+0 123 456 789"),
        ("phone", "+12"),
        ("phone", "+9198000000001234"),
        ("phone", "call me"),
        ("email", "omar"),
        ("email", "omar@shop"),
        ("email", "o mar@shop.example"),
        ("email", "a@" + "." * 100_000),
        ("card", " - "),
        ("card", "40/1"),
        ("device", "1"),
    ],
)
def test_what_cannot_be_a_key_is_refused_without_repeating_it(kind: str, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        normalise(kind, value)
    assert kind == "device" or value not in str(caught.value)


def test_a_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(BadInput, match="expected text"):
        normalise("card", 40000001)  # type: ignore[arg-type]


def test_the_hash_depends_on_kind_value_and_salt() -> None:
    hashes = {
        keyed_hash("card", "1", "salt"),
        keyed_hash("card", "2", "salt"),
        keyed_hash("phone", "1", "salt"),
        keyed_hash("card", "1", "other salt"),
    }
    assert len(hashes) == 4
    assert keyed_hash("card", "1", "salt") in hashes
