from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from xenorec.errors import BadInput, NaiveTimestamp, NotSupported
from xenorec.messages import MessageTemplate, RenderedMessage, mime, to_mime

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
GIVEN: dict[str, Any] = {
    "sender": "Märkt <hello@riverside.example>",
    "to": "ana@example.com",
    "message_id": "<k7@riverside.example>",
    "date": datetime(2017, 11, 2, 9, 30, tzinfo=UTC),
    "unsubscribe_url": "https://riverside.example/unsubscribe/" + "k" * 300,
}


def rendered() -> RenderedMessage:
    template = MessageTemplate.from_strings(
        subject="Größe, سارة and a subject that is long enough to be folded on the wire, it is",
        html='<p>Käse</p><img src="cid:a.png" alt="A">',
        text="Käse\n.\nFrom here",
        images={"a.png": PNG, "unused.png": b"x"},
    )
    return template.render({})


def parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_an_email_is_read_back_as_it_was_written() -> None:
    message = parsed(to_mime(rendered(), **GIVEN))
    assert message["Subject"] == rendered().subject
    assert message["From"].addresses[0].display_name == "Märkt"
    assert message["Message-ID"] == GIVEN["message_id"]
    assert message["Date"].datetime == GIVEN["date"]
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
    ]
    _, _, text, html, image = message.walk()
    assert text.get_content().split() == ["Käse", ".", "From", "here"]
    assert "<p>Käse</p>" in html.get_content()
    assert image.get_content() == PNG
    cid = image["Content-ID"].strip("<>")
    assert f'src="cid:{cid}"' in html.get_content()


def test_one_click_unsubscribe_stands_whole_in_the_headers() -> None:
    data = to_mime(rendered(), **GIVEN)
    assert f"\r\nList-Unsubscribe: <{GIVEN['unsubscribe_url']}>\r\n".encode() in data
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in data


def test_a_service_message_has_no_unsubscribe_header() -> None:
    assert b"List-Unsubscribe" not in to_mime(rendered(), **{**GIVEN, "unsubscribe_url": None})


def test_the_same_message_gives_the_same_bytes_with_short_ascii_lines() -> None:
    data = to_mime(rendered(), **GIVEN)
    assert data == to_mime(rendered(), **GIVEN)
    assert max(map(len, data.split(b"\r\n"))) < 998
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert data.isascii()


def test_a_message_without_pictures_or_html_is_simpler() -> None:
    html = MessageTemplate.from_strings(subject="s", html="<p>Hi</p>").render({})
    text = MessageTemplate.from_strings(subject="s", text="Hi").render({})
    assert parsed(to_mime(html, **GIVEN)).get_content_type() == "multipart/alternative"
    assert parsed(to_mime(text, **GIVEN)).get_content().strip() == "Hi"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sender", "Shop\r\nBcc: all@example.com <a@b.example>"),
        ("to", "ana@example.com\nBcc: all@example.com"),
        ("to", "ana@example.com, bob@example.com"),
        ("to", "ana"),
        ("to", "änä@example.com"),
        ("message_id", "<a@b>\r\nX: 1"),
        ("message_id", "a@b"),
        ("unsubscribe_url", "https://a.example/\r\nX: 1"),
        ("unsubscribe_url", "https://a.example/> <b"),
        ("unsubscribe_url", "/unsubscribe"),
    ],
)
def test_a_header_cannot_be_smuggled_in(name: str, value: str) -> None:
    with pytest.raises(BadInput):
        to_mime(rendered(), **{**GIVEN, name: value})


WHOLE_MAIL = "=?utf-8?q?Ana=0d=0aContent-Type:_text/html=0d=0a=0d=0a<h1>Hi</h1>?="


@pytest.mark.parametrize(
    "name",
    [
        WHOLE_MAIL,
        "=?utf-8?b?QW5hDQpCY2M6IHhAZXZpbC5leGFtcGxl?=",
        "Ana =?utf-8?q?=0d=0aBcc:_x@evil.example?= B",
        "=?us-ascii?q?Ana=0aBcc:_x?=",
        "=?utf-8?Q?=C3=84?==?utf-8?Q?=0D=0A?=",
        "=?utf-8?q?" + "x" * 100 + "?=",
    ],
)
@pytest.mark.parametrize("field", ["first_name", "brand", "title"])
def test_no_value_of_any_field_is_decoded_in_any_header(name: str, field: str) -> None:
    template = MessageTemplate.from_strings(
        subject="Hi {{ x }}", html="<p>{{ x }}</p>", text="{{ x }}"
    )
    sender = f"{name} <hello@riverside.example>" if field == "brand" else GIVEN["sender"]
    made = template.render({"x": name})
    data = to_mime(made, **{**GIVEN, "sender": sender})
    message = parsed(data)
    plain = {"List-Unsubscribe", "List-Unsubscribe-Post", "Message-ID", "Date", "MIME-Version"}
    assert set(message) == plain | {"From", "To", "Subject", "Content-Type"}
    assert len(list(message)) == 9, "no header stands twice"
    assert message["Subject"] == f"Hi {name}"
    assert message.get_content_type() == "multipart/alternative"
    assert message["From"].addresses[0].addr_spec == "hello@riverside.example"


def test_the_finished_bytes_are_compared_with_what_was_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mime, "unstructured", lambda text, *, name: text)  # a careless writer
    for subject in ("Hi\r\nBcc: x@evil.example", "Hi\r\n\r\n<h1>", "=?utf-8?q?A?="):
        message = RenderedMessage("email", subject=subject, text="Hi")
        with pytest.raises(BadInput, match="wrote more than itself"):
            to_mime(message, **GIVEN)


@pytest.mark.parametrize(
    "sender",
    [
        "Shop, Inc. <hello@riverside.example>",
        'Shop "A" <hello@riverside.example>',
        "Größe & Söhne <hello@käse.example>",
        "A <b@c.example> <hello@riverside.example>",
    ],
)
def test_every_brand_can_be_a_sender(sender: str) -> None:
    message = parsed(to_mime(rendered(), **{**GIVEN, "sender": sender}))
    assert len(message["From"].addresses) == 1
    assert message["From"].addresses[0].display_name == sender.rpartition(" <")[0]


def test_a_picture_with_any_name_stands_in_ascii_headers() -> None:
    template = MessageTemplate.from_strings(
        subject="s", html='<img src="cid:bäckerei.png" alt="B">', images={"bäckerei.png": PNG}
    )
    data = to_mime(template.render({}), **GIVEN)
    *_, image = parsed(data).walk()
    assert data.isascii()
    assert image.get_content() == PNG
    assert image["Content-ID"].strip("<>") in parsed(data).get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_half_a_character_is_refused() -> None:
    with pytest.raises(BadInput, match="half a character"):
        to_mime(RenderedMessage("email", subject="s", text="\ud800"), **GIVEN)


def test_a_subject_with_a_line_break_is_refused() -> None:
    message = RenderedMessage("email", subject="Hi\r\nBcc: x@example.com", text="Hi")
    with pytest.raises(BadInput, match="Subject"):
        to_mime(message, **GIVEN)


def test_a_date_without_zone_and_another_channel_are_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        to_mime(rendered(), **{**GIVEN, "date": datetime(2017, 11, 2)})  # noqa: DTZ001
    with pytest.raises(NotSupported):
        to_mime(RenderedMessage("sms", text="Hi"), **GIVEN)
