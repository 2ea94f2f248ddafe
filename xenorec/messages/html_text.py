"""What a reader sees of an HTML text: its words, links and pictures.

One pass of a regular expression over tags: it takes half the time of the standard library's
parser, which matters because every message of an audience is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from typing import TypeAlias

_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(style|script|title)\b[^>]*+>.*?(?:</\1\s*>|\Z)|<![^>]*+>"
    r"|<(/?)([a-zA-Z][\w:-]*+)((?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+)>",
    re.DOTALL | re.IGNORECASE,
)
_PLAIN = re.compile(r"<(/?)([a-zA-Z][\w:-]*+)((?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+)>")
_HIDDEN = frozenset({"style", "script", "title"})
_ATTRIBUTE = re.compile(r"([^\s\"'=<>/]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+))?")
_BREAKS = frozenset(
    {"address", "br", "div", "h1", "h2", "h3", "h4", "hr", "li", "p", "table", "td", "th", "tr"}
)


_Token: TypeAlias = tuple[str, str, bool, str]


@dataclass
class HtmlText:
    """The parts of an HTML text that lint looks at."""

    lang: str | None = None
    text: str = ""
    links: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    n_images_without_alt: int = 0
    product_ids: list[str] = field(default_factory=list)


def read_html(html: str) -> HtmlText:
    """Read an HTML text once."""
    found, words = HtmlText(), list[str]()
    for text, name, closes, rest in _tokens(html):
        words.append(text)
        if name in _BREAKS:
            words.append("\n")
        if not closes:
            _note(name, rest, found)
    found.text = _tidy("".join(words))
    return found


def plain_text(html: str) -> str:
    """Return a readable plain-text version: paragraphs, and each link's address in brackets."""
    words, link = list[str](), ""
    for text, name, closes, rest in _tokens(html):
        words.append(text)
        if name == "a":
            words.append(f" ({link})" if closes and link else "")
            link = "" if closes else _attributes(rest).get("href", "")
        elif name in _BREAKS:
            words.append("\n")
    return _tidy("".join(words))


def _note(name: str, rest: str, found: HtmlText) -> None:
    """Note what an opening tag tells; most tell nothing."""
    if name == "html":
        found.lang = _attributes(rest).get("lang")
    elif name == "img":
        given = _attributes(rest)
        found.sources.append(given.get("src", ""))
        found.n_images_without_alt += "alt" not in given
    elif name == "a":
        given = _attributes(rest)
        if "href" in given:
            found.links.append(given["href"])
    if "data-product-id" in rest:
        found.product_ids.append(_attributes(rest)["data-product-id"])


@lru_cache(maxsize=8_192)
def _attributes(rest: str) -> Mapping[str, str]:
    """Return the attributes of a tag; the same card stands in many messages."""
    return {
        name.lower(): unescape(value.strip("\"'")).strip()
        for name, value in _ATTRIBUTE.findall(rest)
    }


def _tokens(html: str) -> Iterator[_Token]:
    """Yield each tag's name, whether it closes and its attributes, with the text before it.

    Comments, styles, scripts and the title are left out; the last text has a tag without a name.
    A message is read from one ``<`` to the next, and most of these pieces stand in many messages.
    """
    begin = html.find("<")
    before = _words(html if begin < 0 else html[:begin])
    while begin >= 0:
        end = html.find("<", begin + 1)
        read = _plain_piece(html[begin:] if end < 0 else html[begin:end])
        if read is None:
            read, end = _long_piece(html, begin)
        name, closes, rest, text = read
        if name:
            yield before, name, closes, rest
            before = text
        else:
            before += text
        begin = end
    yield before, "", False, ""


@lru_cache(maxsize=16_384)
def _plain_piece(piece: str) -> tuple[str, bool, str, str] | None:
    """Return a tag and the text after it; None for what may reach beyond the next ``<``."""
    match = _PLAIN.match(piece)
    if match is None or match[2].lower() in _HIDDEN:
        return None
    return match[2].lower(), bool(match[1]), match[3], _words(piece[match.end() :])


def _long_piece(html: str, begin: int) -> tuple[tuple[str, bool, str, str], int]:
    """Return the same of a piece that the next ``<`` may not end, and where the next begins."""
    match = _TOKEN.match(html, begin)
    after = begin if match is None else match.end()
    end = html.find("<", after + (match is None))
    text = _words(html[after:] if end < 0 else html[after:end])
    if match is None or match[3] is None:
        return ("", False, "", text), end
    return (match[3].lower(), bool(match[2]), match[4], text), end


def _words(text: str) -> str:
    """Return a text on one line; ``_tidy`` makes one blank of several."""
    return unescape(text).replace("\n", " ")


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
