from __future__ import annotations

import pytest

from xenorec.errors import TemplateError, TemplateRefused
from xenorec.messages import (
    MessageTemplate,
    jinja_environment,
    page,
    render_budget,
    template_allowlist,
)

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
    "{{ '%s'|format(x) }}": "format",
    "{{ x|list }}": "list",
    "{{ x|batch(2) }}": "batch",
    "{{ x|indent(1000000) }}": "indent",
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


LARGE = {
    "joined": "{{ " + "~".join("x" * 30_000) + " }}",
    "added": "{{ " + "+".join("x" * 30_000) + " }}",
    "and": "{{ " + " and ".join("x" * 10_000) + " }}",
    "compared": "{% if " + "<".join("1" * 30_000) + " %}{% endif %}",
    "fields": "{{ x" + ".a" * 30_000 + " }}",
    "places": "{{ x" + "[0]" * 20_000 + " }}",
    "slices": "{{ x" + "[1:]" * 15_000 + " }}",
    "filters": "{{ x" + "|upper" * 10_000 + " }}",
    "tests": "{% if x" + " is defined" * 5_000 + " %}{% endif %}",
    "not": "{{ " + "not " * 15_000 + "x }}",
    "minus": "{{ " + "-" * 60_000 + "1 }}",
    "brackets": "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
    "list": "{{ [" + "1," * 30_000 + "]|length }}",
    "lists": "{{ " + "[" * 30_000 + "]" * 30_000 + " }}",
    "arguments": "{{ x|default(" + "1," * 30_000 + "1) }}",
    "else if": "{{ " + "1 if x else " * 6_000 + "2 }}",
    "ifs": "{% if x %}" * 6_000 + "{% endif %}" * 6_000,
    "elifs": "{% if x %}" + "{% elif x %}a" * 5_000 + "{% endif %}",
    "printed": "{{x}}" * 12_000,
    "sets": "".join(f"{{% set a{n} = 1 %}}" for n in range(4_000)),
    "loops": "{% for a in x %}{% endfor %}" * 2_000,
    "names": "".join(f"{{{{ v{n} }}}}" for n in range(6_000)),
    "comments": "{##}" * 15_000,
    "open": "{{" * 30_000,
    "number": "{{ " + "9" * 60_000 + " }}",
    "no character": "{{ '\\U00110000' }}",
    "no literal": "{{ '\\x' }}",
    "unclosed raw": "{% raw %}" * 6_000,
    "unclosed comment": "{#" * 30_000,
}


@pytest.mark.parametrize("source", LARGE.values(), ids=LARGE)
def test_a_template_that_is_too_much_to_compile_is_refused(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("it was compiled")

    monkeypatch.setattr(jinja_environment.GuardedEnvironment, "compile", never)
    with pytest.raises(TemplateRefused):
        MessageTemplate.from_strings(channel="sms", text=source)


def test_what_is_allowed_stays_within_counts_and_says_them() -> None:
    fits, over = template_allowlist.MAX_NODES - 10, template_allowlist.MAX_NODES + 10
    MessageTemplate.from_strings(channel="sms", text="{{ " + "~".join(["x"] * fits) + " }}")
    with pytest.raises(
        TemplateRefused, match=f"more than {template_allowlist.MAX_NODES:,} constructs"
    ):
        MessageTemplate.from_strings(channel="sms", text="{{ " + "~".join(["x"] * over) + " }}")
    deep = "{% if x %}" * (template_allowlist.MAX_DEPTH + 1) + "{% endif %}" * (
        template_allowlist.MAX_DEPTH + 1
    )
    with pytest.raises(
        TemplateRefused, match=f"line 1: .*{template_allowlist.MAX_DEPTH} constructs inside"
    ):
        MessageTemplate.from_strings(channel="sms", text=deep)


@pytest.mark.parametrize("error", [RecursionError, OverflowError, MemoryError, ZeroDivisionError])
def test_whatever_the_parser_raises_is_a_refusal(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise error("inside")

    monkeypatch.setattr(jinja_environment.GuardedEnvironment, "parse", fails)
    with pytest.raises(TemplateRefused, match=error.__name__):
        MessageTemplate.from_strings(channel="sms", text=f"{{{{ {error.__name__} }}}}")


WORKING = {
    "filters": "{% for a in l %}{% if x|upper|lower|title|upper|length %}{% endif %}{% endfor %}",
    "lengths": "{% for a in l %}" + "{% if x|length %}{% endif %}" * 300 + "{% endfor %}",
    "slices": "{% for a in l %}{% if x[1:] %}{% endif %}{% endfor %}",
    "slices of lists": "{% for a in l %}{% if l[1:] %}{% endif %}{% endfor %}",
    "comparisons": "{% for a in l %}{% if x == y %}{% endif %}{% endfor %}",
    "comparisons of lists": "{% for a in l %}{% if [l, l] == [l, l] %}{% endif %}{% endfor %}",
    "searches": "{% for a in l %}{% if y in x %}{% endif %}{% endfor %}",
    "searches in lists": "{% for a in l %}{% if a in l %}{% endif %}{% endfor %}",
    "tests": "{% for a in l %}{% if y is in x %}{% endif %}{% endfor %}",
    "sums": "{% for a in l %}{% if x + x + x %}{% endif %}{% endfor %}",
    "sums of lists": "{% for a in l %}{% if l + l %}{% endif %}{% endfor %}",
    "joins": "{% for a in l %}{% if x ~ x %}{% endif %}{% endfor %}",
    "joined lists": "{% for a in l %}{% if l|join %}{% endif %}{% endfor %}",
    "json": "{% for a in l %}{% if l|tojson %}{% endif %}{% endfor %}",
    "sets": "{% for a in l %}{% set b = x|upper %}{% endfor %}",
    "bodies": "{% for a in l %}" + "{% if a %}{% endif %}" * 600 + "{% endfor %}",
    "one long join": "{{ " + "~".join(["x"] * 1_500) + " }}",
}


@pytest.mark.parametrize("source", WORKING.values(), ids=WORKING)
def test_a_rendering_is_bounded_by_its_work(source: str) -> None:
    template = MessageTemplate.from_strings(channel="sms", text=source)
    values = {"l": list(range(9_000)), "x": "x" * 90_000, "y": "x" * 80_000 + "y"}
    with pytest.raises(TemplateError, match="does too much work"):
        template.render(values)


def test_work_is_counted_by_characters_entries_and_expressions() -> None:
    budget = render_budget.RenderBudget(n_rounds=10, n_characters=1_000)
    budget.charge(render_budget.size("a" * 99))
    budget.charge(render_budget.size([1] * 9))
    budget.enter_loop(5, 4, "the loop")
    assert (budget.n_rounds, budget.n_characters) == (
        5,
        1_000 - 100 - 100 - 5 * 4 * render_budget.STEP,
    )
    assert render_budget.deep_size([["ab"], {"a": "c"}]) > render_budget.size([1, 2])
    with pytest.raises(TemplateError, match="too many rounds"):
        budget.enter_loop(6, 0, "the loops")


def test_the_output_is_counted_in_bytes() -> None:
    template = MessageTemplate.from_strings(channel="push", text="{{ x }}{{ x }}{{ x }}{{ x }}")
    assert template.render({"x": "a" * 240_000}).text
    with pytest.raises(TemplateError, match="grows past 1,000,000 bytes"):
        template.render({"x": "ж" * 240_000})


def test_an_error_of_a_value_is_a_template_error() -> None:
    nested: list[object] = []
    for _ in range(50_000):
        nested = [nested]
    template = MessageTemplate.from_strings(channel="push", text="{{ x|tojson }}{{ 1e300|round }}")
    for value in (nested, "a"):
        with pytest.raises(TemplateError):
            template.render({"x": value})


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
