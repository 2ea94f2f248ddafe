"""Keys of a customer, spelt one way: what the publisher hashes and what the till looks up."""

from __future__ import annotations

import re

from xenorec.errors import BadInput

KINDS = ("phone", "email", "card")
LONGEST = 254


def normalise(kind: str, value: str) -> str:
    """Return a phone, e-mail or card in the one spelling that is compared.

    A phone becomes E.164 (``00`` in front is ``+``; blanks, dots, dashes and brackets go), an
    e-mail loses blanks around it and capitals, a card loses blanks and dashes. Raises BadInput
    for what cannot be one; a phone needs its country code, since a till cannot guess it.

    >>> normalise("phone", "0091 98000-00000")
    '+919800000000'
    """
    if kind not in KINDS:
        raise BadInput(f"A key came of kind {kind!r}; expected one of {', '.join(KINDS)}.")
    if not isinstance(value, str):
        raise BadInput(f"A {kind} came as a {type(value).__name__}; expected text.")
    if len(value) > LONGEST:
        raise BadInput(f"A {kind} came with {len(value)} letters; expected at most {LONGEST}.")
    return {"phone": _phone, "email": _email, "card": _card}[kind](value.strip())


def keyed_hash(kind: str, value: str, salt: str) -> str:
    """Return the hash under which a till finds a normalised key; the key itself is not stored."""
    from hashlib import blake2b  # at first use: slow to load

    text = f"{kind}:{value}".encode()
    return blake2b(text, key=salt.encode()[:64], digest_size=16).hexdigest()


def _phone(value: str) -> str:
    digits = re.sub(r"[\s().\-/]", "", value)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", digits):
        raise BadInput("A phone came that is not E.164; expected such as +919800000000.")
    return digits


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise BadInput("An e-mail came that has no name or domain; expected name@shop.example.")
    return value.lower()


def _card(value: str) -> str:
    card = re.sub(r"[\s\-]", "", value).upper()
    if not card or not card.isascii() or not card.isalnum() or len(card) > 64:
        raise BadInput("A card came that is not letters and digits, 1 to 64 of them.")
    return card
