"""Text in the headers of an e-mail: written so that nothing in it is decoded or breaks a line.

Standard library only; RFC 5322 for the lines and addresses, RFC 2047 for what is not plain ASCII.
A value that looks like an encoded word is text like any other, so it is encoded, never decoded.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from xenorec.errors import BadInput
from xenorec.link_tokens import ascii_host

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
ENCODED = "=?"
"""How an encoded word begins; a reader decodes it wherever it stands."""
_PLAIN = re.compile(r"[!-~]{1,200}(?: [!-~]{1,200})*")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"(?=.{{1,64}}\Z){_ATOM}(?:\.{_ATOM})*")
_MAILBOX = re.compile(r"(?P<name>.*?)\s*<\s*(?P<address>[^<>]*?)\s*>")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_LINE = 76
_LONGEST = 1_000
_BYTES = 36
"""Bytes of text in one encoded word: with a header's name its line stays within 76 characters."""


@dataclass(frozen=True)
class Mailbox:
    """One address with the name beside it, which may be empty."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What stands behind the ``@``."""
        return self.address.rpartition("@")[2]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def mailbox(text: str) -> Mailbox:
    """Read ``Name <address>`` or an address; all before the last ``<`` is the name, as it stands.

    A domain beyond ASCII is written as IDNA says. Raises BadInput for a control character and for
    what is no address that every mail server takes.
    """
    _refuse_control(text)
    found = _MAILBOX.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    name, given = (found["name"], found["address"]) if found else ("", text.strip())
    local, _, domain = given.rpartition("@")
    host = ascii_host(domain)
    if host is None or not _LOCAL.fullmatch(local) or ENCODED in local:
        raise BadInput(
            f"{text[:80]!r} holds no e-mail address; expected one such as ana@shop.example, or "
            "Name <ana@shop.example>."
        )
    return Mailbox(_unquoted(name), f"{local}@{host}")


def unstructured(text: str, *, name: str) -> str:
    """Return the lines of a header whose value is free text, such as Subject.

    Raises BadInput for a line break or control character.
    """
    _refuse_control(text)
    if not text or (_PLAIN.fullmatch(text) and ENCODED not in text):
        return _folded(text, len(name) + 2)
    return "\r\n ".join(_encoded_words(text))


def address_line(box: Mailbox) -> str:
    """Return the value of a header that holds one address, such as From."""
    _refuse_control(box.name)
    if not box.name:
        return box.address
    if not box.name.isascii() or ENCODED in box.name or len(box.name) > 60:
        name = "\r\n ".join(_encoded_words(box.name))
    elif _PHRASE.fullmatch(box.name):
        name = box.name
    else:
        quoted = box.name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{quoted}"'
    return f"{name} <{box.address}>" if len(name) < 40 else f"{name}\r\n <{box.address}>"


def unfolded(value: object) -> str:
    """Return a header's value on one line, as it stood before it was folded."""
    return _FOLD.sub("", str(value))


def decoded(value: object) -> str:
    """Return the text that a reader sees of a header's value; as it stands where it is broken."""
    line = unfolded(value)
    try:
        return str(make_header(decode_header(line)))
    except (HeaderParseError, LookupError, UnicodeError):
        return line


def _refuse_control(text: str) -> None:
    if CONTROL.search(text):
        raise BadInput(
            f"A line break or control character stands in {text[:80]!r}, which goes into a header "
            "of an e-mail. It would let the value write headers of its own."
        )


def _unquoted(name: str) -> str:
    inside = name.strip()
    if len(inside) > 1 and inside[0] == inside[-1] == '"':
        return re.sub(r"\\(.)", r"\1", inside[1:-1])
    return inside


def _folded(text: str, used: int) -> str:
    """Break a plain text at blanks into lines of at most 76 characters where it has them."""
    lines, width = [""], used
    for word in text.split(" "):
        if lines[-1] and width + 1 + len(word) > _LINE:
            lines.append(word)
            width = 1 + len(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
            width += 1 + len(word)
    return "\r\n ".join(lines)


def _encoded_words(text: str) -> Iterator[str]:
    """Yield encoded words of whole characters (RFC 2047, section 5: none is split)."""
    chunk = b""
    for char in text:
        data = char.encode()
        if len(chunk) + len(data) > _BYTES:
            yield _encoded(chunk)
            chunk = b""
        chunk += data
    yield _encoded(chunk)


def _encoded(chunk: bytes) -> str:
    return f"=?utf-8?b?{b64encode(chunk).decode()}?="
