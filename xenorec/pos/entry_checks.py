"""What an entry of a till's journal may hold: one rule, for writing it and for reading it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from xenorec.errors import BadInput
from xenorec.pos import value_checks

CHANNELS = ("email", "sms", "whatsapp", "push", "webhook", "any")
PURPOSES = ("marketing", "service", "profiling")
STATUSES = ("granted", "withdrawn")
MOVEMENTS = ("earn", "redeem", "adjust", "reverse")


def checked(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of an entry as it is kept: ids and exact amounts as text.

    Raises BadInput, naming the field, for an unknown kind and for a value that no table could
    take.
    """
    if kind not in _BODIES:
        raise BadInput(
            f"An entry came of kind {value_checks.shown(kind)}; expected {', '.join(KINDS)}."
        )
    if not isinstance(body, Mapping):
        raise BadInput(f"The entry's body came as {value_checks.shown(body)}; expected an object.")
    return _BODIES[kind](body)


def instant_text(value: Any, name: str) -> str:
    """Return an instant that was kept as text; raises BadInput for another text."""
    try:
        return value_checks.instant(datetime.fromisoformat(value), name)
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"{name} came as {value_checks.shown(value)}; expected an instant."
        ) from error


def _order(body: Mapping[str, Any]) -> dict[str, Any]:
    lines = value_checks.lines(body.get("lines"))  # type: ignore[arg-type]
    if not lines:
        raise BadInput("record_order() needs at least one line.")
    kept = {
        "order_id": value_checks.identifier(body.get("order_id"), "order_id"),
        "ref": _reference(body),
        "currency": _currency(body.get("currency")),
        "lines": lines,
    }
    if body.get("ordered_at") is not None:
        kept["ordered_at"] = instant_text(body["ordered_at"], "ordered_at")
    return kept


def _redemption(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "offer_id": value_checks.identifier(body.get("offer_id"), "offer_id"),
        "order_id": value_checks.identifier(body.get("order_id"), "order_id"),
        "ref": _reference(body),
    }


def _consent(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ref": value_checks.reference(body.get("ref")),
        "channel": value_checks.one_of(body.get("channel"), "channel", CHANNELS),  # type: ignore[arg-type]
        "purpose": value_checks.one_of(body.get("purpose"), "purpose", PURPOSES),  # type: ignore[arg-type]
        "status": value_checks.one_of(body.get("status"), "status", STATUSES),  # type: ignore[arg-type]
    }


def _points(body: Mapping[str, Any]) -> dict[str, Any]:
    order_id = body.get("order_id")
    kind = value_checks.one_of(body.get("kind"), "kind", MOVEMENTS)  # type: ignore[arg-type]
    return {
        "account_id": value_checks.identifier(body.get("account_id"), "account_id"),
        "points": _signed(body.get("points"), kind),
        "kind": kind,
        "order_id": None if order_id is None else value_checks.identifier(order_id, "order_id"),
    }


def _reference(body: Mapping[str, Any]) -> str | None:
    ref = body.get("ref")
    return None if ref is None else value_checks.reference(ref)


def _currency(value: Any) -> str:
    text = value_checks.identifier(value, "currency")
    if len(text) != 3 or not (text.isascii() and text.isalpha() and text.isupper()):
        raise BadInput(
            f"currency came as {value_checks.shown(value)}; expected a code such as EUR."
        )
    return text


def _signed(points: Any, kind: str) -> str:
    text = value_checks.number(points, "points", value_checks.QUANTITY)
    if text == "0" or (kind == "earn" and text[0] == "-") or (kind == "redeem" and text[0] != "-"):
        raise BadInput(
            f"points came as {value_checks.shown(points)} for {kind!r}; expected more than 0 to "
            "earn, less than 0 to redeem."
        )
    return text


_BODIES: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "order": _order,
    "redemption": _redemption,
    "consent": _consent,
    "points": _points,
}
KINDS = tuple(_BODIES)
"""What can happen at a till."""
