"""No test of the default suite depends on how fast the machine is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from hypothesis import settings

from tests.conftest import HANGING

TESTS = Path(__file__).resolve().parents[1]
CLOCKS = ("perf_counter", "perf_counter_ns", "monotonic", "process_time", "sleep")


def files() -> list[Path]:
    bench = TESTS / "bench"
    return [path for path in sorted(TESTS.rglob("*.py")) if bench not in path.parents]


def limits(tree: ast.AST) -> Iterator[str]:
    """Yield each call with a limit in seconds below ``HANGING``, or that asks a stopwatch."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name.rpartition(".")[2] in CLOCKS:
            yield f"line {node.lineno} calls {name}"
        for given in node.keywords:
            seconds = given.value.value if isinstance(given.value, ast.Constant) else None
            is_limit = (given.arg or "").endswith(("timeout", "deadline"))
            if is_limit and isinstance(seconds, int | float) and seconds < HANGING:
                yield f"line {node.lineno} gives {name} {seconds} seconds"


def test_no_test_ends_by_the_clock() -> None:
    found = {
        str(path.relative_to(TESTS)): list(limits(ast.parse(path.read_text("utf-8"))))
        for path in files()
    }
    assert {name: said for name, said in found.items() if said} == {}


def test_no_example_of_a_property_ends_by_the_clock() -> None:
    assert settings.default is not None
    assert settings.default.deadline is None


def test_what_depends_on_the_clock_is_found() -> None:
    text = "run(x, timeout=60)\ntime.sleep(1)\nwait(timeout=3600)\nwait(timeout=None)"
    assert [said.split()[1] for said in limits(ast.parse(text))] == ["1", "2"]
