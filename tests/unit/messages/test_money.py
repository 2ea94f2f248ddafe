from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from xenorec.errors import BadInput, TemplateError
from xenorec.messages import MessageTemplate, format_day, format_money, locales

NO_BREAK = "\u00a0"


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        ("12.5", "USD", "en-US", "$12.50"),
        ("1234567.891", "USD", "en-US", "$1,234,567.89"),
        ("-3.1", "USD", "en-US", "-$3.10"),
        ("-0.001", "USD", "en-US", "$0.00"),
        ("2.675", "USD", "en-US", "$2.68"),
        ("12.5", "GBP", "en-GB", "£12.50"),
        ("12.5", "EUR", "en-IE", "€12.50"),
        ("1234.5", "EUR", "de-DE", "1.234,50~€"),
        ("1234.5", "EUR", "de-AT", "€~1.234,50"),
        ("1234.5", "CHF", "de-CH", "CHF~1'234.50"),
        ("1234.5", "EUR", "fr-FR", "1\u202f234,50~€"),
        ("12.5", "EUR", "nl-NL", "€~12,50"),
        ("1234.5", "BRL", "pt-BR", "R$~1.234,50"),
        ("1234.5", "EUR", "pt-PT", "1~234,50~€"),
        ("1234567.5", "INR", "en-IN", "₹12,34,567.50"),
        ("999", "INR", "hi-IN", "₹999.00"),
        ("123456", "INR", "en-US", "₹123,456.00"),
        ("123456", "USD", "en-IN", "$1,23,456.00"),
        ("12.5", "SAR", "en-SA", "SAR~12.50"),
        ("1250", "SAR", "ar-SA", "\u200f1,250.00~ر.س.\u200f"),
        ("12.5", "XYZ", "en-US", "XYZ~12.50"),
        ("1250", "JPY", "en-US", "¥1,250"),
        ("1250.5", "JPY", "ja", "￥1,251"),
        ("1.2345", "KWD", "en-US", "KWD~1.235"),
        ("1.2345", "KWD", "ar-KW", "\u200f1.235~د.ك.\u200f"),
        ("-1.2", "KWD", "en", "-KWD~1.200"),
        ("1234.5", "ISK", "is-IS", "1.235~kr."),
        ("1234.5", "UGX", "en-UG", "USh~1,235"),
        ("1234.5", "USD", "es-SV", "$1,234.50"),
        ("1234.5", "USD", "es-MX", "USD~1,234.50"),
        ("1234.5", "EUR", "es-ES", "1.234,50~€"),
        ("0", "USD", "", "$0.00"),
        ("5", "USD", "xx-YY", "$5.00"),
        ("1234.5", "EUR", "de_XX.UTF-8", "1.234,50~€"),
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


@pytest.mark.parametrize(
    ("locale", "style", "written"),
    [
        ("en-US", "long", "June 3, 2017"),
        ("en-GB", "long", "3 June 2017"),
        ("en-SA", "long", "3 June 2017"),
        ("pt-BR", "long", "3 de junho de 2017"),
        ("de-CH", "short", "03.06.17"),
        ("ja", "long", "2017年6月3日"),
        ("es-SV", "full", "sábado, 3 de junio de 2017"),
    ],
)
def test_days_are_written_as_their_readers_expect(locale: str, style: str, written: str) -> None:
    assert format_day(date(2017, 6, 3), locale, style) == written
    template = MessageTemplate.from_strings(
        channel="push", text="{{ day|date(locale, style) }}|{{ text|date(locale, style) }}"
    )
    values = {"day": date(2017, 6, 3), "text": "2017-06-03", "locale": locale, "style": style}
    assert template.render(values).text == f"{written}|{written}"


@pytest.mark.parametrize("day", ["soon", 3, None])
def test_what_is_no_day_is_no_date(day: object) -> None:
    template = MessageTemplate.from_strings(channel="push", text="{{ day|date }}")
    with pytest.raises(TemplateError):
        template.render({"day": day})


@pytest.mark.parametrize(
    ("locale", "tag", "direction"),
    [
        ("en_US", "en-US", "ltr"),
        ("zh-Hant-TW", "zh-Hant-TW", "ltr"),
        ("sr_latn_rs", "sr-Latn-RS", "ltr"),
        ("es-419", "es-419", "ltr"),
        ("az-Arab-IR", "az-Arab-IR", "rtl"),
        ("ckb", "ckb", "rtl"),
        ("iw-IL", "iw-IL", "rtl"),
        ("en_US.UTF-8", "en-US", "ltr"),
        ('ar"><b', "en", "ltr"),
    ],
)
def test_language_and_direction_of_a_page(locale: str, tag: str, direction: str) -> None:
    assert (locales.language_tag(locale), locales.direction(locale)) == (tag, direction)
