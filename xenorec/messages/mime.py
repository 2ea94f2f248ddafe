"""An e-mail on the wire: multipart/related around multipart/alternative, one-click unsubscribe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
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
    domain = parseaddr(sender)[1].rpartition("@")[2]
    message = _message(rendered, headers, domain, _boundary(message_id, rendered))
    return _long_headers(message_id, unsubscribe_url) + message.as_bytes()


def _message(
    rendered: RenderedMessage, headers: Mapping[str, str], domain: str, boundary: str
) -> EmailMessage:
    root = EmailMessage(SMTP)
    try:
        for name, value in headers.items():
            root[name] = value
    except (MessageError, ValueError) as error:
        raise BadInput(f"A header of the e-mail cannot be written: {error}") from error
    if rendered.html is None:
        root.set_content(rendered.text + "\n", cte="quoted-printable")
        return root
    cids = {name: f"{name}@{domain}" for name in rendered.images}
    alternative = EmailMessage(SMTP) if cids else root
    _fill_alternative(alternative, rendered, cids, boundary)
    if cids:
        kind = 'multipart/related; type="multipart/alternative"'
        root["Content-Type"] = f'{kind}; boundary="R{boundary}"'
        root.attach(alternative)
        for name, data in rendered.images.items():
            root.attach(_image(name, data, cids[name]))
    return root


def _fill_alternative(
    part: EmailMessage, rendered: RenderedMessage, cids: Mapping[str, str], boundary: str
) -> None:
    part["Content-Type"] = f'multipart/alternative; boundary="A{boundary}"'
    addresses = {name: f"cid:{cid}" for name, cid in cids.items()}
    html = replace_references(rendered.html or "", addresses)
    for subtype, text in (("plain", rendered.text), ("html", html)):
        body = EmailMessage(SMTP)
        body.set_content(f"{text}\n", subtype=subtype, cte="quoted-printable")
        del body["MIME-Version"]
        part.attach(body)


def _image(name: str, data: bytes, cid: str) -> EmailMessage:
    part = EmailMessage(SMTP)
    kind = TYPES[PurePath(name).suffix]
    part.set_content(
        data, maintype="image", subtype=kind, disposition="inline", filename=name, cid=f"<{cid}>"
    )
    del part["MIME-Version"]
    return part


def _long_headers(message_id: str, unsubscribe_url: str | None) -> bytes:
    """Return the headers whose one long word must not be folded or encoded."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise BadInput(f"message_id looks like <id@shop.example>, got {message_id!r}.")
    lines = [f"Message-ID: {message_id}"]
    if unsubscribe_url is not None:
        if not _URL.fullmatch(unsubscribe_url):
            raise BadInput(
                f"unsubscribe_url must be an absolute http(s) address, got {unsubscribe_url!r}."
            )
        lines += [f"List-Unsubscribe: <{unsubscribe_url}>"]
        lines += ["List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if _CONTROL.search(value):
            raise BadInput(
                f"The header {name} holds a line break or control character: {value[:80]!r}. "
                "It would let the value write headers of its own."
            )
    for name in ("From", "To"):
        if not _ADDRESS.fullmatch(parseaddr(headers[name])[1]):
            raise BadInput(
                f"{name} needs one address such as ana@shop.example, got {headers[name]!r}."
            )


def _date(date: datetime) -> str:
    if date.tzinfo is None:
        raise NaiveTimestamp(f"The date of an e-mail needs a zone, got {date!r}.")
    return format_datetime(date)


def _boundary(message_id: str, rendered: RenderedMessage) -> str:
    return sha256(f"{message_id}{rendered.body_hash}".encode()).hexdigest()[:32]
