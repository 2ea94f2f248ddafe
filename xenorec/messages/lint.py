"""Look at a finished message as a careful colleague would, before anybody receives it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from xenorec.messages.html_text import HtmlText, read_html
from xenorec.messages.rendered_message import RenderedMessage
from xenorec.messages.sms_segments import sms_length

MAX_SUBJECT = 150
MAX_SEGMENTS = 3
MAX_HTML_BYTES = 100_000  # Gmail cuts a message off at about 102 kB

_LEFTOVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_STRANGE = re.compile(r"(?<![\w'’-])(?:(?:None|null|undefined)(?! [a-z])|nan|NaN|NaT)(?![\w'’-])")
_GREETED = re.compile(r"\b(Hi|Hello|Dear|Hey) (None|nan|NaN|null|undefined)\b")
_ABSOLUTE = re.compile(r"(https?://[^\s/]+|mailto:\S+|tel:\S+)", re.IGNORECASE)


def lint(
    rendered: RenderedMessage, *, purpose: str = "marketing", unsubscribe_url: str | None = None
) -> list[str]:
    """Return what is wrong with a finished message; an empty list when nothing is.

    Looks for left-over template text in what the template says itself, never in the values that
    it printed: a customer may be called None. In a message that was made by hand it looks at all
    words, and for ``None`` and the like in place of a value. Besides: an empty or long subject,
    links that are not absolute, pictures without alt, HTML without lang or too large, a marketing
    e-mail without an unsubscribe link, a product shown twice (two elements with the same
    ``data-product-id``), and a long SMS. ``unsubscribe_url``: the very link that a marketing e-mail
    needs; without it any link with the word unsubscribe is taken for one.
    """
    problems = [*_lint_words("text", rendered.text, rendered)]
    if rendered.subject is not None:
        problems += _lint_words("subject", rendered.subject, rendered)
        problems += _lint_subject(rendered.subject)
    if rendered.channel == "email":
        problems += _lint_email(rendered, purpose, unsubscribe_url)
    if rendered.channel == "sms":
        problems += _lint_sms(rendered.text)
    return problems


def _lint_words(part: str, text: str, rendered: RenderedMessage) -> Iterator[str]:
    if not text.strip():
        yield f"{part}: it is empty"
    if rendered.words:
        yield from _lint_own_words(part, rendered.words.get(part, ""))
        return
    yield from _lint_leftover(part, text)
    strange = _STRANGE.search(text) or _GREETED.search(text)
    if strange:
        yield f"{part}: a missing value was printed in {_around(text, strange)}"


@lru_cache(maxsize=512)
def _lint_own_words(part: str, words: str) -> tuple[str, ...]:
    """Look at what a template says itself; a missing value it cannot print."""
    text = read_html(words).text if "<" in words else words
    return tuple(_lint_leftover(part, text))


def _lint_leftover(part: str, text: str) -> Iterator[str]:
    leftover = _LEFTOVER.search(text)
    if leftover:
        yield f"{part}: left-over template text in {_around(text, leftover)}"


def _lint_subject(subject: str) -> Iterator[str]:
    if len(subject) > MAX_SUBJECT:
        yield f"subject: {len(subject)} characters; at most {MAX_SUBJECT}"


def _lint_email(
    rendered: RenderedMessage, purpose: str, unsubscribe_url: str | None
) -> Iterator[str]:
    link = (unsubscribe_url or "unsubscribe").lower()
    if rendered.subject is None:
        yield "subject: an e-mail needs one"
    if rendered.html is None:
        if purpose == "marketing" and link not in rendered.text.lower():
            yield "text: a marketing e-mail needs an unsubscribe link"
        return
    reading = read_html(rendered.html)
    yield from _lint_words("html", reading.text, rendered)
    yield from _lint_html(reading, len(rendered.html.encode()))
    if purpose == "marketing" and not _has_link(reading, link):
        yield "html: a marketing e-mail needs an unsubscribe link"


def _lint_html(reading: HtmlText, size: int) -> Iterator[str]:
    if not reading.lang:
        yield "html: <html> has no lang"
    if reading.n_images_without_alt:
        yield f"html: {reading.n_images_without_alt} picture(s) without alt"
    if size > MAX_HTML_BYTES:
        yield f"html: {size:,} bytes; mail programs cut off past {MAX_HTML_BYTES:,}"
    for link in reading.links:
        if not _ABSOLUTE.match(link) and not link.startswith("#"):
            yield f"html: the link {link[:80]!r} is not absolute"
    for source in reading.sources:
        if not source.startswith("cid:") and not _ABSOLUTE.match(source):
            yield f"html: the picture {source[:80]!r} is neither absolute nor cid:"
    for product_id, n in sorted(Counter(reading.product_ids).items()):
        if n > 1:
            yield f"html: product {product_id!r} is shown {n} times"


def _has_link(reading: HtmlText, part: str) -> bool:
    return any(part in link.lower() for link in reading.links)


def _lint_sms(text: str) -> Iterator[str]:
    length = sms_length(text)
    if length.n_segments > MAX_SEGMENTS:
        yield (
            f"text: an SMS of {length.n_segments} segments ({length.n_units} units of "
            f"{length.alphabet}); at most {MAX_SEGMENTS}"
        )


def _around(text: str, match: re.Match[str]) -> str:
    start, end = max(match.start() - 20, 0), match.end() + 20
    return repr(" ".join(text[start:end].split()))
