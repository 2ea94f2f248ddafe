"""Closed days of a shop, as they are told: ``[[closures]]``, or pairs of first and last day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, TypeAlias

from xenorec.config.setting_types import DAY, WRONG, Reading, Schema, SettingType
from xenorec.errors import BadInput, nearest
from xenorec.timestamps import as_instant

KEYS = ("from", "to")


@dataclass(frozen=True)
class Closure:
    """Days without trade, [``first``, ``last``], both included; ``found``: by looking, not told."""

    first: date
    last: date
    found: bool = False

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise BadInput(
                f"A closure from {self.first} to {self.last} ends before it begins; "
                "give the first and the last closed day."
            )

    @property
    def n_days(self) -> int:
        """How many days were closed."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        how = "No orders at all came" if self.found else "The shop was closed"
        said = f"{how} from {self.first} to {self.last} ({self.n_days} days)"
        return f"{said}; these days are left out of everybody's silence."


GivenClosure: TypeAlias = Closure | Sequence[str | date] | Mapping[str, str | date]
"""A closure as it is given: as one, as (first, last) closed day, or as {"from", "to"}."""


def closures_of(
    given: Iterable[GivenClosure],
) -> tuple[Closure, ...]:
    """Read pairs of (first, last) closed day, or mappings of "from" and "to", in order of time.

    Raises ``BadInput`` for anything else, and for two that share days.
    """
    read: list[Closure] = []
    for pair in given:
        if isinstance(pair, Closure):
            read.append(pair)
            continue
        if isinstance(pair, Mapping) and set(pair) == {"from", "to"}:
            pair = (pair["from"], pair["to"])
        if isinstance(pair, str) or len(tuple(pair)) != 2:
            raise BadInput(
                f"A closure is {pair!r}; expected its first and last closed day, such as "
                "('2020-03-25', '2020-05-10')."
            )
        first, last = (as_instant(day, name="closure").date() for day in pair)
        read.append(Closure(first, last))
    ordered = tuple(sorted(read, key=lambda closure: (closure.first, closure.last)))
    for early, late in pairwise(ordered):
        if late.first <= early.last:
            raise BadInput(
                f"The closure from {late.first} to {late.last} shares days with the one from "
                f"{early.first} to {early.last}; give them as one."
            )
    return ordered


@dataclass(frozen=True)
class ClosedDays(SettingType):
    """The type of ``[[closures]]``: tables of from and to, none of which share days."""

    def _read(self, value: Any, at: Reading) -> Any:
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            return at.wrong(value, "[[closures]] with from and to, the closed days")
        entries = [at.at(n, f"{at.where}, number {n + 1}") for n in range(len(value))]
        read = [self._closure(one, entry) for one, entry in zip(value, entries, strict=True)]
        known = [one for one in read if one is not WRONG]
        for early, late in pairwise(sorted(known, key=lambda one: (one.first, one.last))):
            if late.first <= early.last:
                at.report(
                    f"{late.first} to {late.last} shares days with {early.first} to "
                    f"{early.last}; make them one"
                )
        return tuple(known)

    def _schema(self, names: Any) -> Schema:
        one = {"type": "object", "properties": dict.fromkeys(KEYS, DAY), "required": list(KEYS)}
        return {"type": "array", "items": {**one, "additionalProperties": False}}

    def _closure(self, given: Mapping[str, Any], at: Reading) -> Any:
        other = [key for key in given if key not in KEYS]
        told = [f"{key!r} is not a key here.{nearest(key, KEYS)}" for key in other]
        told += [f"{key!r} is missing" for key in KEYS if key not in given]
        told += [
            f'{key} came as {given[key]!r}; expected a day, such as "2020-03-25"'
            for key in KEYS
            if key in given and not isinstance(given[key], str | date)
        ]
        for text in told:
            at.report(text)
        if told:
            return WRONG
        return at.checked(lambda pair, _: closures_of([pair])[0], (given["from"], given["to"]))
