"""An e-mail as bytes: text and HTML side by side, pictures inside, one-click unsubscribe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256

from xenorec.errors import BadInput
from xenorec.messages.rendered import RenderedMessage


def to_mime(
    message: RenderedMessage,
    *,
    sender: str,
    to: str,
    message_id: str,
    date: datetime,
    unsubscribe_url: str,
) -> bytes:
    """Return the e-mail (RFC 5322) with a List-Unsubscribe header (RFC 8058).

    The same arguments give the same bytes. Raises BadInput for an address that is none, or a line
    break in a header.
    """
    for name, value in (
        ("sender", sender),
        ("to", to),
        ("message_id", message_id),
        ("unsubscribe_url", unsubscribe_url),
        ("subject", message.subject or ""),
    ):
        if any(mark in value for mark in "\r\n\0"):
            raise BadInput(f"{name}: a line break or zero byte may not stand in a header.")
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = message.subject or ""
    mail["From"] = _address(sender, "sender")
    mail["To"] = _address(to, "to")
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = message_id
    mail["List-Unsubscribe"] = f"<{unsubscribe_url}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text or "", cte="quoted-printable")
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
        html = mail.get_payload()[1]  # type: ignore[index]
        for name, data in message.images.items():
            html.add_related(  # type: ignore[union-attr]
                data,
                "image",
                name.rpartition(".")[2],
                cid=f"<{name}>",
                filename=name,
                disposition="inline",
            )
    _set_boundaries(mail, message_id)
    return mail.as_bytes()


def _address(text: str, name: str) -> Address:
    shown, address = parseaddr(text)
    if address.count("@") != 1:
        raise BadInput(f"{name}: expected an address such as 'Shop <hello@shop.example>'.")
    user, _, domain = address.partition("@")
    return Address(shown, user, domain)


def _set_boundaries(mail: EmailMessage, seed: str) -> None:
    """Give every multipart a boundary made from the message's id, so that bytes can be compared."""
    parts: Sequence[EmailMessage] = [
        part
        for part in mail.walk()
        if part.is_multipart()  # type: ignore[misc]
    ]
    for place, part in enumerate(parts):
        part.set_boundary("=_" + sha256(f"{seed}/{place}".encode()).hexdigest()[:40])
