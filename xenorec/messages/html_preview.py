"""A message as one self-contained HTML text, to look at in a notebook or a browser."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from pathlib import PurePath

from xenorec.messages.inline_images import TYPES, replace_references
from xenorec.messages.rendered_message import RenderedMessage


def preview_html(rendered: RenderedMessage) -> str:
    """Return the HTML with its pictures inside; a message without HTML is shown as text."""
    if rendered.html is None:
        return f'<pre style="white-space:pre-wrap">{escape(rendered.text)}</pre>'
    return replace_references(
        rendered.html, {name: _data_url(name, data) for name, data in rendered.images.items()}
    )


def _data_url(name: str, data: bytes) -> str:
    kind = TYPES[PurePath(name).suffix]
    return f"data:image/{kind};base64,{b64encode(data).decode()}"
