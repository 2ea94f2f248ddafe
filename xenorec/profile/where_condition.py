"""The audience language: a SQL condition over profile columns, checked before it runs.

Only comparisons, boolean and arithmetic operators, ``between``, ``in``, ``like``, ``is null`` and
a short list of functions. What a person typed is never run: the condition is parsed, every node
is checked against the list, every word is accounted for, and new SQL is written from it with the
literals as parameters.

What is not known (null) meets no condition: of customers without an order neither
``n_orders > 3`` nor ``not (n_orders > 3)`` holds. Ask ``n_orders is null``, or say what stands in
its place: ``coalesce(n_orders, 0) <= 3``. Arithmetic that has no finite result is not known
either: a division by zero, an overflow, infinity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from xenorec.errors import ConditionRefused, UnknownColumn, nearest
from xenorec.profile.condition_tokens import CALL, check_all_understood, literal, words_of

LONGEST = 4_000
NEAREST = 3
"""At most so many names are told for one that is not known."""

FARTHEST = 10**38
"""Numbers are nearer to 0."""
PLACES = 30
"""Numbers have at most so many digits behind the point."""

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

ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Abs, exp.Round)
"""What may have no finite result."""
MOMENTS = ("TIMESTAMPTZ", "TIMESTAMP", "DATE")

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
    try:
        words, tree = _parse(text)
        writer = _Writer(text, columns)
        sql = writer.write(tree)
    except RecursionError as error:
        raise ConditionRefused(
            f"The condition {_short(text)} is nested too deep; take it apart: "
            "people.where(...).where(...)."
        ) from error
    check_all_understood(words, writer.words)
    return Condition(text, sql, writer.params, frozenset(writer.used))


def _parse(text: str) -> tuple[Counter[str], exp.Expression]:
    if not isinstance(text, str) or not text.strip():
        raise ConditionRefused(
            "The condition is empty. Write one such as 'days_since_order between 30 and 120'."
        )
    if len(text) > LONGEST:
        raise ConditionRefused(f"The condition has {len(text)} characters; {LONGEST} is the most.")
    try:
        words = words_of(text)
        trees = [tree for tree in sqlglot.parse(text, read="duckdb") if tree is not None]
    except SqlglotError as error:
        reason = str(error).splitlines()[0].split(". Line")[0]
        raise ConditionRefused(
            f"The condition {_short(text)} cannot be read: {reason}. It may use {ALLOWED}."
        ) from error
    if len(trees) != 1:
        raise ConditionRefused(
            f"Got {len(trees)} statements in {_short(text)}; expected one condition without ';'."
        )
    return words, cast(exp.Expression, trees[0])


class _Writer:
    """Writes a checked tree as SQL text with ``$p0 ...`` in place of literals.

    ``words`` are those of the text that the tree accounts for.
    """

    def __init__(self, text: str, columns: Mapping[str, str]) -> None:
        self.text = text
        self.columns = columns
        self.params: dict[str, Any] = {}
        self.used: set[str] = set()
        self.words: list[str] = []

    def write(self, node: exp.Expression, *, is_part: bool = False) -> str:
        """Return the SQL of a node; ``is_part``: of arithmetic that is made safe as a whole."""
        if isinstance(node, ARITHMETIC) and not is_part:
            return self._finite(node)
        kind = type(node)
        if kind in OPERATORS:
            return self._write_operator(node, OPERATORS[kind])
        if kind in FUNCTIONS:
            return self._write_call(node, FUNCTIONS[kind])
        writer = getattr(self, f"_write_{kind.__name__.lower()}", None)
        if writer is None or node.args.get("with_") or node.args.get("with"):
            raise self._refused(node)
        written: str = writer(node)
        return written

    def _finite(self, node: exp.Expression) -> str:
        """Return arithmetic that is empty where it has no finite result."""
        written = self.write(node, is_part=True)
        if any(self._is_moment(column) for column in node.find_all(exp.Column)):
            return written
        is_finite = "case when isfinite(cast(v as DOUBLE)) then v end"
        return f"list_transform([try({written})], lambda v: {is_finite})[1]"

    def _is_moment(self, column: exp.Column) -> bool:
        return self.columns.get(column.name.lower(), "") in MOMENTS

    def _write_operator(self, node: exp.Expression, operator: str) -> str:
        is_part = isinstance(node, ARITHMETIC)
        left = self.write(node.this, is_part=is_part)
        self.words.append(operator)
        right = self.write(node.expression, is_part=is_part)
        if isinstance(node, exp.Div):
            right = f"nullif({right}, 0)"
        if node.args.get("negate"):  # 'not like': the parser marks it on the operator
            self.words.append("not")
            return f"(not ({left} {operator} {right}))"
        return f"({left} {operator} {right})"

    def _write_call(self, node: exp.Expression, name: str) -> str:
        parts = _arguments(node)
        self.words += [CALL, "(", ")", *[","] * (len(parts) - 1)]
        is_part = isinstance(node, ARITHMETIC)
        return f"{name}({', '.join(self.write(part, is_part=is_part) for part in parts)})"

    def _write_paren(self, node: exp.Paren) -> str:
        self.words += "()"
        return f"({self.write(node.this)})"

    def _write_not(self, node: exp.Not) -> str:
        self.words.append("not")
        return f"(not {self.write(node.this)})"

    def _write_neg(self, node: exp.Neg) -> str:
        self.words.append("-")
        return f"(- {self.write(node.this, is_part=True)})"

    def _write_between(self, node: exp.Between) -> str:
        self.words += ("between", "and")
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
        self.words += ("in", "(", ")", *[","] * (len(node.expressions) - 1))
        listed = ", ".join(self.write(part) for part in node.expressions)
        return f"({self.write(node.this)} in ({listed}))"

    def _write_is(self, node: exp.Is) -> str:
        self.words.append("is")
        if isinstance(node.expression, exp.Null | exp.Boolean):
            return f"({self.write(node.this)} is {self.write(node.expression)})"
        raise self._refused(node)

    def _write_boolean(self, node: exp.Boolean) -> str:
        word = "true" if node.this else "false"
        self.words.append(word)
        return word

    def _write_null(self, node: exp.Null) -> str:
        self.words.append("null")
        return "null"

    def _write_literal(self, node: exp.Literal) -> str:
        self.words.append(literal(str(node.this), is_string=node.is_string))
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
        self.words.append(node.name.lower())
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
    value: int | Decimal = int(text) if text.isdigit() else Decimal(text)
    digits = 0 if isinstance(value, int) else -int(str(value.as_tuple().exponent))
    if not -FARTHEST < value < FARTHEST or digits > PLACES:
        raise ConditionRefused(
            f"The condition holds the number {_short(text)}; expected one below 10^38 with at "
            f"most {PLACES} digits behind the point."
        )
    return value


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
