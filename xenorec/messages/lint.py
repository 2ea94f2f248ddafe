"""What must never be sent: checks on a message as it was rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser

from xenorec.messages.rendered import RenderedMessage
from xenorec.messages.sms import sms_length

LONGEST_SUBJECT = 150
LARGEST_HTML = 100_000
MOST_SEGMENTS = 3
RAW = re.compile(r"\{\{|\}\}|\{%|%\}|\{#")
EMPTY_VALUE = re.compile(r"(?<![\w'-])(None|nan|NaN|NaT|null|undefined)(?![\w'-])")
ABSOLUTE = re.compile(r"^(https?://|mailto:|tel:|cid:|#)")


def lint(message: RenderedMessage) -> list[str]:
    """Return what is wrong with a message, in words; an empty list when it may be sent."""
    return [*_common(message), *_email(message), *_sms(message)]


def _common(message: RenderedMessage) -> Iterator[str]:
    shown = _Page.of(message.html).text if message.html else ""
    parts = (("subject", message.subject), ("text", message.text), ("html", shown))
    for name, part in parts:
        if not part:
            continue
        if RAW.search(part):
            yield f"{name}: raw template text is left in it"
        if found := EMPTY_VALUE.search(part):
            yield f"{name}: {found[1]!r} stands where a value should be"
    if message.text is not None and not message.text.strip():
        yield "text: is empty"


def _email(message: RenderedMessage) -> Iterator[str]:
    if message.channel != "email":
        return
    if not (message.subject or "").strip():
        yield "subject: is empty"
    elif len(message.subject or "") > LONGEST_SUBJECT:
        yield f"subject: has {len(message.subject or '')} characters, {LONGEST_SUBJECT} is the most"
    if message.html is None:
        return
    if len(message.html.encode()) > LARGEST_HTML:
        yield f"html: is over {LARGEST_HTML:,} bytes, and mail programs cut it off"
    page = _Page.of(message.html)
    if not page.lang:
        yield "html: has no lang"
    yield from (f"html: a picture has no alt ({src})" for src in page.without_alt)
    yield from (f"html: the link {link!r} is not absolute" for link in page.relative_links)
    if "unsubscribe" not in " ".join(page.links).lower():
        yield "html: has no unsubscribe link"
    yield from (f"html: the product {name!r} is in it twice" for name in page.repeated_products)


def _sms(message: RenderedMessage) -> Iterator[str]:
    if message.channel != "sms":
        return
    n = sms_length(message.text or "").n_segments
    if n > MOST_SEGMENTS:
        yield f"text: takes {n} segments, {MOST_SEGMENTS} is the most"


class _Page(HTMLParser):
    """The parts of a page that are checked."""

    def __init__(self) -> None:
        super().__init__()
        self.lang = ""
        self.links: list[str] = []
        self.without_alt: list[str] = []
        self.products: list[str] = []
        self._texts: list[str] = []
        self._hidden = 0

    @classmethod
    def of(cls, html: str) -> _Page:
        return _parsed(html)

    @property
    def text(self) -> str:
        return " ".join(self._texts)

    @property
    def relative_links(self) -> list[str]:
        return [link for link in self.links if not ABSOLUTE.match(link)]

    @property
    def repeated_products(self) -> list[str]:
        return sorted({name for name in self.products if self.products.count(name) > 1})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "html":
            self.lang = found.get("lang") or ""
        if tag in ("style", "script"):
            self._hidden += 1
        if tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")
        if tag == "img" and "alt" not in found:
            self.without_alt.append(found.get("src") or "")
        if found.get("data-product"):
            self.products.append(found["data-product"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._texts.append(data)


@lru_cache(maxsize=4)
def _parsed(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    page.close()
    return page
