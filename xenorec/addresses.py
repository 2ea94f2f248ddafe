"""One spelling of an address: e-mail, phone and card, for links, hashes, consents and tills.

Everything that compares addresses asks ``spell``: linking, suppressions, consents, erasure, the
till. Standard library only at import; ``phonenumbers`` is loaded when a phone is not plainly E.164
already, ``idna`` when a mail domain is not ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256

from xenorec.errors import BadInput, nearest

KINDS = ("email", "phone", "card")
"""Kinds of identifiers that have one spelling; other kinds are compared as they are."""
LONGEST = 254
"""Characters of the longest e-mail address (RFC 5321)."""

_MARKS = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Marks that are not seen: directions, joiners, soft hyphens, byte order marks."""
_PLAIN_E164 = re.compile(r"\+[1-9][1-9]{3}[0-9]{3,11}")
"""A phone that no rule of any country changes: no zero where a trunk prefix could stand."""
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_WHOLE_FLOAT = re.compile(r"([0-9]+)\.0+")
_NAMED = re.compile(r"[^<>]*<([^<>]+)>")
_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NO_CARD = frozenset({"NA", "NAN", "NIL", "NONE", "NULL", "UNKNOWN", "NOCARD", "ANONYMOUS"})


def spell(kind: str, value: object, country: str | None = None) -> str:
    """Return an address in the one spelling that is compared, stored and hashed.

    ``email``: lower case in NFC, without display name, domain in ASCII (IDNA 2008, UTS 46).
    ``phone``: E.164; one without country code is read as dialled in ``country`` (ISO 3166, two
    letters). ``card``: capital letters and digits. Raises BadInput for what is no address, such as
    ``N/A``, ``0`` or ``9.19877E+11``; its text does not repeat the value.

    >>> spell("phone", "0091 98000-00000"), spell("phone", "(0)98000 00000", "IN")
    ('+919800000000', '+919800000000')
    >>> spell("email", "Ana <Ana@Bücher.Example>")
    'ana@xn--bcher-kva.example'
    """
    if kind not in _SPELLERS:
        raise BadInput(
            f"An address came of kind {kind!r}.{nearest(kind, KINDS)} Expected one of "
            f"{', '.join(KINDS)}."
        )
    if not isinstance(value, str):
        raise BadInput(f"A {kind} came as a {type(value).__name__}; expected text.")
    if len(value) > LONGEST * 2:
        raise BadInput(f"A {kind} came with {len(value)} characters; no {kind} is so long.")
    return _SPELLERS[kind](_MARKS.sub("", value).strip(), country)


def address_hash(kind: str, spelled: str) -> str:
    """Return the hash under which suppressions and decisions know an address.

    ``spelled`` comes from ``spell``; the hash is SHA-256 over kind and address, hexadecimal.
    """
    return sha256(f"{kind}:{spelled}".encode()).hexdigest()


def masked(kind: str, value: str | None) -> str | None:
    """Return an address as it may be shown on a screen.

    >>> masked("email", "meera@shop.example")
    'm•••@shop.example'
    >>> masked("phone", "+919800000000")
    '+91•••00'
    """
    if value is None:
        return None
    if kind == "email":
        name, _, domain = value.partition("@")
        return f"{name[:1]}•••@{domain}"
    return f"{value[:3]}•••{value[-2:]}" if len(value) > 6 else "•••"


def _email(value: str, country: str | None) -> str:
    text = unicodedata.normalize("NFC", value)
    named = _NAMED.fullmatch(text)
    text = (named[1] if named else text).strip().removeprefix("mailto:").strip()
    local, at, domain = text.rpartition("@")
    spelled = f"{unicodedata.normalize('NFC', local.lower())}@{_domain(domain.strip())}"
    is_one = bool(at) and _LOCAL.fullmatch(local) is not None and ".." not in local
    if not is_one or local.startswith(".") or local.endswith(".") or len(spelled) > LONGEST:
        raise BadInput("An e-mail came that is no address; expected one such as name@shop.example.")
    return spelled


def _domain(value: str) -> str:
    domain = value.lower().rstrip(".")
    if not domain.isascii():
        domain = _ascii_domain(domain)
    labels = domain.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(_LABEL.fullmatch(x) for x in labels):
        raise BadInput("An e-mail came whose domain is none; expected such as name@shop.example.")
    return domain


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    import idna  # at first use: few domains are not ASCII

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii").lower()
    except idna.IDNAError as error:
        raise BadInput(
            "An e-mail came whose domain cannot be written in ASCII (IDNA 2008); expected such as "
            "name@shop.example."
        ) from error


def _phone(value: str, country: str | None) -> str:
    text = re.sub(r"[\s.\-/‐–—]", "", _ascii_digits(value).removeprefix("tel:"))
    if text.startswith("00") and country is None:
        text = "+" + text[2:]
    if _PLAIN_E164.fullmatch(text):
        return text
    if not re.fullmatch(r"\+?[0-9()]{3,20}", text):
        raise _no_phone()
    return _dialled(text, country)


@lru_cache(maxsize=65536)
def _dialled(text: str, country: str | None) -> str:
    """Return what a phone reads as when it is dialled in a country."""
    if country is None and not text.startswith("+"):
        raise BadInput(
            "A phone came without a country code, and no country is known for it; give it as "
            "+919800000000, or say the country of the customer, the store or the shop."
        )
    import phonenumbers  # at first use: its tables take longer to load than the rest

    region = country.upper() if country else None
    text = "+" + text[2:] if text.startswith("00") and region not in _OTHER_EXIT else text
    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise _no_phone() from error
    spelled = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    is_local = not text.startswith("+")
    digits = str(found.national_number)
    if is_local and (not phonenumbers.is_possible_number(found) or len(set(digits)) == 1):
        raise _no_phone()
    if not _E164.fullmatch(spelled) or found.extension:
        raise _no_phone()
    return spelled


_OTHER_EXIT = frozenset({"AU", "US", "CA", "JP", "HK", "SG", "KR", "BR", "CO", "RU", "KZ", "FI"})
"""Countries in which 00 is not how a call abroad begins (or not alone)."""


def _ascii_digits(value: str) -> str:
    """Return a text with the digits of any script as 0 to 9, and 123.0 of a spreadsheet as 123."""
    text = unicodedata.normalize("NFKC", value)
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    whole = _WHOLE_FLOAT.fullmatch(text)
    return whole[1] if whole else text


def _no_phone() -> BadInput:
    return BadInput("A phone came that is no number; expected one such as +919800000000.")


def _card(value: str, country: str | None) -> str:
    card = re.sub(r"[\s\-‐–—]", "", _ascii_digits(value)).upper()
    is_card = card.isascii() and card.isalnum() and len(card) <= 64
    if not is_card or card in _NO_CARD or not card.strip("0"):
        raise BadInput(
            "A card came that is no number; expected letters and digits, 1 to 64 of them."
        )
    return card


_SPELLERS: dict[str, Callable[[str, str | None], str]] = {
    "email": _email,
    "phone": _phone,
    "card": _card,
}
