"""The audience language: a SQL condition over profile columns, checked before it runs.

Only comparisons, boolean and arithmetic operators, ``between``, ``in``, ``like``, ``is null`` and
a short list of functions. What a person typed is never run: the condition is parsed, every node
is checked against the list, and new SQL is written from it with the literals as parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from xenorec.errors import ConditionRefused, UnknownColumn, nearest

LONGEST = 4_000
NEAREST = 3
"""At most so many names are told for one that is not known."""

OPERATORS: dict[type[exp.Expression], str] = {
    exp.And: "and",
    exp.Or: "or",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Like: "like",
    exp.ILike: "ilike",
}

FUNCTIONS: dict[type[exp.Expression], str] = {
    exp.Lower: "lower",
    exp.Upper: "upper",
    exp.Abs: "abs",
    exp.Length: "length",
    exp.Coalesce: "coalesce",
    exp.Round: "round",
    exp.StartsWith: "starts_with",
    exp.ArrayContains: "list_contains",
    exp.Contains: "contains",
}

ALLOWED = (
    "comparisons, and, or, not, + - * /, between, in, like, is null, and the functions "
    + ", ".join(sorted(FUNCTIONS.values()))
)


@dataclass(frozen=True)
class Condition:
    """A checked condition: rebuilt SQL, its literals as parameters, the columns it reads."""

    text: str
    sql: str
    params: Mapping[str, Any]
    columns: frozenset[str]


def condition(text: str, columns: Mapping[str, str]) -> Condition:
    """Check what a person typed against the profile's columns (name to type).

    Raises ConditionRefused for anything outside the language and UnknownColumn, with the
    nearest name, for a column that is not there.
    """
    tree = _parse(text)
    writer = _Writer(text, columns)
    sql = writer.write(tree)
    return Condition(text, sql, writer.params, frozenset(writer.used))


def _parse(text: str) -> exp.Expression:
    if not isinstance(text, str) or not text.strip():
        raise ConditionRefused(
            "The condition is empty. Write one such as 'days_since_order between 30 and 120'."
        )
    if len(text) > LONGEST:
        raise ConditionRefused(f"The condition has {len(text)} characters; {LONGEST} is the most.")
    try:
        trees = [tree for tree in sqlglot.parse(text, read="duckdb") if tree is not None]
    except (SqlglotError, RecursionError) as error:
        reason = str(error).splitlines()[0].split(". Line")[0]
        raise ConditionRefused(
            f"The condition {_short(text)} cannot be read: {reason}. It may use {ALLOWED}."
        ) from error
    if len(trees) != 1:
        raise ConditionRefused(
            f"Got {len(trees)} statements in {_short(text)}; expected one condition without ';'."
        )
    return cast(exp.Expression, trees[0])


class _Writer:
    """Writes a checked tree as SQL text with ``$p0 ...`` in place of literals."""

    def __init__(self, text: str, columns: Mapping[str, str]) -> None:
        self.text = text
        self.columns = columns
        self.params: dict[str, Any] = {}
        self.used: set[str] = set()

    def write(self, node: exp.Expression) -> str:
        kind = type(node)
        if kind in OPERATORS:
            return f"({self.write(node.this)} {OPERATORS[kind]} {self.write(node.expression)})"
        if kind in FUNCTIONS:
            return f"{FUNCTIONS[kind]}({', '.join(self.write(part) for part in _arguments(node))})"
        writer = getattr(self, f"_write_{kind.__name__.lower()}", None)
        if writer is None or node.args.get("with_") or node.args.get("with"):
            raise self._refused(node)
        written: str = writer(node)
        return written

    def _write_paren(self, node: exp.Paren) -> str:
        return f"({self.write(node.this)})"

    def _write_not(self, node: exp.Not) -> str:
        return f"(not {self.write(node.this)})"

    def _write_neg(self, node: exp.Neg) -> str:
        return f"(- {self.write(node.this)})"

    def _write_between(self, node: exp.Between) -> str:
        low, high = self.write(node.args["low"]), self.write(node.args["high"])
        return f"({self.write(node.this)} between {low} and {high})"

    def _write_in(self, node: exp.In) -> str:
        if isinstance(node.args.get("field"), exp.Column):
            field = self.write(node.args["field"])
            raise ConditionRefused(
                f"'in' takes a list of values. To look into a list column, write list_contains("
                f"{field.strip(chr(34))}, 'value')."
            )
        others = [name for name, value in node.args.items() if value and name not in _IN_PARTS]
        if others or not node.expressions:
            raise self._refused(node)
        listed = ", ".join(self.write(part) for part in node.expressions)
        return f"({self.write(node.this)} in ({listed}))"

    def _write_is(self, node: exp.Is) -> str:
        if isinstance(node.expression, exp.Null):
            return f"({self.write(node.this)} is null)"
        if isinstance(node.expression, exp.Boolean):
            return f"({self.write(node.this)} is {'true' if node.expression.this else 'false'})"
        raise self._refused(node)

    def _write_boolean(self, node: exp.Boolean) -> str:
        return "true" if node.this else "false"

    def _write_null(self, node: exp.Null) -> str:
        return "null"

    def _write_literal(self, node: exp.Literal) -> str:
        return self._bind(str(node.this) if node.is_string else _number(node.this))

    def _write_column(self, node: exp.Column) -> str:
        if node.args.get("table") or not isinstance(node.this, exp.Identifier):
            raise self._refused(node)
        name = node.name if node.this.args.get("quoted") else node.name.lower()
        if name not in self.columns:
            quoted = bool(node.this.args.get("quoted")) or not name.isascii()
            hint = " Text goes in single quotes: 'like this'." if quoted else ""
            raise UnknownColumn(unknown_column(node.name, self.columns, hint))
        self.used.add(name)
        return f'"{name}"'

    def _bind(self, value: Any) -> str:
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"${name}"

    def _refused(self, node: exp.Expression) -> ConditionRefused:
        found = _short(node.sql(dialect="duckdb"))
        return ConditionRefused(
            f"The condition may not use {found} ({type(node).__name__}). It may use {ALLOWED}."
        )


def unknown_column(name: str, columns: Iterable[str], hint: str = "") -> str:
    """Return the text of the error: the few names that are nearest, and how to see them all."""
    known = list(columns)
    return (
        f"There is no profile column {name!r}.{nearest(name.lower(), known, n=NEAREST)}{hint} "
        f"crm.profiles().columns (xenorec profile --columns) tells all {len(known)} and what "
        "they mean."
    )


_IN_PARTS = {"this", "expressions"}


def _arguments(node: exp.Expression) -> list[exp.Expression]:
    parts: list[exp.Expression] = []
    for value in node.args.values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, exp.Expression):
                parts.append(part)
    return parts


def _number(text: str) -> int | Decimal:
    return int(text) if text.isdigit() else Decimal(text)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
