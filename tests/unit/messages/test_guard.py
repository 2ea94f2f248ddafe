from __future__ import annotations

import pytest

from xenorec.errors import TemplateError, TemplateRefused
from xenorec.messages import MessageTemplate, page

DEEP = "{% for a in x %}" * 4 + "{% endfor %}" * 4

HOSTILE = {
    "{{ ''.__class__.__mro__ }}": "__mro__",
    "{{ x['__class__'] }}": "__class__",
    "{{ x|attr('__class__') }}": "attr",
    "{{ _rounds }}": "_rounds",
    "{{ range(10**9) }}": "a call",
    "{{ x.format(y) }}": "a call",
    "{{ cycler('a') }}": "a call",
    "{{ 9**9**9 }}": "power",
    "{{ 'a' * 1000000000 }}": "multiplication",
    "{{ '%999999999d' % 1 }}": "formatting",
    "{% include '/etc/passwd' %}": "include",
    "{% import 'x' as y %}": "import",
    "{% from 'x' import y %}": "import",
    "{% extends 'x' %}": "extends",
    "{% block b %}{% endblock %}": "block",
    "{% macro m() %}{% endmacro %}": "macro",
    "{% call m() %}{% endcall %}": "call block",
    "{% set x %}a{% endset %}": "set block",
    "{% set x = x ~ x %}": "grow without end",
    "{% set x = x + x %}": "grow without end",
    "{% set x = [x, x] %}": "grow without end",
    "{% set x.y = 1 %}": "more than one plain name",
    "{% for a in x recursive %}{% endfor %}": "recursive",
    DEEP: "nested more than 3",
    "{{ x|replace('a', 'aaaaaaaa') }}": "replace",
    "{{ x|center(1000000000) }}": "center",
    "{{ x|safe }}": "safe",
    "{{ x|tojson|tojson|tojson|tojson|tojson|tojson|tojson }}": "chain",
    "{{ x|default(*y) }}": "unpacking",
    "{{ x[y] }}": "computed key",
    "{{ {'a': 1} }}": "dictionary",
    "{% with a = 1 %}{% endwith %}": "with",
    "{% filter upper %}{% endfilter %}": "filter block",
    "{% autoescape false %}{{ x }}{% endautoescape %}": "not allowed",
    "{{ x is sameas(1) }}": "sameas",
}


@pytest.mark.parametrize(("source", "told"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_a_hostile_template_is_refused_with_construct_line_and_what_is_allowed(
    source: str, told: str
) -> None:
    with pytest.raises(TemplateRefused) as caught:
        MessageTemplate.from_strings(subject="s", html=f"<p>\n{source}</p>")
    text = str(caught.value)
    assert told in text
    assert "Allowed are: " in text
    assert "autoescape" in source or "line 2" in text


def test_a_mistyped_filter_is_answered_with_its_nearest_name() -> None:
    with pytest.raises(TemplateRefused, match="Did you mean 'upper'"):
        MessageTemplate.from_strings(channel="sms", text="{{ name|uper }}")


@pytest.mark.parametrize(
    "source",
    ["{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{% if a %}" * 150 + "{% endif %}" * 150],
)
def test_a_template_nested_beyond_measure_is_refused(source: str) -> None:
    with pytest.raises(TemplateRefused):
        MessageTemplate.from_strings(channel="sms", text=source)


def test_a_source_beyond_measure_is_refused() -> None:
    with pytest.raises(TemplateRefused, match="at most 200,000"):
        MessageTemplate.from_strings(channel="sms", text="a" * 200_001)


def test_broken_syntax_is_refused_with_its_line() -> None:
    with pytest.raises(TemplateRefused, match="line 2"):
        MessageTemplate.from_strings(channel="sms", text="hi\n{% if %}")


def test_loops_that_multiply_stop_at_their_budget() -> None:
    source = "{% for a in x %}{% for b in x %}{% for c in x %}{% endfor %}{% endfor %}{% endfor %}"
    template = MessageTemplate.from_strings(channel="sms", text=source)
    with pytest.raises(TemplateError, match="too many rounds"):
        template.render({"x": [0] * 500})


def test_output_that_grows_stops_at_its_bound() -> None:
    source = "{% for a in x %}" + "y" * 10_000 + "{% endfor %}"
    template = MessageTemplate.from_strings(channel="sms", text=source)
    with pytest.raises(TemplateError, match="grows past 1,000,000"):
        template.render({"x": [0] * 500})


def test_what_a_template_needs_is_allowed() -> None:
    source = (
        "{% set n = x|length %}{% for a in x[:2] if a.on %}"
        "{{ loop.index0 + 1 }}. {{ a.items ~ '!' }}"
        "{% if not loop.last %}, {% endif %}{% else %}nothing{% endfor %} of {{ n }}"
    )
    template = MessageTemplate.from_strings(channel="sms", text=source)
    rows = [{"on": True, "items": "tea"}, {"on": True, "items": "rye"}, {"on": True, "items": ""}]
    assert template.render({"x": rows}).text == "1. tea!, 2. rye! of 3"


def test_html_escapes_values_and_text_does_not() -> None:
    template = MessageTemplate.from_strings(
        subject="{{ x }}", html="<p>{{ x }}</p>", text="{{ x }}"
    )
    rendered = template.render({"x": "<b>&"})
    assert rendered.html == "<p>&lt;b&gt;&amp;</p>"
    assert (rendered.subject, rendered.text) == ("<b>&", "<b>&")


def test_attributes_of_python_objects_are_out_of_reach() -> None:
    template = MessageTemplate.from_strings(channel="sms", text="{{ x.real }}{{ y.upper }}")
    with pytest.raises(TemplateError, match=r"x\.real"):
        template.render({"x": 1, "y": "a"})


def test_a_page_escapes_values_but_for_what_it_marks_as_safe() -> None:
    made = page("<i>{{ a }}</i>{{ b|safe }}", {"a": "<", "b": "<svg/>"})
    assert made == "<i>&lt;</i><svg/>"
