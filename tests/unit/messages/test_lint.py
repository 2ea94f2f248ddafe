from __future__ import annotations

from dataclasses import replace

import pytest

from xenorec.messages import MessageTemplate, RenderedMessage, lint, sms_length, to_gsm

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


@pytest.mark.parametrize("word", ["None", "nan", "NaN", "null", "undefined", "NaT", "nan bread"])
def test_words_in_the_shops_data_are_left_alone(word: str) -> None:
    template = MessageTemplate.from_strings(
        subject="Hello {{ name }}!",
        html=f'<html lang="en"><p>Dear {{{{ name }}}}: {{{{ title }}}}</p>{LINK}</html>',
        text="Hi {{ name }}, {{ title }}",
    )
    assert lint(template.render({"name": word, "title": f"{word} 2 pack"})) == []
    sms = MessageTemplate.from_strings(channel="sms", text="Only {{ title }}")
    assert lint(sms.render({"title": word})) == []


@pytest.mark.parametrize("word", ["{{ deal }}", "50% {%off%}", "{# 1 #}", "}}", "C{{{"])
def test_signs_of_templates_in_the_shops_data_are_left_alone(word: str) -> None:
    template = MessageTemplate.from_strings(subject="Hi {{ x }}", text="{{ x }} unsubscribe")
    assert lint(template.render({"x": word})) == []


@pytest.mark.parametrize(
    "source",
    [
        "{% raw %}Hi {{ name }}{% endraw %}",
        "Hi {{ '{{ name }}' }}",
        "{% if x %}Hi{% else %}{% raw %}{% if %}{% endraw %}{% endif %}",
    ],
)
def test_what_a_template_left_over_is_found_whatever_the_values(source: str) -> None:
    sms = MessageTemplate.from_strings(channel="sms", text=source)
    problems = lint(sms.render({"x": "nan"}))
    assert len(problems) == 1
    assert "text: left-over template text" in problems[0]
    html = MessageTemplate.from_strings(
        subject="s", html=f'<html lang="en">{source}{LINK}</html>', text="t"
    )
    assert [problem[:5] for problem in lint(html.render({"x": 1}))] == ["html:"]


def test_the_style_of_a_page_is_no_left_over() -> None:
    style = "<style>@media print {.a {b: c}}</style>"
    html = MessageTemplate.from_strings(
        subject="s", html=f'<html lang="en">{style}{LINK}</html>', text="t"
    )
    assert lint(html.render({})) == []


def test_the_very_unsubscribe_link_is_looked_for() -> None:
    link = "https://shop.example/unsubscribe/1"
    assert lint(GOOD, unsubscribe_url=link) == []
    product = '<html lang="en"><a href="https://shop.example/unsubscribe-mug">Mug</a></html>'
    assert lint(replace(GOOD, html=product)) == []
    assert "unsubscribe link" in lint(replace(GOOD, html=product), unsubscribe_url=link)[0]
    text = replace(GOOD, html=None, text="Unsubscribe mug")
    assert "unsubscribe link" in lint(text, unsubscribe_url=link)[0]


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
        ("😀" * 66, "UCS-2", 132, 2),
        ("😀" * 67, "UCS-2", 134, 3),
        ("ж" * 66 + "😀" + "ж" * 5, "UCS-2", 73, 2),
        ("ж" * 66 + "😀" + "ж" * 66, "UCS-2", 134, 3),
        ("ж" * 134, "UCS-2", 134, 2),
        ("€" * 76 + "a€" + "a" * 152, "GSM-7", 307, 3),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("a" * 151 + "€" + "a" * 153, "GSM-7", 306, 2),
        ("€" * 153, "GSM-7", 306, 3),
        ("€" * 81, "GSM-7", 162, 2),
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


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("½ price", "1/2 price"),
        ("1½ kg, ¼ off, 3¾", "1 1/2 kg, 1/4 off, 3 3/4"),
        ("ﬁne ﬂour Ĳ", "fine flour IJ"),
        ("№ 5 ™ … ⅓", "No 5 TM ... 1/3"),
        ("m² and 10² m", "m2 and 10^2 m"),
        ("Jose\u0301 cafe\u0301", "José café"),
        ("1\u202f234,50\u00a0€", "1 234,50 €"),
        ("2×500g − „x“ `y` ‹z", "2x500g - \"x\" 'y' ‹z"),
        ("so\u00adft ze\u200bro", "soft zero"),
        ("℃ Ω é", "℃ Ω é"),
        ("नमस्ते 😀", "नमस्ते 😀"),
    ],
)
def test_all_characters_of_a_decomposition_are_kept(text: str, written: str) -> None:
    assert to_gsm(text) == written
