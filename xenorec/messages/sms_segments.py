"""The length of an SMS: segments by alphabet (3GPP TS 23.038), and text that fits the short one."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_TYPOGRAPHIC = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´`", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff"),  # seen by nobody
        "×": "x",
        "•": "*",
    }
)
_SLASH = "\u2044"
_ACCENTS = range(0x300, 0x370)


@dataclass(frozen=True)
class SmsLength:
    """Alphabet (``GSM-7`` or ``UCS-2``), units used, and segments that will be billed."""

    alphabet: str
    n_units: int
    n_segments: int


def sms_length(text: str) -> SmsLength:
    """Count the segments of an SMS.

    GSM-7 holds 160 units in one segment and 153 in each of several; UCS-2 holds 70 and 67. What
    takes two units (an escaped character of GSM-7, an emoji of UCS-2) stands in one segment whole.
    """
    if all(char in _BASIC or char in _EXTENDED for char in text):
        sizes = [2 if char in _EXTENDED else 1 for char in text]
        return _length("GSM-7", sizes, alone=160, joined=153)
    sizes = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return _length("UCS-2", sizes, alone=70, joined=67)


def to_gsm(text: str) -> str:
    """Write typographic signs, fractions and foreign accents in GSM-7 where that loses no letter.

    Letters of other scripts stay as they are, so such a text is still sent as UCS-2.

    >>> to_gsm("1½ kg, 10² m – “čaj”")
    '1 1/2 kg, 10^2 m - "caj"'
    """
    if text.isascii() and "`" not in text:
        return text
    written = ""
    for char in unicodedata.normalize("NFC", text).translate(_TYPOGRAPHIC):
        plain = _plain(char)
        if plain != char and plain[:1].isdigit() and written[-1:].isdigit():
            written += "^" if "<super>" in unicodedata.decomposition(char) else " "
        written += plain
    return written


def _plain(char: str) -> str:
    """Return all of a character's decomposition but its accents, if GSM-7 has it, else itself."""
    if char in _BASIC or char in _EXTENDED:
        return char
    parts = unicodedata.normalize("NFKD", char).replace(_SLASH, "/")
    plain = "".join(part for part in parts if ord(part) not in _ACCENTS)
    return plain if plain and all(part in _BASIC for part in plain) else char


def _length(alphabet: str, sizes: Sequence[int], *, alone: int, joined: int) -> SmsLength:
    """Lay characters of one or two units into segments, none over a border."""
    n_units = sum(sizes)
    if n_units <= alone:
        return SmsLength(alphabet, n_units, 1)
    n_segments, used = 1, 0
    for size in sizes:
        if used + size > joined:
            n_segments, used = n_segments + 1, 0
        used += size
    return SmsLength(alphabet, n_units, n_segments)
