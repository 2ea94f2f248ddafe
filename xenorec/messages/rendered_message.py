"""One finished message of one channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType


@dataclass(frozen=True)
class RenderedMessage:
    """What one customer would read; parts that the channel does not have are None.

    ``images`` holds the bytes of every picture the HTML names as ``cid:NAME``. ``words`` is what
    the template says itself, by part, each printed value one U+FFFC; empty for a message that was
    made by hand.
    """

    channel: str
    subject: str | None = None
    html: str | None = None
    text: str = ""
    images: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    words: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({}), repr=False, compare=False
    )

    @cached_property
    def body_hash(self) -> str:
        """SHA-256 over subject, HTML and text, as 64 hex digits; equal bodies, equal hashes."""
        digest = sha256()
        for part in (self.subject, self.html, self.text):
            data = b"" if part is None else part.encode("utf-8", "surrogatepass")
            digest.update(f"{-1 if part is None else len(data)}:".encode() + data)
        return digest.hexdigest()

    def __repr__(self) -> str:
        html = "" if self.html is None else f", html {len(self.html):,} characters"
        return f"RenderedMessage({self.channel}{html}, text {len(self.text):,} characters)"
