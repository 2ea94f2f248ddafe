from __future__ import annotations

import re

import pytest

from tests.unit.messages.shop import full, item
from xenorec.messages import MessageTemplate, lint, to_gsm
from xenorec.messages.html_text import read_html
from xenorec.messages.safe_names import person_name, plain_name, with_plain_names

LINK = re.compile(r"(?i)https?:|www\.[a-z]|\b[\w-]+\.(example|com|uk|рф)|\d+\.\d+\.\d+\.\d+")
HOSTILE = [
    "Ana http://evil.example/x",
    "HTTPS://EVIL.EXAMPLE",
    "hthttp://tp://evil.example",
    "www.evil.example",
    "evil.co.uk/win?a=b",
    "ana@evil.example",
    "Ana(evil.example)",
    "ｈｔｔｐ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ",
    "evil․example",
    "evil.\u200bexample",
    "ev\u00adil.example",
    "пример.рф",
    "http://192.168.1.1/x",
    "http:\\\\evil.example",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_web_address_in_a_name_is_no_link(name: str, channel: str) -> None:
    context = full()
    context["customer"]["first_name"] = name
    context["shelves"][0]["items"][0] |= {"title": name, "reason": f"Because of {name}"}
    rendered = MessageTemplate.load("winback").render(context, channel=channel)
    for part in (rendered.subject or "", rendered.text, read_html(rendered.html or "").text):
        ours = re.sub(r"https?://(riverside|img)\.example\S*", "", part)
        assert not LINK.search(to_gsm(ours)), part
    assert context["button_url"] in rendered.text


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("Ana", "Ana"),
        ("Ana\r\nBcc: x", "Ana Bcc: x"),
        ("\x00A\x1bna\x85", "A na"),
        ("Ana\u2028\u2029B", "Ana B"),
        ("Ana\u202egnp", "Anagnp"),
        ("  ", None),
        ("\x00\u200b", None),
        (None, None),
        (5, None),
        ("None", "None"),
        ("O'Neil-Łukasz Jr.", "O'Neil-Łukasz Jr."),
        ("J.R.R. Tolkien 2.5L No.1", "J.R.R. Tolkien 2.5L No.1"),
        ("Dr.Oetker", "Dr. Oetker"),
        ("½ price 10:30", "½ price 10:30"),
        ("نور 👩‍👩‍👧", "نور 👩‍👩‍👧"),
    ],
)
def test_a_name_is_plain_words_on_one_line(given: object, plain: str | None) -> None:
    assert plain_name(given) == plain
    assert plain_name(plain) == plain


def test_what_is_too_long_is_no_name_of_a_person() -> None:
    assert person_name("x" * 101) is None
    assert person_name("x" * 100) == "x" * 100


@pytest.mark.parametrize("word", ["a", "a-", "a.", "1.", "a:", ":/", " .", "http://"])
def test_a_title_of_any_length_is_cut_before_it_is_looked_at(word: str) -> None:
    assert len(plain_name(word * 200_000) or "") <= 2_000


def test_other_values_of_a_context_stay_as_they_are() -> None:
    context = full()
    assert with_plain_names(context) == context
    assert with_plain_names({"x": 1, "shelves": "no", "customer": None}) == {
        "x": 1,
        "shelves": "no",
        "customer": None,
    }


@pytest.mark.parametrize(
    "title", ["(cid:none.png)", "src=cid:none.png", "'cid:none.png'", 'src="cid:none.png"']
)
def test_a_title_names_no_picture(title: str) -> None:
    context = full()
    context["shelves"][0]["items"][0] = item(1, title, alt=title)
    rendered = MessageTemplate.load("winback").render(context, channel="email")
    assert lint(rendered) == []
    assert set(rendered.images) == {"dairy.png"}


def test_a_control_character_in_any_value_breaks_no_subject() -> None:
    template = MessageTemplate.from_strings(subject="Hi {{ x }}", text="{{ x }}")
    assert template.render({"x": "a\x00\x1b\r\nb\u2028c"}).subject == "Hi a b c"
