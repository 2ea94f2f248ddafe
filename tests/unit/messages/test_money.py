from __future__ import annotations

from decimal import Decimal

import pytest

from xenorec.errors import BadInput
from xenorec.messages import format_money

NO_BREAK = "\u00a0"


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        ("12.5", "USD", "en-US", "$12.50"),
        ("1234567.891", "USD", "en-US", "$1,234,567.89"),
        ("-3.1", "USD", "en-US", "-$3.10"),
        ("2.675", "USD", "en-US", "$2.68"),
        ("12.5", "GBP", "en-GB", "£12.50"),
        ("12.5", "EUR", "en-IE", "€12.50"),
        ("1234.5", "EUR", "de-DE", "1.234,50~€"),
        ("1234.5", "EUR", "fr-FR", "1~234,50~€"),
        ("12.5", "EUR", "nl-NL", "€~12,50"),
        ("1234567.5", "INR", "en-IN", "₹12,34,567.50"),
        ("999", "INR", "hi-IN", "₹999.00"),
        ("123456", "INR", "en-US", "₹1,23,456.00"),
        ("123456", "USD", "en-IN", "$1,23,456.00"),
        ("12.5", "SAR", "en-SA", "SAR~12.50"),
        ("1250", "SAR", "ar-SA", "1,250.00~ر.س"),
        ("12.5", "XYZ", "en-US", "12.50 XYZ"),
        ("1250", "JPY", "en-US", "1,250 JPY"),
        ("1.2345", "KWD", "en-US", "1.235 KWD"),
        ("0", "USD", "", "$0.00"),
    ],
)
def test_amounts_are_written_as_their_readers_expect(
    amount: str, currency: str, locale: str, written: str
) -> None:
    assert format_money(Decimal(amount), currency, locale) == written.replace("~", NO_BREAK)


@pytest.mark.parametrize("amount", [Decimal("NaN"), float("nan"), Decimal("Infinity"), "x", True])
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(BadInput, match="finite number"):
        format_money(amount, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["usd", "US", "US$"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(BadInput, match="ISO 4217"):
        format_money(Decimal(1), currency)
