from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from xenorec.errors import BadInput, NaiveTimestamp, NotSupported
from xenorec.messages import MessageTemplate, RenderedMessage, to_mime

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


def test_a_subject_with_a_line_break_is_refused() -> None:
    message = RenderedMessage("email", subject="Hi\r\nBcc: x@example.com", text="Hi")
    with pytest.raises(BadInput, match="Subject"):
        to_mime(message, **GIVEN)


def test_a_date_without_zone_and_another_channel_are_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        to_mime(rendered(), **{**GIVEN, "date": datetime(2017, 11, 2)})  # noqa: DTZ001
    with pytest.raises(NotSupported):
        to_mime(RenderedMessage("sms", text="Hi"), **GIVEN)
