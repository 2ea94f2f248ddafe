"""What answers in production does not lean on what proves it."""

from __future__ import annotations

from tests.architecture.test_imports import PACKAGE, imports_of, modules

USERS = {"backtests.py", "report/quality_summary.py"}
"""Modules whose work is to run a back-test."""


def is_evaluation(name: str) -> bool:
    """Whether a dotted name is of an evaluation: its folder, a module or a function."""
    return any(part == "evaluation" or part.startswith("evaluate") for part in name.split("."))


def test_production_code_imports_no_evaluation() -> None:
    wrong = []
    for path in modules():
        place = path.relative_to(PACKAGE).as_posix()
        is_proof = is_evaluation(place.removesuffix(".py").replace("/", "."))
        if is_proof or place in USERS or path.name == "__init__.py":
            continue
        wrong += [f"{place} imports {name}" for name in imports_of(path) if is_evaluation(name)]
    assert wrong == []
