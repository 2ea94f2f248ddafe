"""Brand: who speaks in the messages, checked where it is read so that no message fails for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from xenorec.config.declared_settings import read_section, refuse, setting
from xenorec.config.setting_types import WRONG, Reading, Text
from xenorec.email_headers import CONTROL, mailbox
from xenorec.errors import BadInput
from xenorec.link_tokens import absolute

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def _line(text: str, at: Reading) -> Any:
    if CONTROL.search(text):
        at.report(f"holds a line break or control character: {text[:60]!r}; write one line")
        return WRONG
    if not text.strip() and at.keys[-1:] != ("sender",):
        at.report("is empty; leave it out or give a text")
        return WRONG
    return text


def _url(text: str, at: Reading) -> Any:
    line = _line(text, at)
    expected = "an absolute address such as https://shop.example"
    return line if line is WRONG else absolute(line) or at.wrong(text, expected)


def _color(text: str, at: Reading) -> Any:
    line = _line(text, at)
    is_color = line is WRONG or _COLOR.fullmatch(line)
    return line if is_color else at.wrong(text, "a colour such as #1f6f54")


LINE = Text("a text", check=_line)


@dataclass(frozen=True)
class Brand:
    """Who speaks in the messages."""

    name: str = setting(LINE, "The shop's name", "Your shop")
    url: str = setting(replace(LINE, check=_url), "Absolute address", "https://shop.example")
    address: str = setting(LINE, "Postal address, on one line", "Postal address of the shop")
    color: str = setting(replace(LINE, check=_color), "Colour of the name, #rrggbb", "#1f6f54")
    sender: str = setting(LINE, "Who e-mails are from: name <address>", "")

    def __post_init__(self) -> None:
        if not self.sender:
            host = self.url.split("://")[-1].split("/")[0].split(":")[0].removeprefix("www.")
            object.__setattr__(self, "sender", f"{self.name} <hello@{host}>")

    def mistakes(self, at: Reading) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield a sender without one address."""
        try:
            mailbox(self.sender)
        except BadInput as error:
            yield ("sender", "name", "url"), str(error)


def brand_of(given: Mapping[str, Any], *, source: str = "brand") -> Brand:
    """Return the brand of a configuration.

    Raises ConfigError with everything that cannot stand in a message: a key that is not one; a
    value that is no text, is empty, or holds a line break or control character; a url that is not
    absolute, a colour that is none, a sender without one address.
    """
    at = Reading()
    brand = read_section(Brand, given, at)
    refuse(source, at.problems)
    return brand
