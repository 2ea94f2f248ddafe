"""What a till accepts: ids, amounts and instants, checked at the door."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from xenorec.errors import BadInput

AMOUNT = (14, 4)
QUANTITY = (9, 3)
"""Digits before and after the point, as in the canonical tables."""
LONGEST = 1000
"""Characters of the longest id."""


def now_utc() -> datetime:
    """Return the instant of this machine's clock."""
    return datetime.now(UTC)


def instant(value: datetime, name: str) -> str:
    """Return an aware time as ISO text in UTC with microseconds, so that text sorts as time."""
    if not isinstance(value, datetime):
        raise BadInput(f"{name} came as {shown(value)}; expected a datetime with a zone.")
    if value.tzinfo is None:
        raise BadInput(
            f"{name} came without a zone; give an aware time such as datetime.now(timezone.utc)."
        )
    try:
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError as error:
        raise BadInput(f"{name} came as {shown(value)}; no calendar has this instant.") from error


def identifier(value: Any, name: str) -> str:
    """Return an id as text; whole numbers are ids too."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise BadInput(f"{name} came as {shown(value)}; expected text such as '4011'.")
    if isinstance(value, int) and abs(value) >= 10**LONGEST:
        raise BadInput(f"{name} came with more than {LONGEST} digits; no id is so long.")
    text = str(value)
    if len(text) > LONGEST:
        raise BadInput(
            f"{name} came with {len(text):,} characters; expected at most {LONGEST} of them."
        )
    if not text.isprintable():
        raise BadInput(f"{name} came as {shown(value)}; expected letters that can be printed.")
    return text


def identifiers(values: Iterable[Any], name: str) -> list[str]:
    """Return ids as text, each once, in their order."""
    if isinstance(values, str | bytes):
        raise BadInput(f"{name} came as text; expected a list of product ids, such as ['4011'].")
    return list(dict.fromkeys(identifier(value, name) for value in _each(values, name)))


def reference(value: Any) -> str:
    """Return a customer's reference; only ``identify()`` makes one, and it is text."""
    if not isinstance(value, str):
        raise BadInput(
            f"A customer came whose reference is a {type(value).__name__}; expected what "
            "identify() returned."
        )
    return identifier(value, "The customer's reference")


def number(value: Any, name: str, size: tuple[int, int]) -> str:
    """Return an exact number as its shortest text, so that 58 and 58.00 are the same.

    ``size`` is how many digits there may be before and after the point. Raises BadInput for a
    float: it does not say which amount was meant.
    """
    whole, places = size
    if isinstance(value, float | bool):
        raise BadInput(f"{name} came as {shown(value)}; expected text or Decimal, such as '58.00'.")
    try:
        found = Decimal(value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise BadInput(f"{name} came as {shown(value)}; expected a number like '58.00'.") from error
    if not found.is_finite() or (found and found.adjusted() >= whole):
        raise BadInput(f"{name} came as {shown(value)}; expected less than {whole + 1} digits.")
    exact = found.quantize(Decimal(1).scaleb(-places))
    if exact != found:
        raise BadInput(f"{name} came as {shown(value)}; expected at most {places} decimals.")
    return format((exact + 0).normalize(), "f")


def count(value: Any, name: str) -> int:
    """Return a whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadInput(f"{name} came as {shown(value)}; expected a whole number such as 3.")
    return value


def lines(values: Iterable[Any]) -> list[list[str]]:
    """Return the lines of an order as texts: product_id, quantity, what was paid."""
    return [_line(value, place) for place, value in enumerate(_each(values, "lines"), 1)]


def one_of(value: str, name: str, known: tuple[str, ...]) -> str:
    """Return a word of a closed list."""
    if not isinstance(value, str) or value not in known:
        raise BadInput(f"{name} came as {shown(value)}; expected one of {', '.join(known)}.")
    return str(value)


def shown(value: Any) -> str:
    """Return a value as an error may show it: short, and without failing itself."""
    try:
        text = repr(value)
    except Exception:
        return f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _each(values: Iterable[Any], name: str) -> list[Any]:
    try:
        return list(values)
    except TypeError as error:
        raise BadInput(f"{name} came as {shown(values)}; expected a list.") from error


def _line(value: Any, place: int) -> list[str]:
    if not isinstance(value, tuple | list) or len(value) != 3:
        raise BadInput(
            f"Line {place} came as {shown(value)}; expected (product_id, quantity, what was paid)."
        )
    return [
        identifier(value[0], f"product_id of line {place}"),
        number(value[1], f"quantity of line {place}", QUANTITY),
        number(value[2], f"amount of line {place}", AMOUNT),
    ]
