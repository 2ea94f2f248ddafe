"""The length of an SMS: segments by alphabet (3GPP TS 23.038), and text that fits the short one."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from math import ceil

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_TYPOGRAPHIC = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "}
)


@dataclass(frozen=True)
class SmsLength:
    """Alphabet (``GSM-7`` or ``UCS-2``), units used, and segments that will be billed."""

    alphabet: str
    n_units: int
    n_segments: int


def sms_length(text: str) -> SmsLength:
    """Count the segments of an SMS.

    GSM-7 holds 160 units in one segment and 153 in each of several; UCS-2 holds 70 and 67.
    """
    if all(char in _BASIC or char in _EXTENDED for char in text):
        units = sum(2 if char in _EXTENDED else 1 for char in text)
        return SmsLength("GSM-7", units, _segments(units, alone=160, joined=153))
    units = len(text.encode("utf-16-le")) // 2
    return SmsLength("UCS-2", units, _segments(units, alone=70, joined=67))


def to_gsm(text: str) -> str:
    """Write typographic quotes and foreign accents in GSM-7 where that loses no letter.

    Letters of other scripts stay as they are, so such a text is still sent as UCS-2.
    """
    return "".join(_plain(char) for char in text.translate(_TYPOGRAPHIC))


def _plain(char: str) -> str:
    if char in _BASIC or char in _EXTENDED:
        return char
    base = unicodedata.normalize("NFKD", char)[:1]
    return base if base in _BASIC else char


def _segments(units: int, *, alone: int, joined: int) -> int:
    return 1 if units <= alone else ceil(units / joined)
