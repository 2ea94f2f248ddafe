"""An e-mail on the wire: multipart/related around multipart/alternative, one-click unsubscribe."""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, parseaddr
from functools import lru_cache
from hashlib import sha256
from pathlib import PurePath

from xenorec.errors import BadInput, NaiveTimestamp, NotSupported
from xenorec.messages.images import TYPES, replace_references
from xenorec.messages.rendered import RenderedMessage

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"(?:(?![@<>,;])[!-~])+@(?:(?![@<>,;])[!-~])+")
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
    if rendered.channel != "email" or rendered.subject is None:
        raise NotSupported(f"Only an e-mail becomes MIME; this is a {rendered.channel!r} message.")
    headers = {
        "From": sender,
        "To": to,
        "Subject": rendered.subject,
        "Date": _date(date),
        "MIME-Version": "1.0",
    }
    _check_headers(headers)
    if not _MESSAGE_ID.fullmatch(message_id):
        raise BadInput(f"message_id looks like <id@shop.example>, got {message_id!r}.")
    domain = parseaddr(sender)[1].rpartition("@")[2]
    kind, body = _body(rendered, domain, _boundary(message_id, rendered))
    long = {"Message-ID": message_id, **_unsubscribe(unsubscribe_url), **kind}
    return _short_headers(headers) + _part(long, body)


def _body(rendered: RenderedMessage, domain: str, boundary: str) -> tuple[dict[str, str], bytes]:
    """Return the headers that tell the body's kind, and the body."""
    text = _text("plain", rendered.text)
    if rendered.html is None:
        return text
    cids = {name: f"{name}@{domain}" for name in rendered.images}
    html = replace_references(rendered.html, {name: f"cid:{cid}" for name, cid in cids.items()})
    both = _multipart("alternative", f"A{boundary}", [_part(*text), _part(*_text("html", html))])
    if not cids:
        return both
    images = [_image(name, data, cids[name]) for name, data in rendered.images.items()]
    return _multipart("related", f"R{boundary}", [_part(*both), *images])


def _text(subtype: str, text: str) -> tuple[dict[str, str], bytes]:
    kind = {
        "Content-Type": f'text/{subtype}; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }
    lines = re.sub(r"\r\n?|\n", "\r\n", f"{text}\n")
    return kind, b2a_qp(lines.encode(), istext=True)


def _multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> tuple[dict[str, str], bytes]:
    inner = 'type="multipart/alternative"; ' if subtype == "related" else ""
    kind = {"Content-Type": f'multipart/{subtype}; {inner}boundary="{boundary}"'}
    line = f"--{boundary}".encode()
    return kind, b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"


@lru_cache(maxsize=256)
def _image(name: str, data: bytes, cid: str) -> bytes:
    kind = {
        "Content-Type": f"image/{TYPES[PurePath(name).suffix]}",
        "Content-Transfer-Encoding": "base64",
        "Content-Disposition": f'inline; filename="{name}"',
        "Content-ID": f"<{cid}>",
    }
    return _part(kind, encodebytes(data).replace(b"\n", b"\r\n"))


def _part(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return plain ASCII headers, an empty line and a body."""
    return "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() + b"\r\n" + body


def _unsubscribe(url: str | None) -> dict[str, str]:
    if url is None:
        return {}
    if not _URL.fullmatch(url):
        raise BadInput(f"unsubscribe_url must be an absolute http(s) address, got {url!r}.")
    return {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _short_headers(headers: Mapping[str, str]) -> bytes:
    """Return headers of human text, encoded and folded as RFC 2047 and 5322 say."""
    root = EmailMessage(SMTP)
    try:
        for name, value in headers.items():
            root[name] = value
        return root.as_bytes().removesuffix(b"\r\n")
    except (MessageError, ValueError) as error:
        raise BadInput(f"A header of the e-mail cannot be written: {error}") from error


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if _CONTROL.search(value):
            raise BadInput(
                f"The header {name} holds a line break or control character: {value[:80]!r}. "
                "It would let the value write headers of its own."
            )
    for name in ("From", "To"):
        found = getaddresses([headers[name]])
        if len(found) != 1 or not _ADDRESS.fullmatch(found[0][1]):
            raise BadInput(
                f"{name} needs one address such as ana@shop.example, got {headers[name]!r}."
            )


def _date(date: datetime) -> str:
    if date.tzinfo is None:
        raise NaiveTimestamp(f"The date of an e-mail needs a zone, got {date!r}.")
    return format_datetime(date)


def _boundary(message_id: str, rendered: RenderedMessage) -> str:
    return sha256(f"{message_id}{rendered.body_hash}".encode()).hexdigest()[:32]
