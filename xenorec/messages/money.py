"""Amounts as a reader of one locale expects to see them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from xenorec.errors import BadInput
from xenorec.messages.locales import language, territory

_SYMBOLS = {"EUR": "€", "GBP": "£", "INR": "₹", "USD": "$"}
_MINOR_DIGITS = {
    "BHD": 3,
    "CLP": 0,
    "IDR": 0,
    "IQD": 0,
    "JOD": 3,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
    "VND": 0,
}
_LAKH_TERRITORIES = frozenset({"BD", "IN", "NP", "PK"})
_COMMA_LANGUAGES = frozenset(
    {"da", "de", "el", "es", "fi", "fr", "id", "it", "nb", "nl", "pl", "pt", "ru", "sv", "tr", "vi"}
)
_POINT_TERRITORIES = frozenset({"CH", "GT", "HN", "LI", "MX", "PA", "PE", "PR", "US"})
_SPACE_GROUPS = frozenset({"fi", "fr", "nb", "pl", "ru", "sv"})
_SYMBOL_FIRST = frozenset({"nl", "tr"})
_NO_BREAK = "\u00a0"


@dataclass(frozen=True)
class _Style:
    point: str
    group: str
    lakh: bool
    symbol_first: bool


def format_money(amount: Decimal | int | float | str, currency: str, locale: str = "en") -> str:
    """Write an amount with its currency, rounded half up to the currency's own digits.

    USD, EUR, GBP and INR are written with their sign and SAR as ``SAR 12.50`` (``12.50 ر.س`` in
    Arabic, with Latin digits); any other currency as ``12.50 XYZ``. Groups are lakhs for INR and
    for South Asian locales, decimal commas follow the language.

    >>> format_money(Decimal("1234567.5"), "INR", "en-IN")
    '₹12,34,567.50'
    """
    value = _exact(amount).quantize(Decimal(1).scaleb(-_digits(currency)), ROUND_HALF_UP)
    style = _style(currency, locale)
    number = _number(abs(value), style)
    sign = "-" if value < 0 else ""
    if currency == "SAR":
        arabic = language(locale) == "ar"
        return f"{sign}{number}{_NO_BREAK}ر.س" if arabic else f"{sign}SAR{_NO_BREAK}{number}"
    symbol = _SYMBOLS.get(currency)
    if symbol is None:
        return f"{sign}{number} {currency}"
    if style.symbol_first:
        gap = _NO_BREAK if style.point == "," and language(locale) == "nl" else ""
        return f"{sign}{symbol}{gap}{number}"
    return f"{sign}{number}{_NO_BREAK}{symbol}"


def _exact(amount: Decimal | int | float | str) -> Decimal:
    try:
        value = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    except InvalidOperation:
        value = Decimal("NaN")
    if isinstance(amount, bool) or not value.is_finite() or abs(value) >= Decimal(10) ** 20:
        raise BadInput(f"An amount must be a finite number, for instance 12.50; got {amount!r}.")
    return value


def _digits(currency: str) -> int:
    if not re.fullmatch("[A-Z]{3}", currency):
        raise BadInput(
            f"A currency is three capital letters of ISO 4217, such as USD; got {currency!r}."
        )
    return _MINOR_DIGITS.get(currency, 2)


def _style(currency: str, locale: str) -> _Style:
    tongue, land = language(locale), territory(locale)
    comma = tongue in _COMMA_LANGUAGES and land not in _POINT_TERRITORIES
    lakh = not comma and (currency == "INR" or land in _LAKH_TERRITORIES)
    if not comma:
        return _Style(point=".", group=",", lakh=lakh, symbol_first=True)
    group = _NO_BREAK if tongue in _SPACE_GROUPS else "."
    return _Style(point=",", group=group, lakh=False, symbol_first=tongue in _SYMBOL_FIRST)


def _number(value: Decimal, style: _Style) -> str:
    whole, _, cents = f"{value:f}".partition(".")
    grouped = style.group.join(_groups(whole, 2 if style.lakh else 3))
    return f"{grouped}{style.point}{cents}" if cents else grouped


def _groups(digits: str, size: int) -> list[str]:
    head, tail = digits[:-3], digits[-3:]
    groups = [tail]
    while head:
        head, group = head[:-size], head[-size:]
        groups.insert(0, group)
    return groups
