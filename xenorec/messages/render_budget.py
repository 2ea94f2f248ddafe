"""Render budget: how much one rendering may do, and where a compiled template is charged for it.

A template is bounded by what it makes the machine do, whatever the construct: characters that are
printed, joined, compared or filtered, loop rounds, and expressions evaluated in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from jinja2 import nodes
from jinja2.runtime import Context, Undefined
from jinja2.utils import pass_context
from jinja2.visitor import NodeTransformer

from xenorec.errors import TemplateError
from xenorec.messages.template_filters import OPEN_FILTERS, shown

WORK = "_work"
"""The name under which a rendering's budget lies in its context."""
STEP = 10
"""What an expression in a loop's body, or an entry of a list, costs in characters."""


@dataclass
class RenderBudget:
    """What is left of a rendering's budget: loop rounds, and characters handled."""

    n_rounds: int
    n_characters: int

    def charge(self, n_characters: int) -> None:
        """Take from the budget; raises TemplateError when nothing is left."""
        self.n_characters -= n_characters
        if self.n_characters < 0:
            raise TemplateError("the template does too much work: texts too long, or too often")

    def enter_loop(self, n_rounds: int, n_nodes: int, told: str) -> None:
        """Take the rounds of a loop and the expressions in its body from the budget."""
        self.n_rounds -= n_rounds
        if self.n_rounds < 0:
            raise TemplateError(f"{told} run too many rounds")
        self.charge(n_rounds * n_nodes * STEP)


def size(value: object) -> int:
    """Return what a value costs: a character of a text 1, an entry of a list ``STEP``."""
    if isinstance(value, str):
        return 1 + len(value)
    return STEP * (1 + len(value)) if isinstance(value, list | tuple | Mapping) else 1


def deep_size(value: object) -> int:
    """Return what a value costs with all that it holds, as a comparison reads it."""
    if isinstance(value, Mapping):
        return STEP + sum(STEP + deep_size(entry) for entry in value.values())
    if isinstance(value, list | tuple):
        return STEP + sum(STEP + deep_size(entry) for entry in value)
    return size(value)


@pass_context
def _shown(context: Context, value: object, label: str, line: int) -> object:
    """Charge a text that is printed, joined or filtered; refuse what may not be printed."""
    if isinstance(value, str):
        context.parent[WORK].charge(1 + len(value))
        return value
    context.parent[WORK].charge(1)
    return shown(value, label, line)


@pass_context
def _charged(context: Context, value: object) -> object:
    """Charge what a filter or a slice takes or gives."""
    context.parent[WORK].charge(size(value))
    return value


@pass_context
def _compared(context: Context, value: object) -> object:
    """Charge what is compared, with all that it holds."""
    context.parent[WORK].charge(deep_size(value))
    return value


@pass_context
def _bounded(context: Context, value: object, label: str, line: int, n_nodes: int) -> object:
    """Charge the rounds of one loop before it starts."""
    if isinstance(value, Undefined) or not isinstance(value, list | tuple | Mapping):
        kind = "undefined" if isinstance(value, Undefined) else type(value).__name__
        raise TemplateError(f"line {line}: {label} is {kind}; a loop needs a list")
    context.parent[WORK].enter_loop(len(value), n_nodes, f"line {line}: the loops over {label}")
    return value


CHARGES = {"_bounded": _bounded, "_charged": _charged, "_compared": _compared, "_shown": _shown}
"""Filters that only the compiler writes: a template may use no name that starts with ``_``."""


def instrument(tree: nodes.Template) -> nodes.Template:
    """Return a parsed template that charges what it prints, joins, filters, compares and loops."""
    return cast(nodes.Template, _ChargedNodes().visit(tree))


class _ChargedNodes(NodeTransformer):
    """Wraps what is printed, joined, filtered, compared, sliced and looped over, to charge it."""

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [_as_shown(child) for child in node.nodes]
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [_as_shown(child) for child in node.nodes]
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if node.node is not None:
            is_open = node.name in OPEN_FILTERS
            node.node = _as(node.node, "_charged") if is_open else _as_shown(node.node)
        charged: nodes.Node = _as(node, "_charged")
        return charged

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr = _as(node.expr, "_compared")
        for operand in node.ops:
            operand.expr = _as(operand.expr, "_compared")
        return node

    def visit_Test(self, node: nodes.Test) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.args = [_as(arg, "_compared") for arg in node.args]
        if node.args:
            node.node = _as(node.node, "_compared")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _as(node, "_charged") if isinstance(node.arg, nodes.Slice) else node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        n_nodes = n_below(*node.body, *([node.test] if node.test is not None else ()))
        self.generic_visit(node)
        label, line = spell(node.iter), node.iter.lineno
        node.iter = _as(node.iter, "_bounded", label, line, n_nodes)
        return node


def n_below(*roots: nodes.Node) -> int:
    """Return the number of nodes of these trees."""
    stack, n = list(roots), 0
    while stack:
        n += 1
        stack.extend(stack.pop().iter_child_nodes())
    return n


def _as_shown(node: Any) -> Any:
    if isinstance(node, nodes.TemplateData):
        return node
    return _as(node, "_shown", spell(node), node.lineno)


def _as(node: Any, filter_name: str, *values: object) -> Any:
    """Return a node charged by a filter: once, and not at all where the source says the value."""
    if isinstance(node, nodes.Const) and not values:
        return node
    if isinstance(node, nodes.Filter) and node.name == "_charged":
        node = node.node
    args = [nodes.Const(value, lineno=node.lineno) for value in values]
    return nodes.Filter(node, filter_name, args, [], None, None, lineno=node.lineno)


def spell(node: nodes.Node | None) -> str:
    """Write an expression as it stood in the source, as far as an error needs it."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{spell(node.node)}.{node.attr}"
    if isinstance(node, nodes.Getitem):
        key = node.arg.value if isinstance(node.arg, nodes.Const) else ".."
        return f"{spell(node.node)}[{key}]"
    if isinstance(node, nodes.Filter):
        inner = spell(node.node)
        return inner if node.name.startswith("_") else f"{inner}|{node.name}"
    return "an expression"
