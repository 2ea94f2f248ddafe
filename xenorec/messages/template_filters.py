"""The filters a template may use: each short, bounded, and unwilling to print a missing value."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from numbers import Number
from typing import Any
from urllib.parse import quote

from jinja2 import Undefined
from markupsafe import Markup, escape

from xenorec.errors import TemplateError
from xenorec.messages import locales
from xenorec.messages.date_format import format_day
from xenorec.messages.money_format import format_money

_MAX_TEXT = 100_000
_MAX_NUMBER = 1e30


def is_missing(value: object) -> bool:
    """Tell whether a value is undefined, None, NaN or an infinite number."""
    if value is None or isinstance(value, Undefined):
        return True
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, Decimal):
        return not value.is_finite()
    return isinstance(value, float) and not math.isfinite(value)


def shown(value: object, label: str, line: int) -> Any:
    """Pass on a value that may be printed; raise TemplateError for one that may not.

    Texts, numbers and dates may be printed. A missing value, a list or a flag is a mistake.
    """
    if isinstance(value, str):
        return value
    if is_missing(value):
        raise TemplateError(f"line {line}: {label} has no value ({_spelled(value)})")
    if isinstance(value, bool) or not isinstance(value, Number | date):
        kind = type(value).__name__
        raise TemplateError(f"line {line}: {label} is a {kind}, which cannot be printed")
    return value


def _spelled(value: object) -> str:
    return "it is not in the context" if isinstance(value, Undefined) else f"it is {value!r}"


def _text(value: object) -> str:
    """Return a filter's input as text, refusing what must not be printed."""
    if is_missing(value) or isinstance(value, bool) or not isinstance(value, str | Number | date):
        raise TemplateError(f"a filter was given {value!r}, which is not a text or a number")
    text = value if isinstance(value, str) else str(value)
    if len(text) > _MAX_TEXT:
        raise TemplateError(f"a text of {len(text)} characters is too long for a filter")
    return text


def _list(value: object) -> list[object] | tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise TemplateError(f"a filter for lists was given {type(value).__name__}")
    return value


def _as_whole_number(value: object, *, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise TemplateError(f"a filter's argument must be {low} to {high}, got {value!r}")
    return value


def _default(value: object, fallback: object = "") -> object:
    return fallback if is_missing(value) else value


def _capitalize(value: object) -> str:
    text = _text(value)
    return text[:1].upper() + text[1:]


def _sentence(value: object) -> str:
    text = _text(value)
    return text.capitalize() if text.isupper() else text


def _short(value: object, length: int = 24) -> str:
    """Return the part before the first comma, cut at a word, without a mark for the cut."""
    text, limit = _text(value).split(",")[0].strip(), _as_whole_number(length, low=4, high=10_000)
    if len(text) <= limit:
        return text
    return (text[: limit + 1].rsplit(" ", 1)[0][:limit]).rstrip(" ,;.-&/")


def _truncate(value: object, length: int = 80) -> str:
    text, limit = _text(value), _as_whole_number(length, low=4, high=10_000)
    if len(text) <= limit:
        return text
    head = text[: limit - 3]
    return (head.rsplit(" ", 1)[0] or head).rstrip(" ,;.-&/") + "..."


def _join(value: object, separator: str = ", ") -> str:
    parts = [_text(part) for part in _list(value)]
    if sum(map(len, parts)) + len(parts) * len(separator) > _MAX_TEXT:
        raise TemplateError("a joined text is too long")
    return separator.join(parts)


def _length(value: object) -> int:
    return len(_list(value)) if not isinstance(value, str) else len(value)


def _first(value: object) -> object:
    return next(iter(_list(value)), None)


def _last(value: object) -> object:
    return next(reversed(_list(value)), None)


def _items(value: object) -> list[tuple[object, object]]:
    if not isinstance(value, Mapping):
        raise TemplateError(f"the filter 'items' was given {type(value).__name__}")
    return list(value.items())


def _round(value: object, digits: int = 0) -> object:
    places = _as_whole_number(digits, low=0, high=6)
    if is_missing(value) or isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TemplateError(f"the filter 'round' was given {value!r}")
    if not -_MAX_NUMBER < value < _MAX_NUMBER:
        raise TemplateError("the filter 'round' was given a number of more than 30 digits")
    return round(value, places) if places else round(value)


def _money(value: object, currency: str, locale: str = "en") -> str:
    if is_missing(value) or not isinstance(value, int | float | Decimal | str):
        raise TemplateError(f"the filter 'money' was given {value!r}")
    return format_money(value, currency, locale)


def _date(value: object, locale: str = "en", style: str = "long") -> str:
    if is_missing(value) or not isinstance(value, str | date):
        raise TemplateError(f"the filter 'date' was given {value!r}, which is no day")
    day = value if isinstance(value, date) else datetime.fromisoformat(value)
    return format_day(day, locale, style)


def _to_json(value: object) -> str:
    if is_missing(value):
        raise TemplateError(f"the filter 'tojson' was given {value!r}")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _text(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _ink(value: object) -> str:
    """Return the text colour (near black or white) that reads better on a ``#rrggbb`` ground."""
    text = _text(value)
    try:
        parts = [int(text[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    except ValueError:
        raise TemplateError(f"the filter 'ink' was given {value!r}, not #rrggbb") from None
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#1b1b1b" if luminance > 0.3 else "#ffffff"


def _safe(value: object) -> Markup:
    return Markup(str(value))


MESSAGE_FILTERS: Mapping[str, Callable[..., Any]] = {
    "capitalize": _capitalize,
    "date": _date,
    "default": _default,
    "direction": lambda value: locales.direction(_text(value)),
    "escape": lambda value: escape(_text(value)),
    "first": _first,
    "ink": _ink,
    "items": _items,
    "join": _join,
    "language_tag": lambda value: locales.language_tag(_text(value)),
    "last": _last,
    "length": _length,
    "lower": lambda value: _text(value).lower(),
    "money": _money,
    "round": _round,
    "sentence": _sentence,
    "short": _short,
    "title": lambda value: _text(value).title(),
    "tojson": _to_json,
    "trim": lambda value: _text(value).strip(),
    "truncate": _truncate,
    "upper": lambda value: _text(value).upper(),
    "urlencode": lambda value: quote(_text(value), safe=""),
}

# These take lists or missing values; all others are given one value that may be printed.
OPEN_FILTERS = frozenset({"default", "first", "items", "join", "last", "length", "safe", "tojson"})

PAGE_FILTERS: Mapping[str, Callable[..., Any]] = {**MESSAGE_FILTERS, "safe": _safe}
