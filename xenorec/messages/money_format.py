"""Amounts as a reader of one locale expects to see them (Unicode CLDR, through Babel)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from xenorec.errors import BadInput
from xenorec.messages.locales import cldr

_NO_BREAK = "\u00a0"
_BETWEEN = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Where a letter of a currency touches a digit: CLDR's currency spacing, which Babel leaves out."""


def format_money(amount: Decimal | int | float | str, currency: str, locale: str = "en") -> str:
    """Write an amount with its currency as CLDR says for a locale, in Latin digits.

    Rounded half up to the currency's own digits: two for USD, none for JPY, three for KWD. An
    unknown locale is taken as its language, then as English; a currency without a sign in the
    locale is written as its code. Raises BadInput for what is no amount or no currency.

    >>> format_money(Decimal("1234567.5"), "INR", "en-IN")
    '₹12,34,567.50'
    >>> format_money(1234.5, "CHF", "de-CH")
    "CHF\\xa01'234.50"
    """
    return _written(_exact(amount), _code(currency), locale)


def currency_decimals(currency: str) -> int:
    """Return how many decimals amounts of a currency have, such as 0 for JPY and 3 for KWD.

    Raises BadInput for what is no currency.
    """
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(_code(currency)))


def _exact(amount: Decimal | int | float | str) -> Decimal:
    try:
        value = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    except InvalidOperation:
        value = Decimal("NaN")
    if isinstance(amount, bool) or not value.is_finite() or abs(value) >= Decimal(10) ** 20:
        raise BadInput(f"An amount must be a finite number, for instance 12.50; got {amount!r}.")
    return value


def _code(currency: str) -> str:
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        raise BadInput(
            f"A currency is three capital letters of ISO 4217, such as USD; got {currency!r}."
        )
    return currency


@lru_cache(maxsize=65_536)
def _written(amount: Decimal, currency: str, locale: str) -> str:
    from babel.numbers import format_currency

    step = Decimal(1).scaleb(-currency_decimals(currency))
    value = amount.quantize(step, ROUND_HALF_UP) + 0  # no minus before a zero
    return _BETWEEN.sub(_NO_BREAK, format_currency(value, currency, locale=cldr(locale)))
