"""Brand: who speaks in the messages, checked where it is read so that no message fails for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from xenorec.email_headers import CONTROL, mailbox
from xenorec.errors import BadInput, ConfigError, Problem, nearest
from xenorec.link_tokens import absolute

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Brand:
    """Who speaks in the messages."""

    name: str = "Your shop"
    url: str = "https://shop.example"
    address: str = "Postal address of the shop"
    color: str = "#1f6f54"
    sender: str = ""

    def __post_init__(self) -> None:
        if not self.sender:
            host = self.url.split("://")[-1].split("/")[0].split(":")[0].removeprefix("www.")
            object.__setattr__(self, "sender", f"{self.name} <hello@{host}>")


KEYS = tuple(field.name for field in fields(Brand))


def brand_of(given: Mapping[str, Any], *, source: str = "brand") -> Brand:
    """Return the brand of a configuration.

    Raises ConfigError with everything that cannot stand in a message: see ``brand_problems``.
    """
    problems = [Problem(key, text) for key, text in brand_problems(given)]
    if problems:
        raise ConfigError(source, problems)
    url = given.get("url")
    return Brand(**{**given, **({} if url is None else {"url": absolute(url)})})


def brand_problems(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what cannot stand in a message, by key.

    A key that is not one; a value that is no text, is empty, or holds a line break or control
    character; a url that is not absolute, a colour that is none, a sender without one address.
    """
    texts = dict[str, str]()
    for key, value in given.items():
        if key not in KEYS:
            yield key, f"is not known.{nearest(key, KEYS)}"
        elif not isinstance(value, str):
            yield key, f"came as {value!r}; expected a text"
        elif CONTROL.search(value):
            yield key, f"holds a line break or control character: {value[:60]!r}; write one line"
        elif not value.strip() and key != "sender":
            yield key, "is empty; leave it out or give a text"
        else:
            texts[key] = value
    yield from _wrong_forms(texts)


def _wrong_forms(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    url = texts.get("url")
    if url is not None and absolute(url) is None:
        yield "url", f"came as {url!r}; expected an absolute address such as https://shop.example"
        return
    color = texts.get("color")
    if color is not None and not _COLOR.fullmatch(color):
        yield "color", f"came as {color!r}; expected a colour such as #1f6f54"
    try:
        mailbox(Brand(**texts).sender)
    except BadInput as error:
        yield "sender", str(error)
