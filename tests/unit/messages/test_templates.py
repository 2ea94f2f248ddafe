"""Every shipped template renders, in each of its channels, and looks as it did."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.messages.shop import GOLDEN, barest, full
from xenorec.config import content
from xenorec.errors import BadInput, NotSupported, TemplateError
from xenorec.messages import MessageTemplate, check_context, lint, preview_html, sms_length

TEMPLATES = content.names("templates")
CASES = [(name, channel) for name in TEMPLATES for channel in MessageTemplate.load(name).channels]


def test_templates_are_shipped() -> None:
    shipped = ("after-eid", "replenish", "winback")
    assert set(shipped) <= set(TEMPLATES)
    for name in shipped:
        assert any(arm["image"] for arm in MessageTemplate.load(name).arms.values())


@pytest.mark.parametrize("made", [full, barest])
@pytest.mark.parametrize(("name", "channel"), CASES)
def test_every_template_renders_in_each_channel(
    name: str, channel: str, made: Callable[[], dict[str, Any]]
) -> None:
    context = made()
    check_context(context)
    template = MessageTemplate.load(name)
    rendered = template.render(context, channel=channel)
    assert lint(rendered, purpose=template.purpose) == []
    assert rendered.body_hash == template.render(context, channel=channel).body_hash
    if channel == "sms":
        assert sms_length(rendered.text).n_segments == 1


@pytest.mark.parametrize(("name", "channel"), CASES)
def test_messages_look_as_they_did(name: str, channel: str) -> None:
    """Set UPDATE_GOLDEN=1 to accept a change after looking at it."""
    rendered = MessageTemplate.load(name).render(full(), channel=channel)
    parts = {"subject.txt": rendered.subject, "html": rendered.html, "txt": rendered.text}
    for ending, text in parts.items():
        path = GOLDEN / f"{name}.{channel}.{ending}"
        if text is None:
            continue
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text + "\n", "utf-8")
        assert text + "\n" == path.read_text("utf-8")


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_arm_has_a_picture_that_can_be_shown(name: str) -> None:
    template = MessageTemplate.load(name)
    for arm_id, arm in template.arms.items():
        if arm["image"] is None:
            continue
        hero = {"creative_id": arm_id, "image": arm["image"], "alt": arm["alt"]}
        rendered = template.render({**full(), "hero": hero}, channel="email")
        assert len(rendered.images[arm["image"].removeprefix("cid:")]) < 150_000


def test_a_message_without_a_name_reads_naturally() -> None:
    template = MessageTemplate.load("winback")
    named, plain = (template.render(made(), channel="email") for made in (full, barest))
    assert named.subject == "Ana, we kept a few things for you"
    assert plain.subject == "We kept a few things for you"
    assert "We miss you, Ana." in named.text
    assert "We miss you." in plain.text


def test_an_arabic_message_is_written_from_the_right() -> None:
    rendered = MessageTemplate.load("winback").render({**full(), "locale": "ar_SA"})
    assert '<html lang="ar-SA" dir="rtl"' in (rendered.html or "")


@pytest.mark.parametrize(
    ("locale", "subject", "button"),
    [
        ("en-IN", "Ana, back to the everyday after Eid", "See your basket"),
        ("es-MX", "Ana, para volver al día a día después de Eid", "Ver mi cesta"),
        ("hi-IN", "Ana, ईद के बाद, रोज़ की ज़रूरतें", "टोकरी देखें"),
        ("ar-SA", "Ana، ما تحتاجونه بعد العيد", "عرض السلة"),
        ("fr-FR", "Ana, back to the everyday after Eid", "See your basket"),
    ],
)
def test_after_eid_speaks_the_language_of_the_customer(
    locale: str, subject: str, button: str
) -> None:
    template = MessageTemplate.load("after-eid")
    rendered = template.render({**full(), "locale": locale}, channel="email")
    assert rendered.subject == subject
    assert button in (rendered.html or "")
    assert button in rendered.text
    assert lint(rendered) == []
    sms = template.render({**full(), "locale": locale}, channel="sms")
    assert sms_length(sms.text).n_segments <= 2
    assert lint(sms) == []


def test_after_eid_does_not_guess_anybodys_faith() -> None:
    """It goes to customers of every faith: no greeting that only fits those who celebrate."""
    for channel in ("email", "sms"):
        text = MessageTemplate.load("after-eid").render(full(), channel=channel).text
        assert "Mubarak" not in text
        assert "your Eid" not in text


def test_a_large_message_stays_below_what_mail_programs_cut_off() -> None:
    context = full()
    shelf = context["shelves"][0]
    context["shelves"] = [
        {
            **shelf,
            "items": [{**shelf["items"][0], "product_id": f"{row}-{n}"} for n in range(8)],
        }
        for row in range(5)
    ]
    html = MessageTemplate.load("winback").render(context).html or ""
    assert len(html.encode()) < 100_000


def test_pictures_travel_with_the_message_and_show_in_its_preview() -> None:
    rendered = MessageTemplate.load("winback").render(full())
    assert list(rendered.images) == ["dairy.png"]
    assert "cid:" not in preview_html(rendered)


def test_a_picture_that_is_not_there_is_told_with_its_nearest_name() -> None:
    context = barest()
    context["shelves"][0]["items"][0]["image"] = "cid:diary.png"
    with pytest.raises(TemplateError, match=r"Did you mean 'dairy\.png'"):
        MessageTemplate.load("winback").render(context)


def test_a_channel_that_a_template_does_not_have_is_told() -> None:
    with pytest.raises(NotSupported, match="It has: email, sms"):
        MessageTemplate.load("winback").render(full(), channel="whatsapp")


def test_a_wrong_context_is_told_whole() -> None:
    context = full()
    context["brand"]["color"] = "green"
    context["button_url"] = "/m/k7"
    context["shelves"][1]["items"][0] |= {"product_id": "p1", "title": None, "url": "javascript:x"}
    with pytest.raises(BadInput) as caught:
        check_context(context)
    text = str(caught.value)
    for told in ("brand.color", "button_url", "shelves[1].items[0].title", "items[0].url", "'p1'"):
        assert told in text
    with pytest.raises(BadInput, match="at least one shelf"):
        check_context({**full(), "shelves": []})
