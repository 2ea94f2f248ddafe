"""What a reader sees of an HTML text: its words, links and pictures, by the standard parser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_UNSEEN = frozenset({"head", "script", "style", "title"})
_BREAKS = frozenset(
    {"address", "br", "div", "h1", "h2", "h3", "h4", "hr", "li", "p", "table", "td", "th", "tr"}
)


@dataclass(frozen=True)
class Link:
    """One ``<a href>`` and the words inside it."""

    href: str
    words: str


@dataclass
class Reading:
    """The parts of an HTML text that lint and the plain-text version look at."""

    lang: str | None = None
    text: str = ""
    links: list[Link] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    n_images_without_alt: int = 0
    product_ids: list[str] = field(default_factory=list)


def read_html(html: str) -> Reading:
    """Parse an HTML text once."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    parser.found.text = _tidy("".join(parser.words))
    return parser.found


def plain_text(html: str) -> str:
    """Return a readable plain-text version: paragraphs, and each link's address in brackets."""
    parser = _Parser(write_links=True)
    parser.feed(html)
    parser.close()
    return _tidy("".join(parser.words))


class _Parser(HTMLParser):
    def __init__(self, *, write_links: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Reading()
        self.words: list[str] = []
        self._write_links = write_links
        self._unseen = 0
        self._open: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _UNSEEN:
            self._unseen += 1
        if tag in _BREAKS:
            self.words.append("\n")
        if tag == "html":
            self.found.lang = given.get("lang")
        if tag == "img":
            self._image(given, has_alt="alt" in given)
        if tag == "a" and "href" in given:
            self._open = (given["href"].strip(), len(self.words))
        if "data-product-id" in given:
            self.found.product_ids.append(given["data-product-id"])

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1
        if tag in _BREAKS:
            self.words.append("\n")
        if tag == "a" and self._open is not None:
            self._close_link(*self._open)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(re.sub(r"\s+", " ", data))

    def _image(self, given: dict[str, str], *, has_alt: bool) -> None:
        self.found.sources.append(given.get("src", "").strip())
        self.found.n_images_without_alt += not has_alt

    def _close_link(self, href: str, start: int) -> None:
        words = " ".join("".join(self.words[start:]).split())
        self.found.links.append(Link(href, words))
        if self._write_links and words:
            self.words.append(f" ({href})")
        self._open = None


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
