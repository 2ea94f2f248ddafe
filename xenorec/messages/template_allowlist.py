"""Which constructs a message template may use; everything else is refused before it is compiled.

The sandbox of Jinja keeps a template away from Python, but not from running away (``9**9**9``,
doubling a text in a loop). An allow-list of syntax nodes, checked once per source, closes that.
"""

from __future__ import annotations

from collections.abc import Collection

from jinja2 import Environment, nodes

from xenorec.errors import TemplateRefused, nearest

MAX_SOURCE = 200_000
MAX_TOKENS = 15_000
MAX_NODES = 2_000
MAX_DEPTH = 40
MAX_LOOP_DEPTH = 3
MAX_FILTER_CHAIN = 6

ALLOWED_TESTS = frozenset(
    {"defined", "divisibleby", "even", "in", "none", "number", "odd", "string", "undefined"}
)

_ALLOWED = (
    nodes.Add,
    nodes.And,
    nodes.Assign,
    nodes.Compare,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Const,
    nodes.Filter,
    nodes.For,
    nodes.Getattr,
    nodes.Getitem,
    nodes.If,
    nodes.List,
    nodes.Name,
    nodes.Neg,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Output,
    nodes.Slice,
    nodes.Sub,
    nodes.Template,
    nodes.TemplateData,
    nodes.Test,
    nodes.Tuple,
)

_GROWING = (nodes.Add, nodes.Concat, nodes.List, nodes.Tuple)

_SPELLED = {
    "AssignBlock": "a set block",
    "Block": "block",
    "Call": "a call",
    "CallBlock": "a call block",
    "Dict": "a dictionary literal",
    "Div": "/ (division)",
    "Extends": "extends",
    "FilterBlock": "a filter block",
    "FloorDiv": "// (division)",
    "FromImport": "import",
    "Import": "import",
    "Include": "include",
    "Keyword": "a named argument",
    "Macro": "macro",
    "Mod": "% (remainder or text formatting)",
    "Mul": "* (multiplication)",
    "NSRef": "setting an attribute",
    "Pos": "unary +",
    "Pow": "** (power)",
    "ScopedEvalContextModifier": "autoescape",
    "With": "with",
}


def check_source(environment: Environment, source: str, *, name: str) -> None:
    """Refuse a source that is too long, or has too many tags and words in them, to be parsed.

    Raises TemplateRefused with what it has and what is allowed.
    """
    if len(source) > MAX_SOURCE:
        raise TemplateRefused(
            f"{name}: the source has {len(source):,} characters; at most {MAX_SOURCE:,} "
            "are allowed. Give long texts as variables."
        )
    for n_tokens, (line, _, _) in enumerate(environment.lex(source, name), 1):
        if n_tokens > MAX_TOKENS:
            raise _too_large(name, line, f"{MAX_TOKENS:,} words and signs in its tags")


def check(tree: nodes.Template, *, name: str, filters: Collection[str]) -> None:
    """Refuse a parsed template that uses anything outside the allowed language.

    Raises TemplateRefused with the construct, its line, and what is allowed.
    """
    _AllowlistVisitor(name, frozenset(filters)).visit(tree, depth=0)


def refusal(name: str, line: int | None, what: str, filters: Collection[str]) -> TemplateRefused:
    """Return the error for one refused construct."""
    at = f", line {line}" if line is not None else ""
    return TemplateRefused(
        f"{name}{at}: {what} is not allowed in a message template. Allowed are: names and "
        f"their fields, if, for (up to {MAX_LOOP_DEPTH} deep), set of one value, comparisons, "
        f"and/or/not, + - ~, and the filters {', '.join(sorted(filters))}."
    )


def _too_large(name: str, line: int, limit: str) -> TemplateRefused:
    return TemplateRefused(
        f"{name}, line {line}: the template is nested too deep or too large to compile: it has "
        f"more than {limit}. Give long texts and lists as variables."
    )


class _AllowlistVisitor:
    """One pass over the syntax tree; a method per node kind that needs more than the list."""

    def __init__(self, name: str, filters: frozenset[str]) -> None:
        self.name = name
        self.filters = filters
        self.n_nodes = 0

    def visit(self, node: nodes.Node, *, depth: int, loops: int = 0) -> None:
        kind = type(node).__name__
        self.n_nodes += 1
        if self.n_nodes > MAX_NODES:
            raise _too_large(self.name, node.lineno, f"{MAX_NODES:,} constructs")
        if depth > MAX_DEPTH:
            raise _too_large(self.name, node.lineno, f"{MAX_DEPTH} constructs inside each other")
        if not isinstance(node, _ALLOWED):
            raise self._refuse(node, _SPELLED.get(kind, kind.lower()))
        special = getattr(self, f"_check_{kind.lower()}", None)
        if special is not None:
            special(node)
        inner = loops + 1 if isinstance(node, nodes.For) else loops
        if inner > MAX_LOOP_DEPTH:
            raise self._refuse(node, f"a loop nested more than {MAX_LOOP_DEPTH} deep")
        for child in node.iter_child_nodes():
            self.visit(child, depth=depth + 1, loops=inner)

    def _refuse(self, node: nodes.Node, what: str) -> TemplateRefused:
        return refusal(self.name, node.lineno, what, self.filters)

    def _check_name(self, node: nodes.Name) -> None:
        if node.name.startswith("_"):
            raise self._refuse(node, f"the name {node.name!r} (it starts with _)")

    def _check_getattr(self, node: nodes.Getattr) -> None:
        if node.attr.startswith("_"):
            raise self._refuse(node, f"the field {node.attr!r} (it starts with _)")

    def _check_getitem(self, node: nodes.Getitem) -> None:
        if isinstance(node.arg, nodes.Slice):
            return
        if not isinstance(node.arg, nodes.Const | nodes.Neg):
            raise self._refuse(node, "a computed key in [ ]")
        if isinstance(node.arg, nodes.Const) and str(node.arg.value).startswith("_"):
            raise self._refuse(node, f"the key {node.arg.value!r} (it starts with _)")

    def _check_for(self, node: nodes.For) -> None:
        if node.recursive:
            raise self._refuse(node, "a recursive loop")

    def _check_assign(self, node: nodes.Assign) -> None:
        if not isinstance(node.target, nodes.Name):
            raise self._refuse(node, "setting more than one plain name")
        if any(map(_grows, (node.node, *node.node.find_all(_GROWING)))):
            raise self._refuse(node, "joining or adding inside set (it could grow without end)")

    def _check_filter(self, node: nodes.Filter) -> None:
        if node.name not in self.filters:
            hint = nearest(node.name, self.filters).strip()
            raise self._refuse(node, f"the filter {node.name!r}{' (' + hint + ')' if hint else ''}")
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise self._refuse(node, "unpacking arguments")
        if _chain(node) > MAX_FILTER_CHAIN:
            raise self._refuse(node, f"a chain of more than {MAX_FILTER_CHAIN} filters")

    def _check_test(self, node: nodes.Test) -> None:
        if node.name not in ALLOWED_TESTS:
            raise self._refuse(node, f"the test {node.name!r}")


def _grows(node: nodes.Node) -> bool:
    """Tell whether a node joins values; a list of plain constants does not."""
    if isinstance(node, nodes.List | nodes.Tuple):
        return not all(isinstance(item, nodes.Const) for item in node.items)
    return isinstance(node, _GROWING)


def _chain(node: nodes.Node | None) -> int:
    length = 0
    while isinstance(node, nodes.Filter):
        length += 1
        node = node.node
    return length
