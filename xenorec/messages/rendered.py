"""A rendered message, ready for a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType


@dataclass(frozen=True)
class RenderedMessage:
    """Subject, HTML and text of one message; ``images`` holds the files that ``cid:`` names."""

    channel: str
    subject: str | None = None
    html: str | None = None
    text: str | None = None
    images: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @cached_property
    def body_hash(self) -> str:
        """SHA-256 over channel, subject, HTML and text, hexadecimal."""
        parts = (self.channel, self.subject or "", self.html or "", self.text or "")
        return sha256("\x1f".join(parts).encode()).hexdigest()

    def __repr__(self) -> str:
        sizes = ", ".join(
            f"{name} {len(value):,} characters"
            for name, value in (("html", self.html), ("text", self.text))
            if value is not None
        )
        return f"RenderedMessage({self.channel}, {sizes})"
