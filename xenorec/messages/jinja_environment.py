"""The guarded Jinja environments: compile a source once, render it within bounds.

Three kinds of source: ``html`` (autoescaped, for e-mail), ``text`` (for text, SMS and subjects)
and ``page`` (autoescaped, for our own reports). All are immutable sandboxes without globals.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Literal, cast

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, meta, nodes
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from xenorec.errors import TemplateError, TemplateRefused
from xenorec.messages import template_allowlist
from xenorec.messages.render_budget import CHARGES, WORK, RenderBudget, instrument, size
from xenorec.messages.template_filters import MESSAGE_FILTERS, PAGE_FILTERS

Kind = Literal["html", "page", "text"]

_LOOP_FIELDS = frozenset(
    {"depth", "first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex"}
)
COUNTED = 256
"""Chunks of a text whose bytes are counted together; each took its work from the budget before."""
_VALUE = "\ufffc"
"""Stands for a printed value in the words of a template."""


@dataclass(frozen=True)
class RenderLimits:
    """How many loop rounds, characters of work and bytes of text one rendering may take."""

    n_rounds: int
    n_characters: int
    n_bytes: int


_LIMITS: Mapping[str, RenderLimits] = {
    "html": RenderLimits(n_rounds=10_000, n_characters=3_000_000, n_bytes=1_000_000),
    "page": RenderLimits(n_rounds=1_000_000, n_characters=500_000_000, n_bytes=50_000_000),
    "text": RenderLimits(n_rounds=10_000, n_characters=3_000_000, n_bytes=1_000_000),
}


class GuardedEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which a field is an entry of a mapping, never an attribute of Python."""

    intercepted_binops = frozenset({"+"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Add two values; the characters or entries of both are charged before."""
        context.parent[WORK].charge(size(left) + size(right))
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read ``obj.attribute``: an entry of a mapping or a field of a dataclass or loop."""
        if type(obj) is dict or isinstance(obj, Mapping):  # the first is far faster to tell
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
    environment.filters.update(CHARGES)
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
    """A source that passed the guard, the root names it reads, and the words it has of its own.

    In ``words`` each printed value is one U+FFFC.
    """

    name: str
    kind: Kind
    reads: frozenset[str]
    words: str
    template: Template

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the rendered text.

        Raises TemplateError naming the template, the line and the variable when a value is
        missing, has the wrong type, or the rendering takes more work or bytes than it may.
        """
        limits = _LIMITS[self.kind]
        context = {**values, WORK: RenderBudget(limits.n_rounds, limits.n_characters)}
        try:
            return _joined(self.template.generate(context), limits.n_bytes)
        except Exception as error:  # whatever a value of the caller does when it is printed
            raise TemplateError(f"{self.name}, {_error_text(error)}") from error


@lru_cache(maxsize=512)
def compile_source(source: str, kind: Kind, name: str) -> Compiled:
    """Parse, guard and compile a source; the same source is compiled once.

    Raises TemplateRefused when it does not parse, uses a construct outside the allow-list, or is
    larger than ``guard`` allows.
    """
    environment, filters = _ENVIRONMENTS[kind], _filters(kind)
    try:
        template_allowlist.check_source(environment, source, name=name)
        tree = environment.parse(source, name, name)
        template_allowlist.check(tree, name=name, filters=filters)
        reads = frozenset(meta.find_undeclared_variables(tree))
        words = _words(tree)
        code = environment.compile(instrument(tree), name, name)
    except TemplateRefused:
        raise
    except TemplateSyntaxError as error:
        raise TemplateRefused(f"{name}, line {error.lineno}: {error.message}") from error
    except Exception as error:  # RecursionError, OverflowError, ValueError of a literal, ...
        told = f"{type(error).__name__}: {error}"
        raise TemplateRefused(f"{name}: the template cannot be parsed ({told})") from error
    return Compiled(name, kind, reads, words, Template.from_code(environment, code, {}))


def _words(tree: nodes.Template) -> str:
    """Return what the template says itself, whatever the values and branches."""
    parts = [part for output in tree.find_all(nodes.Output) for part in output.nodes]
    return _VALUE.join(_own_text(part) for part in parts)


def _own_text(node: nodes.Node) -> str:
    if isinstance(node, nodes.TemplateData):
        return node.data
    return str(node.value) if isinstance(node, nodes.Const) else ""


def _joined(chunks: Iterable[str], limit: int) -> str:
    """Return the chunks as one text; their bytes are counted after every few of them."""
    parts, n_bytes, rest = list[str](), 0, iter(chunks)
    while few := list(islice(rest, COUNTED)):
        text = "".join(few)
        n_bytes += len(text) if text.isascii() else len(text.encode())
        if n_bytes > limit:
            raise TemplateError(f"the message grows past {limit:,} bytes")
        parts.append(text)
    return "".join(parts)


def _error_text(error: BaseException) -> str:
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
