"""One table of a declaration: each value is checked, and every mistake is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from xenorec.config.durations import span
from xenorec.errors import BadInput, nearest

Report = Callable[[str, str], None]


@dataclass(frozen=True)
class TomlEntry:
    """A table as it came; a wrong value is told to ``report`` (key, text) and reads as missing."""

    table: Mapping[str, Any]
    report: Report

    def only(self, keys: tuple[str, ...]) -> None:
        """Report every key that is not one of these."""
        for key in self.table:
            if key not in keys:
                self.report(
                    key, f"is not a key here.{nearest(key, keys)} Known: {', '.join(keys)}."
                )

    def text(self, key: str) -> str | None:
        """Return a text that is not empty."""
        value = self.table.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        self._wrong(key, "a text")
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, each once."""
        value = self.table.get(key)
        if value is None:
            return ()
        if isinstance(value, list) and value and all(map(_is_text, value)):
            return tuple(dict.fromkeys(value))
        self._wrong(key, 'a list of texts, such as ["Tea", "Coffee"]')
        return ()

    def whole(self, key: str) -> int | None:
        """Return a whole number from 1."""
        value = self.table.get(key)
        if value is None or (type(value) is int and value >= 1):
            return value
        self._wrong(key, "a whole number from 1")
        return None

    def flag(self, key: str) -> bool:
        """Return true or false; false where it is missing."""
        value = self.table.get(key, False)
        if isinstance(value, bool):
            return value
        self._wrong(key, "true or false")
        return False

    def span(self, key: str) -> timedelta | None:
        """Return a length of time."""
        value = self.table.get(key)
        try:
            return None if value is None else span(value)
        except BadInput:
            self._wrong(key, 'a number and a unit, such as "56d" or "8w"')
            return None

    def price(self, key: str) -> Decimal | None:
        """Return a price above nothing."""
        value = self.table.get(key)
        number = _decimal(value)
        if value is None or (number is not None and number > 0):
            return number
        self._wrong(key, 'a price above 0, such as "4.99"')
        return None

    def share(self, key: str) -> float | None:
        """Return a share from 0 to 1."""
        value = self.table.get(key)
        number = None if isinstance(value, str) else _decimal(value)
        if value is None or (number is not None and 0 <= number <= 1):
            return None if number is None else float(number)
        self._wrong(key, "a share from 0 to 1, such as 0.2 for a fifth off")
        return None

    def _wrong(self, key: str, expected: str) -> None:
        self.report(key, f"came as {_shown(self.table[key])}; expected {expected}.")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, Decimal) else repr(value)
