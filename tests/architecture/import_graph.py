"""Who imports whom, file by file: read from the source, wherever in it an import stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Graph = Mapping[str, frozenset[str]]
"""The modules that each module imports, by their dotted names."""


def sources_in(root: Path, package: str) -> dict[str, str]:
    """Return the text of every module of a package by its dotted name."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path.read_text("utf-8")
    return found


def import_graph(sources: Mapping[str, str]) -> Graph:
    """Return what each module imports of the others, at its head, in functions or for types."""
    return {
        name: frozenset(other for other in imported(text, sources) if other != name)
        for name, text in sources.items()
    }


def imported(text: str, known: Mapping[str, str]) -> Iterator[str]:
    """Yield the known modules that a source imports: a submodule before its package."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            home = node.module or ""
            for alias in node.names:
                inner = f"{home}.{alias.name}"
                name = inner if inner in known else home
                if name in known:
                    yield name


def circles(graph: Graph) -> list[list[str]]:
    """Return the groups of modules that import each other, each sorted (Tarjan 1972)."""
    found: list[list[str]] = []
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []

    def visit(name: str) -> None:
        number[name] = lowest[name] = len(number)
        open_.append(name)
        for other in sorted(graph[name]):
            if other not in number:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in open_:
                lowest[name] = min(lowest[name], number[other])
        if lowest[name] == number[name]:
            at = open_.index(name)
            group = open_[at:]
            del open_[at:]
            if len(group) > 1:
                found.append(sorted(group))

    for name in sorted(graph):
        if name not in number:
            visit(name)
    return sorted(found)


def arrows(graph: Graph, group: Sequence[str]) -> list[str]:
    """Return who imports whom within a group, to be read in a failed test."""
    return [f"{one} imports {other}" for one in group for other in sorted(graph[one] & set(group))]
