from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xenorec.errors import ConfigError, TemplateError, UnknownName
from xenorec.messages import MessageTemplate

MANIFEST = """
title = "Hello"
purpose = "marketing"
channels = ["sms"]
[variables."customer.first_name"]
meaning = "Given name."
type = "text"
fallback = "friend"
[variables."items[].price"]
meaning = "Price."
type = "text"
fallback = "ask us"
[variables.note]
meaning = "A note."
type = "text"
optional = true
[variables.city]
meaning = "Town."
type = "text"
"""
SOURCE = (
    "{{ customer.first_name }} in {{ city }}"
    "{% for item in items %}, {{ item.name }} {{ item.price }}{% endfor %}"
    "{% if note %} ({{ note }}){% endif %}"
)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "templates" / "hello"
    folder.mkdir(parents=True)
    (folder / "template.toml").write_text(MANIFEST)
    (folder / "sms.txt.j2").write_text(SOURCE)
    return tmp_path


def sms(text: str) -> MessageTemplate:
    return MessageTemplate.from_strings(channel="sms", text=text)


@pytest.mark.parametrize(
    "value",
    [None, float("nan"), float("inf"), Decimal("NaN"), np.float64("nan"), pd.NA, pd.NaT],
    ids=repr,
)
@pytest.mark.parametrize(
    "source", ["{{ a.b }}", "{{ a.b|upper }}", "{{ 'x' ~ a.b }}", "{{ a.b|money('USD') }}"]
)
def test_a_value_that_is_none_or_not_a_number_is_never_printed(value: Any, source: str) -> None:
    with pytest.raises(TemplateError, match=r"line 2: a\.b has no value"):
        sms(f"hi\n{source}").render({"a": {"b": value}})


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ nmae }}", "nmae has no value"),
        ("{{ a.b.c }}", "a.b.c has no value"),
        ("{% if nmae %}{% endif %}", "nmae"),
        ("{% for x in nmae %}{% endfor %}", "a loop needs a list"),
        ("{% for x in a.t %}{% endfor %}", "a.t is str; a loop needs a list"),
        ("{{ a }}", "is a dict, which cannot be printed"),
        ("{{ a.yes }}", "is a bool, which cannot be printed"),
        ("{{ [1, none]|join }}", "None"),
    ],
)
def test_a_mistake_names_the_variable_and_the_line(source: str, told: str) -> None:
    with pytest.raises(TemplateError) as caught:
        sms(f"\n\n{source}").render({"a": {"t": "abc", "yes": True}})
    assert told in str(caught.value)
    assert "line 3" in str(caught.value)


def test_an_inline_default_stands_in_for_a_missing_value() -> None:
    template = sms("{{ a.b|default('you') }} {{ c|default('there') }}")
    assert template.render({"a": {"b": None}}).text == "you there"


def test_declared_fallbacks_fill_what_is_missing_and_leave_the_context_alone(own: Path) -> None:
    template = MessageTemplate.load("hello", own=own)
    context = {"city": "Bern", "items": [{"name": "tea", "price": None}, {"name": "rye"}]}
    assert template.render(context).text == "friend in Bern, tea ask us, rye ask us"
    assert context == {"city": "Bern", "items": [{"name": "tea", "price": None}, {"name": "rye"}]}


def test_an_error_of_a_loaded_template_tells_what_its_manifest_declares(own: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        MessageTemplate.load("hello", own=own).render({"items": []})
    text = str(caught.value)
    assert "hello/sms.txt.j2, line 1: city has no value" in text
    assert "template.toml of 'hello' declares: customer.first_name, items[].price, note" in text


def test_a_name_that_the_manifest_does_not_declare_is_found_when_loading(own: Path) -> None:
    (own / "templates/hello/sms.txt.j2").write_text("{{ custmer.first_name }}")
    with pytest.raises(ConfigError, match=r"'custmer'.*Did you mean 'customer'"):
        MessageTemplate.load("hello", own=own)


def test_every_mistake_of_a_manifest_is_told_at_once(own: Path) -> None:
    (own / "templates/hello/template.toml").write_text(
        'titel = "x"\npurpose = "spam"\nchannels = []\nlanguages = "ar"\n'
        '[variables.a]\ntype = "txt"\n[arms.b]\nimage = "none.png"\nalt = "B"\n'
    )
    with pytest.raises(ConfigError) as caught:
        MessageTemplate.load("hello", own=own)
    assert [problem.where for problem in caught.value.problems] == [
        "titel",
        "title",
        "purpose",
        "channels",
        "languages",
        'variables."a".meaning',
        'variables."a".type',
        "arms.b.image",
    ]


def test_a_template_speaks_english_unless_it_says_so(own: Path) -> None:
    manifest = own / "templates/hello/template.toml"
    assert MessageTemplate.load("hello", own=own).languages == ("en",)
    manifest.write_text('languages = ["en", "ar"]\n' + manifest.read_text())
    assert MessageTemplate.load("hello", own=own).languages == ("en", "ar")


def test_a_channel_without_its_file_is_told(own: Path) -> None:
    (own / "templates/hello/sms.txt.j2").rename(own / "templates/hello/smss.txt.j2")
    with pytest.raises(ConfigError, match=r"no sms\.txt\.j2"):
        MessageTemplate.load("hello", own=own)


def test_a_mistyped_template_is_answered_with_its_nearest_name() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'winback'"):
        MessageTemplate.load("winbak")


def test_the_version_changes_with_any_file(own: Path) -> None:
    before = MessageTemplate.load("hello", own=own).version
    assert MessageTemplate.load("hello", own=own).version == before
    (own / "templates/hello/sms.txt.j2").write_text(SOURCE + " ")
    assert MessageTemplate.load("hello", own=own).version != before
