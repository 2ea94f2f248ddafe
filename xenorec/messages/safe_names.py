"""Names that others typed (first names, product titles) as they may stand in a message.

A name is words and nothing else: no line break, no character that turns the text around, and no
web address, which a mail program or phone would make a link of the shop's own message.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

LONGEST = 100
"""Characters of a person's name; what is longer is no name."""
CUT = 1_000
"""Characters of any other name; the rest is cut off."""
_UNSEEN = re.compile(
    "[\u00ad\u061c\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffc\ud800-\udfff]"
)
"""Soft hyphens, zero widths, marks that turn the text around, halves of characters."""
_BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\s\u2028\u2029]+")
_SCHEME = re.compile(r"[^\W_][\w+.-]*[:：][/\\／＼]+")
_DOT = re.compile(r"(?<=[^\s.])[.\u2024\u3002\uff0e\uff61](?=[^\W\d_](?![\s.,;:!?)\]'\"]|\Z))")
_IP = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_SHELF = ("title", "reason")
_ITEM = ("title", "brand", "reason", "alt")


def plain_name(value: object) -> str | None:
    """Return a name as plain words on one line, or None when nothing is left of it.

    >>> plain_name("Ana\\x00\\r\\nBcc: x"), plain_name("Ana http://evil.example/x"), plain_name(" ")
    ('Ana Bcc: x', 'Ana evil. example/x', None)
    """
    return _plain_text(value) or None if isinstance(value, str) else None


@lru_cache(maxsize=65_536)
def _plain_text(text: str) -> str:
    return defused(_BREAK.sub(" ", _UNSEEN.sub("", text[:CUT])).strip())


def defused(text: str) -> str:
    """Return a text in which no web address is a link: a blank stands behind its dots."""
    made = text if _is_harmless(text) else _broken(text)
    if made.isascii():
        return made
    compatible = unicodedata.normalize("NFKC", made)  # an SMS is written with these letters
    return made if _is_harmless(compatible) else _broken(compatible)


def person_name(value: object) -> str | None:
    """Return a person's name as plain words, None when it is none or longer than 100 characters."""
    name = plain_name(value)
    return name if name is not None and len(name) <= LONGEST else None


def with_plain_names(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message context in which every name is plain; the given one stays as it was.

    Names are the texts of ``customer``, titles and reasons of shelves, and title, brand, reason and
    alt of items. What is no such context is left as it is.
    """
    made = dict(context)
    if isinstance(customer := context.get("customer"), Mapping):
        made["customer"] = {key: _of_person(key, value) for key, value in customer.items()}
    if isinstance(shelves := context.get("shelves"), list | tuple):
        made["shelves"] = [_shelf(shelf) for shelf in shelves]
    return made


def _of_person(key: object, value: object) -> object:
    is_name = isinstance(value, str) and not str(key).endswith("url")
    return person_name(value) if is_name else value


def _shelf(shelf: object) -> object:
    if not isinstance(shelf, Mapping):
        return shelf
    items = shelf.get("items")
    made = _plain(shelf, _SHELF)
    if isinstance(items, list | tuple):
        made["items"] = [_plain(i, _ITEM) if isinstance(i, Mapping) else i for i in items]
    return made


def _plain(record: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    changes = {
        name: plain_name(record[name]) or "" for name in names if isinstance(record.get(name), str)
    }
    return {**record, **changes}


def _broken(text: str) -> str:
    text = _IP.sub(lambda match: match[0].replace(".", ". "), _SCHEME.sub("", text))
    return _DOT.sub(". ", text)


def _is_harmless(text: str) -> bool:
    return not (_SCHEME.search(text) or _DOT.search(text) or _IP.search(text))
