from __future__ import annotations

from dataclasses import replace

import pytest

from xenorec.messages import RenderedMessage, lint, sms_length, to_gsm

LINK = '<a href="https://shop.example/unsubscribe/1">Unsubscribe</a>'
GOOD = RenderedMessage(
    "email", subject="Hello", html=f'<html lang="en"><p>Hi</p>{LINK}</html>', text="Hi"
)


def with_html(body: str) -> RenderedMessage:
    return replace(GOOD, html=f'<html lang="en">{body}{LINK}</html>')


def test_a_good_message_has_no_problem() -> None:
    assert lint(GOOD) == []


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (replace(GOOD, subject=" "), "subject: it is empty"),
        (replace(GOOD, subject="x" * 151), "151 characters"),
        (replace(GOOD, text=""), "text: it is empty"),
        (replace(GOOD, text="Hi {{ name }}"), "left-over template text"),
        (replace(GOOD, text="Hi {% if"), "left-over template text"),
        (replace(GOOD, subject="Hello None!"), "a missing value was printed"),
        (replace(GOOD, text="Only $nan today"), "a missing value was printed"),
        (replace(GOOD, text="Dear None welcome back"), "a missing value was printed"),
        (with_html("<p>Price: <b>NaN</b></p>"), "html: a missing value was printed"),
        (replace(GOOD, html=f"<html>{LINK}</html>"), "no lang"),
        (replace(GOOD, html='<html lang="en">Hi</html>'), "unsubscribe link"),
        (replace(GOOD, html=None), "unsubscribe link"),
        (with_html('<img src="https://a.example/b.png">'), "without alt"),
        (with_html('<img alt="" src="b.png">'), "neither absolute nor cid:"),
        (with_html('<a href="/shop">Shop</a>'), "'/shop' is not absolute"),
        (with_html('<a href="javascript:alert(1)">Shop</a>'), "is not absolute"),
        (with_html('<i data-product-id="7"></i>' * 2), "product '7' is shown 2 times"),
        (with_html("<p>" + "x" * 100_000), "cut off"),
        (RenderedMessage("sms", text="x" * 460), "SMS of 4 segments"),
    ],
)
def test_a_problem_is_found_and_no_other(message: RenderedMessage, told: str) -> None:
    problems = lint(message)
    assert len(problems) == 1
    assert told in problems[0]


@pytest.mark.parametrize(
    "text", ["None of these is dear", "Nan bread", "Order within nan-o seconds", "nothing {left}"]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert lint(replace(GOOD, text=text)) == []


def test_a_service_message_needs_no_unsubscribe_link() -> None:
    message = replace(GOOD, html='<html lang="en">Your order is ready</html>')
    assert lint(message, purpose="service") == []


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "segments"),
    [
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("ж" * 70, "UCS-2", 70, 1),
        ("ж" * 71, "UCS-2", 71, 2),
        ("😀" * 35, "UCS-2", 70, 1),
        ("", "GSM-7", 0, 1),
    ],
)
def test_the_length_of_an_sms(text: str, alphabet: str, units: int, segments: int) -> None:
    length = sms_length(text)
    assert (length.alphabet, length.n_units, length.n_segments) == (alphabet, units, segments)


def test_an_sms_is_written_in_the_short_alphabet_where_that_loses_no_letter() -> None:
    assert to_gsm("It’s “naïve” – čaj…") == 'It\'s "naive" - caj...'
    assert to_gsm("José à Ünal") == "José à Ünal"
    assert to_gsm("чай") == "чай"
