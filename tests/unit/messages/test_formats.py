"""Sources other than plain HTML and text: MJML, JSON, and a plain version made from HTML."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from xenorec.errors import BadInput, MissingPackage, TemplateError, TemplateRefused
from xenorec.messages import MessageTemplate
from xenorec.messages.mjml import mjml_to_html

MJML = """<mjml lang="en"><mj-body><mj-section><mj-column>
<mj-raw>{% for item in items %}</mj-raw>
<mj-text>{{ item.name|default("you") }}</mj-text>
<mj-image src="{{ item.image }}" alt="{{ item.name }}" />
<mj-raw>{% endfor %}</mj-raw>
</mj-column></mj-section></mj-body></mjml>"""


def template_folder(root: Path, channels: str, **files: str) -> Path:
    folder = root / "templates" / "own"
    folder.mkdir(parents=True)
    manifest = (
        f'title = "Own"\npurpose = "service"\nchannels = {channels}\nsubject = "Hello"\n'
        '[variables.items]\nmeaning = "Things."\ntype = "list"\n'
    )
    (folder / "template.toml").write_text(manifest)
    for name, text in files.items():
        (folder / f"{name.replace('_', '.')}.j2").write_text(text)
    return root


def test_mjml_is_compiled_before_the_values_are_filled_in(tmp_path: Path) -> None:
    pytest.importorskip("mrml")
    own = template_folder(tmp_path, '["email"]', email_mjml=MJML)
    items = [{"name": n, "image": f"https://a.example/{n}.png"} for n in ("<tea>", "rye")]
    rendered = MessageTemplate.load("own", own=own).render({"items": items})
    html = rendered.html or ""
    assert "&lt;tea&gt;" in html
    assert html.count("https://a.example/") == 2
    assert "<mj-" not in html
    assert rendered.subject == "Hello"
    assert rendered.text == "<tea>\n\nrye"


def test_hostile_mjml_is_refused_with_its_own_line(tmp_path: Path) -> None:
    own = template_folder(tmp_path, '["email"]', email_mjml="<mjml>\n\n{{ 9**9 }}</mjml>")
    with pytest.raises(TemplateRefused, match=r"email\.mjml\.j2, line 3"):
        MessageTemplate.load("own", own=own)


@pytest.mark.parametrize(
    "source",
    [
        "<mj-wrapper>" * 5_000 + "</mj-wrapper>" * 5_000,
        "<mj-raw>" + "<div>" * 5_000 + "</div>" * 5_000 + "</mj-raw>",
        "<mj-wrapper a='>'><!-- </mj-wrapper> -->" * 5_000 + "</mj-wrapper>" * 5_000,
    ],
)
def test_mjml_that_would_end_the_process_is_refused(source: str) -> None:
    with pytest.raises(TemplateRefused, match="inside each other"):
        mjml_to_html(f"<mjml><mj-body>{source}</mj-body></mjml>", "own/email.mjml.j2")


def test_a_file_beyond_measure_is_not_read(tmp_path: Path) -> None:
    own = template_folder(tmp_path, '["sms"]', sms_txt="a" * 800_001)
    with pytest.raises(TemplateRefused, match="800,001 bytes"):
        MessageTemplate.load("own", own=own)


def test_mjml_that_does_not_parse_is_refused() -> None:
    pytest.importorskip("mrml")
    with pytest.raises(TemplateRefused, match="does not parse"):
        mjml_to_html("<mjml><mj-body>", "own/email.mjml.j2")


def test_mjml_without_its_package_tells_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mrml", None)
    with pytest.raises(MissingPackage, match=r"pip install 'xenorec\[mjml\]'"):
        mjml_to_html("<mjml></mjml>", "nowhere/email.mjml.j2")


def test_a_json_channel_gives_json_whatever_the_values_hold(tmp_path: Path) -> None:
    source = '{"to": {{ items[0]|tojson }}}'
    own = template_folder(tmp_path, '["whatsapp"]', whatsapp_json=source)
    rendered = MessageTemplate.load("own", own=own).render({"items": ['a "b"\n</script>']})
    assert json.loads(rendered.text) == {"to": 'a "b"\n</script>'}


def test_json_that_is_broken_by_a_value_is_told(tmp_path: Path) -> None:
    own = template_folder(tmp_path, '["whatsapp"]', whatsapp_json='{"to": "{{ items[0] }}"}')
    with pytest.raises(TemplateError, match="filter tojson"):
        MessageTemplate.load("own", own=own).render({"items": ['a "b"']})


def test_an_email_without_text_gets_one_from_its_html() -> None:
    html = '<style>p{}</style><h1>Hi  there</h1><p>See <a href="https://a.example">the shop</a></p>'
    text = MessageTemplate.from_strings(subject="s", html=html).render({}).text
    assert text == "Hi there\n\nSee the shop (https://a.example)"


@pytest.mark.parametrize(
    "given",
    [{"html": "x"}, {"subject": "x"}, {"channel": "sms"}, {"channel": "sms", "subject": "x"}],
)
def test_a_channel_without_its_parts_is_told(given: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        MessageTemplate.from_strings(**given)  # type: ignore[arg-type]


def test_the_hash_of_a_body_tells_its_parts_apart() -> None:
    def hash_of(subject: str, text: str) -> str:
        return MessageTemplate.from_strings(subject=subject, text=text).render({}).body_hash

    assert hash_of("a", "bc") == hash_of("a", "bc")
    assert len({hash_of("a", "bc"), hash_of("ab", "c"), hash_of("a", "bd")}) == 3
