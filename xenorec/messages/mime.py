"""An e-mail on the wire: multipart/related around multipart/alternative, one-click unsubscribe."""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from hashlib import sha256
from pathlib import PurePath
from urllib.parse import quote

from xenorec.email_headers import (
    ENCODED,
    Mailbox,
    address_line,
    decoded,
    mailbox,
    unfolded,
    unstructured,
)
from xenorec.errors import BadInput, NaiveTimestamp, NotSupported
from xenorec.messages.inline_images import TYPES, replace_references
from xenorec.messages.rendered_message import RenderedMessage

_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_URL = re.compile(r"https?://[!-;=?-~]{1,900}")


def to_mime(
    rendered: RenderedMessage,
    *,
    sender: str,
    to: str,
    message_id: str,
    date: datetime,
    unsubscribe_url: str | None,
) -> bytes:
    """Return the e-mail as bytes with CRLF line ends; equal arguments give equal bytes.

    ``sender`` is ``Name <address>`` or an address, ``to`` an address, ``message_id`` looks like
    ``<id@shop.example>``, ``date`` carries its zone. With ``unsubscribe_url`` the headers
    List-Unsubscribe and List-Unsubscribe-Post are set (RFC 8058); a service message gives None.

    Raises BadInput for a line break or control character in a header (header injection) or a
    malformed address, NaiveTimestamp for a date without zone.
    """
    head = check_head(rendered, sender=sender, to=to, unsubscribe_url=unsubscribe_url)
    if not _MESSAGE_ID.fullmatch(message_id) or ENCODED in message_id:
        raise BadInput(f"message_id looks like <id@shop.example>, got {message_id!r}.")
    parts = MimeParts.of(rendered, head.sender.domain)
    kind, body = _body(parts, _boundary(message_id, rendered))
    headers = {
        "From": address_line(head.sender),
        "To": address_line(head.to),
        "Subject": unstructured(head.subject, name="Subject"),
        "Date": _date(date),
        "MIME-Version": "1.0",
        "Message-ID": message_id,
        **_unsubscribe(unsubscribe_url),
        **kind,
    }
    data = _part(headers, body)
    _check_bytes(data, headers, head, parts)
    return data


@dataclass(frozen=True)
class MessageHeaders:
    """What a reader is to see in the headers of a message."""

    sender: Mailbox
    to: Mailbox
    subject: str


def check_head(
    rendered: RenderedMessage, *, sender: str, to: str, unsubscribe_url: str | None
) -> MessageHeaders:
    """Return what the headers of an e-mail are to say; raises BadInput where they cannot."""
    if rendered.channel != "email" or rendered.subject is None:
        raise NotSupported(f"Only an e-mail becomes MIME; this is a {rendered.channel!r} message.")
    with _name_header("From"):
        by = mailbox(sender)
    with _name_header("Subject"):
        unstructured(rendered.subject, name="Subject")
    _unsubscribe(unsubscribe_url)
    return MessageHeaders(by, _recipient(to), rendered.subject)


def _recipient(to: str) -> Mailbox:
    try:
        return mailbox(to)
    except BadInput:
        raise BadInput(
            "To holds no e-mail address that every mail server takes; expected one such as "
            "ana@shop.example (the one that came is not repeated here)."
        ) from None


@contextmanager
def _name_header(header: str) -> Iterator[None]:
    """Say in which header a value cannot stand."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{header}: {error}") from error


@dataclass(frozen=True)
class MimeParts:
    """What stands in the parts of a message: texts by subtype, and pictures in base64 by name."""

    texts: Mapping[str, bytes]
    images: Mapping[str, bytes]
    cids: Mapping[str, str]

    @classmethod
    def of(cls, rendered: RenderedMessage, domain: str) -> MimeParts:
        """Take a message apart; raises BadInput for half a character."""
        cids = {name: f"{_file_name(name)}@{domain}" for name in rendered.images}
        texts = {"plain": _bytes("plain", rendered.text)}
        if rendered.html is not None:
            links = {name: f"cid:{cid}" for name, cid in cids.items()}
            texts["html"] = _bytes("html", replace_references(rendered.html, links))
        return cls(texts, {name: _base64(data) for name, data in rendered.images.items()}, cids)

    @property
    def kinds(self) -> list[str]:
        """The content type of each part, in order."""
        texts = [f"text/{subtype}" for subtype in self.texts]
        return [*texts, *(_image_type(name) for name in self.images)]


def _bytes(subtype: str, text: str) -> bytes:
    """Return a text with CRLF line ends, one at its end."""
    plain = f"{text}\n".replace("\r\n", "\n").replace("\r", "\n")
    try:
        return plain.replace("\n", "\r\n").encode()
    except UnicodeEncodeError as error:
        raise BadInput(f"The {subtype} part holds half a character: {error}") from error


@lru_cache(maxsize=256)
def _base64(data: bytes) -> bytes:
    return encodebytes(data).replace(b"\n", b"\r\n")


def _body(parts: MimeParts, boundary: str) -> tuple[dict[str, str], bytes]:
    """Return the headers that tell the body's kind, and the body."""
    texts = [_text(subtype, data) for subtype, data in parts.texts.items()]
    if len(texts) == 1:
        return texts[0]
    both = _multipart("alternative", f"A{boundary}", [_part(*text) for text in texts])
    if not parts.images:
        return both
    images = [_image(name, data, parts.cids[name]) for name, data in parts.images.items()]
    return _multipart("related", f"R{boundary}", [_part(*both), *images])


def _text(subtype: str, data: bytes) -> tuple[dict[str, str], bytes]:
    kind = {
        "Content-Type": f'text/{subtype}; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }
    return kind, b2a_qp(data, istext=True)


def _multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> tuple[dict[str, str], bytes]:
    inner = 'type="multipart/alternative"; ' if subtype == "related" else ""
    kind = {"Content-Type": f'multipart/{subtype}; {inner}boundary="{boundary}"'}
    line = f"--{boundary}".encode()
    return kind, b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


def _image(name: str, data: bytes, cid: str) -> bytes:
    kind = {
        "Content-Type": _image_type(name),
        "Content-Transfer-Encoding": "base64",
        "Content-Disposition": f'inline; filename="{_file_name(name)}"',
        "Content-ID": f"<{cid}>",
    }
    return _part(kind, data)


def _image_type(name: str) -> str:
    return f"image/{TYPES[PurePath(name).suffix]}"


def _part(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return plain ASCII headers, an empty line and a body."""
    return "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() + b"\r\n" + body


def _unsubscribe(url: str | None) -> dict[str, str]:
    if url is None:
        return {}
    if not _URL.fullmatch(url) or ENCODED in url:
        raise BadInput(f"unsubscribe_url must be an absolute http(s) address, got {url!r}.")
    return {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _file_name(name: str) -> str:
    """Return a picture's name as it may stand in a header: ASCII letters and digits."""
    return quote(name, safe="").replace("%", "_")


def _check_bytes(
    data: bytes, headers: Mapping[str, str], head: MessageHeaders, parts: MimeParts
) -> None:
    """Parse the finished message as a reader would, and compare it with what was meant.

    Raises BadInput where a header was added, lost or reads otherwise, or a part is not the one
    that was rendered: then some value wrote more than itself.
    """
    found = message_from_bytes(data)
    wrong = [*_wrong_headers(found, headers, head), *_wrong_parts(found, parts)]
    if wrong:
        raise BadInput(
            f"The finished e-mail does not read back as what was meant ({', '.join(wrong)}): a "
            "value in it wrote more than itself."
        )


def _wrong_headers(found: Message, headers: Mapping[str, str], head: MessageHeaders) -> list[str]:
    name, address = parseaddr(unfolded(found["From"]))
    seen = Mailbox(decoded(name), address), parseaddr(unfolded(found["To"]))[1]
    meant = {name: unfolded(value) for name, value in headers.items()}
    checks = {
        "headers": [(key, unfolded(value)) for key, value in found.items()] == [*meant.items()],
        "From": seen[0] == head.sender,
        "To": seen[1] == head.to.address,
        "Subject": decoded(found["Subject"]) == head.subject,
    }
    return [name for name, is_right in checks.items() if not is_right]


def _wrong_parts(found: Message, parts: MimeParts) -> list[str]:
    leaves = [part for part in found.walk() if not part.is_multipart()]
    if [part.get_content_type() for part in leaves] != parts.kinds:
        return ["parts"]
    seen = [
        *(part.get_payload(decode=True) for part in leaves[: len(parts.texts)]),
        *(str(part.get_payload()).encode() for part in leaves[len(parts.texts) :]),
    ]
    meant = [*parts.texts.values(), *parts.images.values()]
    return [
        kind for kind, *pair in zip(parts.kinds, seen, meant, strict=True) if pair[0] != pair[1]
    ]


def _date(date: datetime) -> str:
    if date.tzinfo is None:
        raise NaiveTimestamp(f"The date of an e-mail needs a zone, got {date!r}.")
    return format_datetime(date)


def _boundary(message_id: str, rendered: RenderedMessage) -> str:
    return sha256(f"{message_id}{rendered.body_hash}".encode()).hexdigest()[:32]
