"""Links in messages: absolute addresses, and the signed token that says whose link was followed.

Standard library only. A token is the message's campaign, step, customer, channel and purpose and
what the link is for, sealed with the shop's key: nobody without the key can read an id in it or
make one. Sealed as SIV (Rogaway and Shrimpton, 2006) with HMAC-SHA256 as the pseudorandom
function, so that equal facts give equal tokens and a plan stays a pure function.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from urllib.parse import quote, urlsplit, urlunsplit

from xenorec.errors import BadInput

ACTIONS = ("click", "unsubscribe")
VERSION = 1
SHORTEST_KEY = 32
_TAG = 12
_BLOCK = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,1400}")
_COMMON = tuple(
    product(
        ACTIONS,
        ("marketing", "service", "profiling"),
        ("email", "sms", "whatsapp", "push", "webhook"),
    )
)
"""What a token says in one letter, for a link in an SMS is paid by the character; its order is part
of the version."""
_FULL = "~"
_WHOLE = ("utf-8", "surrogatepass")
_SAFE = "-._~!$&'()*+,;=:@%/?[]"
_REFUSED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\]")
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
LONGEST = 2_000
"""Characters of an address; longer ones do not pass every mail program."""


@dataclass(frozen=True)
class LinkToken:
    """What a link's token says: which message of whom, and what the link is for.

    ``purpose`` is the one that consent was given for (marketing, service), ``action`` is ``click``
    or ``unsubscribe``.
    """

    campaign_id: str
    step: str
    customer_id: str
    channel: str
    purpose: str
    action: str

    @property
    def message_key(self) -> str:
        """The key of the message in the ledger, as decisions and exposures have it."""
        return f"{self.campaign_id}/{self.step}/{self.customer_id}"

    def __repr__(self) -> str:
        return f"LinkToken({self.campaign_id!r}, {self.channel}, {self.action})"


def sign(token: LinkToken, key: bytes) -> str:
    """Return the token as text for a link: letters, digits, ``-`` and ``_`` only.

    Raises BadInput for a key of fewer than 32 bytes and an action that is not one.
    """
    if token.action not in ACTIONS:
        raise BadInput(f"action came as {token.action!r}; expected {' or '.join(ACTIONS)}.")
    seal, cipher = _keys(key)
    plain = _packed(token)
    tag = _tag(seal, plain)
    sealed = bytes([VERSION]) + tag + _masked(plain, cipher, tag)
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def read_link_token(token: str, key: bytes) -> LinkToken:
    """Read the token of a link back.

    Raises BadInput when it was not signed with this key, was changed, or is of another version;
    the error holds nothing of the token.
    """
    seal, cipher = _keys(key)
    raw = _raw(token)
    if raw is None or len(raw) <= 1 + _TAG or raw[0] != VERSION:
        raise _forged()
    tag, plain = raw[1 : 1 + _TAG], _masked(raw[1 + _TAG :], cipher, raw[1 : 1 + _TAG])
    if not hmac.compare_digest(tag, _tag(seal, plain)):
        raise _forged()
    return _unpacked(plain)


def message_key(message_id: str, key: bytes) -> str:
    """Return the key of the message that an id names: a key itself, or the token of a link.

    What is neither is returned as it came, and names no message.
    """
    if not _TOKEN.fullmatch(message_id):
        return message_id
    try:
        return read_link_token(message_id, key).message_key
    except BadInput:
        return message_id


def joined(base: str, *segments: str) -> str:
    """Return an address below ``base``, each segment percent-encoded; a query is left out.

    >>> joined("https://shop.example/de/?x=1", "m", "a b/c")
    'https://shop.example/de/m/a%20b%2Fc'
    """
    parts = urlsplit(base)
    path = "/".join([parts.path.rstrip("/"), *(quote(segment, safe="") for segment in segments)])
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def absolute(value: object) -> str | None:
    """Return an absolute http(s) address as it may stand in a link, or None when it is none.

    Blanks at its ends are taken away; blanks, quotes and characters beyond ASCII are
    percent-encoded, those of the host written as IDNA says. None: relative, another scheme, a name
    or password before the host, a control character or backslash, no host, over 2,000 characters.

    >>> absolute("HTTPS://shop.example/käse"), absolute("javascript:alert(1)")
    ('https://shop.example/k%C3%A4se', None)
    """
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > LONGEST or _REFUSED.search(text) or not _HTTP.match(text):
        return None
    try:
        parts = urlsplit(_LONE_PERCENT.sub("%25", text))
        host, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if host is None or "@" in parts.netloc:
        return None
    place = host if port is None else f"{host}:{port}"
    rest = (quote(part, safe=_SAFE) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, place, *rest))


def ascii_host(host: str) -> str | None:
    """Return a host name in ASCII (IDNA), or None when it is no host name.

    >>> ascii_host("käse.example"), ascii_host("a b")
    ('xn--kse-qla.example', None)
    """
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return name.lower() if _HOST.fullmatch(name) else None


def _keys(key: bytes) -> tuple[bytes, bytes]:
    """Return the two keys that are made from the shop's, one to sign and one to hide."""
    if len(key) < SHORTEST_KEY:
        raise BadInput(
            f"The key of links has {len(key)} bytes; {SHORTEST_KEY} at least are needed."
        )
    return _derived(key, b"sign"), _derived(key, b"hide")


def _derived(key: bytes, what: bytes) -> bytes:
    return hmac.digest(key, b"xenorec link token " + what, "sha256")


def _tag(key: bytes, plain: bytes) -> bytes:
    return hmac.digest(key, bytes([VERSION]) + plain, sha256)[:_TAG]


def _masked(data: bytes, key: bytes, tag: bytes) -> bytes:
    """Return data with the key stream of a tag laid over it; twice gives it back."""
    stream = b"".join(
        hmac.digest(key, tag + block.to_bytes(4, "big"), sha256)
        for block in range(-(-len(data) // _BLOCK))
    )
    return bytes(one ^ other for one, other in zip(data, stream, strict=False))


def _packed(token: LinkToken) -> bytes:
    """Return the facts line by line; only the last may hold a line break."""
    kind = (token.action, token.purpose, token.channel)
    facts = [token.step, token.campaign_id, token.customer_id]
    if any("\n" in part for part in (*kind, *facts[:-1])):
        raise BadInput("A link's campaign, step, channel and purpose hold no line break.")
    if kind in _COMMON:
        return (chr(ord("A") + _COMMON.index(kind)) + "\n".join(facts)).encode(*_WHOLE)
    return (_FULL + "\n".join([*kind, *facts])).encode(*_WHOLE)


def _unpacked(plain: bytes) -> LinkToken:
    text = plain.decode(*_WHOLE)
    if text[0] == _FULL:
        action, purpose, channel, text = text[1:].split("\n", 3)
    else:
        (action, purpose, channel), text = _COMMON[ord(text[0]) - ord("A")], text[1:]
    step, campaign, customer = text.split("\n", 2)
    return LinkToken(campaign, step, customer, channel, purpose, action)


def _raw(token: str) -> bytes | None:
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        return None
    try:
        return urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None


def _forged() -> BadInput:
    return BadInput(
        "This is no token of a link of this shop: it was cut, changed, or signed with another key."
    )
