"""What lies at the top of the repository, and what of it is shipped."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = {"pyproject.toml", "README.md", "CONTRIBUTING.md", "LICENSE", "Makefile"}
FOLDERS = {"xenorec", "templates", "connectors", "tests", "notebooks"}


def tracked() -> list[str]:
    """Return the tracked files; skips where this is no clone, in an unpacked sdist say."""
    if not (ROOT / ".git").exists():
        pytest.skip("no clone of the repository")
    command = ["git", "ls-files", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name]


def test_the_top_level_is_what_the_map_says() -> None:
    top = {name.split("/")[0] for name in tracked()}
    assert {name for name in top if not name.startswith(".")} == FILES | FOLDERS


def test_the_source_distribution_has_all_of_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert set(included) == (FILES | FOLDERS) - {"pyproject.toml"}  # which is always in it
