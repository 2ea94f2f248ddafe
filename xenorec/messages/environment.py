"""The guarded Jinja environments: compile a source once, render it within bounds.

Three kinds of source: ``html`` (autoescaped, for e-mail), ``text`` (for text, SMS and subjects)
and ``page`` (autoescaped, for our own reports). All are immutable sandboxes without globals.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, meta, nodes
from jinja2 import TemplateError as JinjaError
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context
from jinja2.visitor import NodeTransformer

from xenorec.errors import TemplateError, TemplateRefused
from xenorec.messages import guard
from xenorec.messages.filters import MESSAGE_FILTERS, OPEN_FILTERS, PAGE_FILTERS, shown

Kind = Literal["html", "page", "text"]

_LOOP_FIELDS = frozenset(
    {"depth", "first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex"}
)
_BUDGET = "_rounds"


@dataclass(frozen=True)
class Limits:
    """How many loop rounds and characters one rendering may take."""

    n_rounds: int
    n_characters: int


_LIMITS: Mapping[str, Limits] = {
    "html": Limits(n_rounds=10_000, n_characters=1_000_000),
    "page": Limits(n_rounds=1_000_000, n_characters=50_000_000),
    "text": Limits(n_rounds=10_000, n_characters=1_000_000),
}


class GuardedEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which a field is an entry of a mapping, never an attribute of Python."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read ``obj.attribute``: an entry of a mapping or a field of a dataclass or loop."""
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self._absent(obj, attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP_FIELDS:
            return getattr(obj, attribute)
        if dataclasses.is_dataclass(obj) and attribute in _fields(cast(Hashable, type(obj))):
            return getattr(obj, attribute)
        return self._absent(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Read ``obj[argument]``: an entry of a mapping, or a place or slice of a list."""
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, list | tuple | str) and isinstance(argument, int | slice):
            try:
                return obj[argument]
            except IndexError:
                pass
        return self._absent(obj, argument)

    def is_safe_callable(self, obj: Any) -> bool:
        """Refuse every call."""
        return False

    def _absent(self, obj: Any, name: Any) -> Undefined:
        return self.undefined(obj=obj, name=name)


@lru_cache(maxsize=256)
def _fields(kind: Hashable) -> frozenset[str]:
    return frozenset(field.name for field in dataclasses.fields(cast(Any, kind)))


@dataclass
class _Rounds:
    left: int


@pass_context
def _bounded(context: Context, value: object, label: str, line: int) -> object:
    """Charge the rounds of one loop to the rendering's budget before it starts."""
    if isinstance(value, Undefined) or not isinstance(value, list | tuple | Mapping):
        kind = "undefined" if isinstance(value, Undefined) else type(value).__name__
        raise TemplateError(f"line {line}: {label} is {kind}; a loop needs a list")
    rounds: _Rounds = context.parent[_BUDGET]
    rounds.left -= len(value)
    if rounds.left < 0:
        raise TemplateError(f"line {line}: the loops over {label} run too many rounds")
    return value


class _Instrument(NodeTransformer):
    """Wrap what is printed and what is looped over, so that bad values are named."""

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [_wrap("_shown", child) for child in node.nodes]
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [_wrap("_shown", child) for child in node.nodes]
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if node.name not in OPEN_FILTERS and node.node is not None:
            node.node = _wrap("_shown", node.node)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = _wrap("_bounded", node.iter)
        return node


def _wrap(filter_name: str, node: Any) -> Any:
    if isinstance(node, nodes.TemplateData):
        return node
    line = node.lineno
    label = nodes.Const(spell(node), lineno=line)
    at = nodes.Const(line, lineno=line)
    return nodes.Filter(node, filter_name, [label, at], [], None, None, lineno=line)


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


def _environment(kind: Kind) -> GuardedEnvironment:
    environment = GuardedEnvironment(
        autoescape=kind != "text",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=0,
    )
    environment.globals.clear()
    environment.filters.clear()
    environment.filters.update(_filters(kind))
    environment.filters.update({"_bounded": _bounded, "_shown": shown})
    return environment


def _filters(kind: Kind) -> Mapping[str, Callable[..., Any]]:
    return PAGE_FILTERS if kind == "page" else MESSAGE_FILTERS


_ENVIRONMENTS: Mapping[str, GuardedEnvironment] = {
    "html": _environment("html"),
    "page": _environment("page"),
    "text": _environment("text"),
}


@dataclass(frozen=True)
class Compiled:
    """A source that passed the guard, and the root names it reads."""

    name: str
    kind: Kind
    reads: frozenset[str]
    template: Template

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the rendered text.

        Raises TemplateError naming the template, the line and the variable when a value is
        missing, has the wrong type, or the rendering grows past its bounds.
        """
        limits = _LIMITS[self.kind]
        context = {**values, _BUDGET: _Rounds(limits.n_rounds)}
        try:
            return "".join(_capped(self.template.generate(context), limits.n_characters))
        except (JinjaError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise TemplateError(f"{self.name}, {_told(error)}") from error


@lru_cache(maxsize=512)
def compile_source(source: str, kind: Kind, name: str) -> Compiled:
    """Parse, guard and compile a source; the same source is compiled once.

    Raises TemplateRefused when it does not parse or uses a construct outside the allow-list.
    """
    environment = _ENVIRONMENTS[kind]
    tree = _parse(environment, source, name)
    filters = _filters(kind)
    try:
        guard.check(tree, name=name, filters=filters)
        reads = frozenset(meta.find_undeclared_variables(tree))
        _Instrument().visit(tree)
        code = environment.compile(tree, name, name)
    except TemplateSyntaxError as error:
        raise TemplateRefused(f"{name}, line {error.lineno}: {error.message}") from error
    except (RecursionError, SyntaxError, MemoryError) as error:
        raise TemplateRefused(f"{name}: the template is nested too deep to compile") from error
    return Compiled(name, kind, reads, Template.from_code(environment, code, {}))


def _parse(environment: GuardedEnvironment, source: str, name: str) -> nodes.Template:
    if len(source) > guard.MAX_SOURCE:
        raise TemplateRefused(
            f"{name}: the source has {len(source):,} characters; at most {guard.MAX_SOURCE:,} "
            "are allowed. Give long texts as variables."
        )
    try:
        return environment.parse(source, name, name)
    except TemplateSyntaxError as error:
        raise TemplateRefused(f"{name}, line {error.lineno}: {error.message}") from error
    except (RecursionError, ValueError) as error:
        raise TemplateRefused(f"{name}: the template cannot be parsed ({error})") from error


def _capped(chunks: Iterable[str], limit: int) -> Iterator[str]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TemplateError(f"the message grows past {limit:,} characters")
        yield chunk


def _told(error: BaseException) -> str:
    """Return the error's text, after ``line n: `` where the traceback tells the line."""
    text = str(error)
    if text.startswith("line "):
        return text
    line, trace = None, error.__traceback__
    while trace is not None:
        if "__jinja_exception__" in trace.tb_frame.f_globals:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"line {line}: {text}" if line is not None else text
