"""The channel smtp against a real mail server in this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import HANGING
from xenorec.channels import Envelope, SmtpChannel
from xenorec.email_headers import Mailbox, address_line
from xenorec.errors import ConfigError, NotSupported, UnknownName
from xenorec.schema.enums import DeliveryState, Reason

controller = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd is not installed")

MAIL = (
    b"From: Shop <hello@shop.example>\r\nTo: ann@mail.example\r\n"
    b"Subject: Hello\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\nHello \xc3\xa9\r\n.\r\n.. dots\r\n"
)


class Handler:
    """Takes mail, or answers what a test tells it to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answer = self.answers.get("rcpt", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answer = self.answers.get("mail", "250 OK")
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answers.get("data", "250 kept as 17")
        if answer.startswith("250"):
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return answer


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def channel(handler: Handler) -> Iterator[SmtpChannel]:
    server = controller.Controller(
        handler, hostname="127.0.0.1", port=free_port(), ready_timeout=HANGING
    )
    server.start()
    made = SmtpChannel("127.0.0.1", server.port, security="none", timeout=HANGING)
    yield made
    made.close()
    server.stop()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def mail(to: str = "ann@mail.example", raw: bytes | None = MAIL) -> Envelope:
    return Envelope("c/1/a", "email", to, "Hello", "Hello", raw)


def test_a_message_arrives_to_the_byte(channel: SmtpChannel, handler: Handler) -> None:
    result = channel.send(mail())
    assert (result.state, result.provider_id) == (DeliveryState.SENT, "kept as 17")
    assert handler.taken == [("hello@shop.example", ["ann@mail.example"], MAIL)]


@pytest.mark.parametrize(
    "name", ["Shop, Inc.", "Käse, x <evil@mail.example>", "=?utf-8?q?x_=3Cevil=40mail.example=3E?="]
)
def test_the_sender_is_the_address_behind_whatever_name(
    channel: SmtpChannel, handler: Handler, name: str
) -> None:
    line = address_line(Mailbox(name, "hello@shop.example"))
    raw = f"From: {line}\r\nTo: ann@mail.example\r\n\r\nHi\r\n".encode()
    assert channel.send(mail(raw=raw)).state == DeliveryState.SENT
    assert [sender for sender, _, _ in handler.taken] == ["hello@shop.example"]


@pytest.mark.parametrize(
    ("stage", "answer", "is_channel_fault"),
    [
        ("mail", "550 5.7.60 no permission to send as this sender", True),
        ("mail", "451 try later", True),
        ("rcpt", "530 authentication required", True),
        ("data", "421 too many messages", True),
        ("rcpt", "450 greylisted", False),
        ("rcpt", "550 no such user", False),
        ("data", "554 not wanted", False),
    ],
)
def test_whose_fault_a_refusal_is(
    channel: SmtpChannel, handler: Handler, stage: str, answer: str, is_channel_fault: bool
) -> None:
    handler.answers[stage] = answer
    said = channel.send(mail())
    assert said.is_channel_fault is is_channel_fault
    assert str(said.detail).startswith(answer[:3])
    assert "ann@mail.example" not in str(said.detail)
    handler.answers.clear()
    assert channel.send(mail()).state == DeliveryState.SENT


def test_one_connection_takes_many_messages(channel: SmtpChannel, handler: Handler) -> None:
    channel.send(mail())
    first = channel._server
    handler.answers["rcpt"] = "550 no such user"
    channel.send(mail())
    handler.answers.clear()
    assert channel.send(mail()).state == DeliveryState.SENT
    assert channel._server is first


@pytest.mark.parametrize("stage", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("answer", "state", "reason", "again"),
    [
        ("451 try later", DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE, True),
        ("550 no such user", DeliveryState.FAILED, Reason.PROVIDER_REFUSED, False),
        ("421 closing", DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE, True),
    ],
)
def test_what_the_server_says_is_what_is_kept(
    channel: SmtpChannel,
    handler: Handler,
    stage: str,
    answer: str,
    state: DeliveryState,
    reason: Reason,
    again: bool,
) -> None:
    handler.answers[stage] = answer
    result = channel.send(mail())
    assert (result.state, result.reason, result.is_worth_retrying) == (state, reason, again)
    assert handler.taken == []


@pytest.mark.parametrize("to", ["nobody", "a@b\r\nRCPT TO:<evil@x>", "<a@b>", "é@b.example", ""])
def test_an_address_that_is_none_never_reaches_the_server(
    channel: SmtpChannel, handler: Handler, to: str
) -> None:
    result = channel.send(mail(to))
    assert (result.state, result.reason) == (DeliveryState.FAILED, Reason.INVALID_ADDRESS)


def test_nobody_listening_is_tried_again() -> None:
    channel = SmtpChannel("127.0.0.1", free_port(), security="none", timeout=HANGING)
    assert channel.send(mail()).is_worth_retrying


def test_a_server_without_encryption_is_not_used(channel: SmtpChannel, handler: Handler) -> None:
    strict = SmtpChannel(channel.host, channel.port, timeout=HANGING)
    assert strict.send(mail()).is_worth_retrying
    assert handler.taken == []


def test_a_log_in_that_is_refused_fails_nobodys_message(
    channel: SmtpChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_USER", "shop")
    monkeypatch.setenv("SMTP_PASSWORD", "wrong")
    made = SmtpChannel(
        channel.host,
        channel.port,
        "env:SMTP_USER",
        "env:SMTP_PASSWORD",
        security="none",
        timeout=HANGING,
    )
    assert made.send(mail()).is_worth_retrying


def lost_after(part: str) -> int:
    """Start a server that closes the connection after one part of the talk; return its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        talk, _ = listener.accept()
        with talk, listener, talk.makefile("rwb") as stream:
            stream.write(b"220 ready\r\n")
            stream.flush()
            for line in stream:
                word = line[:4].upper()
                if part == "mail" and word == b"MAIL":
                    return
                answers = {b"DATA": b"354 go on\r\n"}
                stream.write(answers.get(word, b"250 OK\r\n"))
                stream.flush()
                if word == b"DATA":
                    while stream.readline() not in (b".\r\n", b""):
                        pass
                    return

    threading.Thread(target=serve, daemon=True).start()
    return int(listener.getsockname()[1])


def test_a_connection_lost_after_the_data_leaves_a_doubt() -> None:
    channel = SmtpChannel("127.0.0.1", lost_after("data"), security="none", timeout=HANGING)
    result = channel.send(mail())
    assert (result.state, result.is_worth_retrying) == (DeliveryState.IN_DOUBT, False)


def test_a_connection_lost_before_the_data_is_tried_again() -> None:
    channel = SmtpChannel("127.0.0.1", lost_after("mail"), security="none", timeout=HANGING)
    assert channel.send(mail()).is_worth_retrying


def test_a_mail_server_cannot_be_asked_later(channel: SmtpChannel) -> None:
    with pytest.raises(NotSupported, match="smtp"):
        channel.lookup("c/1/a")


def test_all_mistakes_of_the_settings_are_told_at_once() -> None:
    settings = {"hots": "x", "password": "hunter2", "port": "587", "security": "ssl"}
    with pytest.raises(ConfigError) as told:
        SmtpChannel.from_settings(settings)
    text = str(told.value)
    assert all(word in text for word in ("'host'", "host: is missing", "env:NAME", "port", "ssl"))
    assert "hunter2" not in text


def test_a_credential_that_is_not_there_is_told(
    channel: SmtpChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    made = SmtpChannel(channel.host, channel.port, "env:NOT_SET", "env:NOT_SET", security="none")
    with pytest.raises(UnknownName, match="NOT_SET"):
        made.send(mail())
