"""Imports go downward only, and every third-party package has its home."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "xenorec"

LAYERS = (
    ("array_types", "errors", "hash_uniform", "progress", "renamed", "version"),
    ("addresses", "link_tokens", "timestamps"),
    ("email_headers",),
    ("config", "schema"),
    ("modeling",),
    ("engine",),
    ("dataset",),
    (
        "creative",
        "identity",
        "ledger",
        "messages",
        "pos",
        "profile",
        "recommend",
        "sources",
        "timing",
    ),
    ("channels", "document_schemas", "model_cache", "report", "warehouse_upgrade"),
    ("snapshots", "testing", "workspace_resources"),
    ("campaigns", "model_training", "tills"),
    ("data_loading", "person_erasure"),
    ("workspace",),
    ("backtests", "demo"),
    ("commands",),
    ("cli",),
    ("__init__",),
)
"""The rooms from the ground up. One imports those of lower layers, and no peer."""
HOMES = {
    "altair": {"modeling"},
    "babel": {"messages"},
    "click": {"cli", "commands"},
    "duckdb": {"engine"},
    "hijridate": {"timing"},
    "holidays": {"timing"},
    "idna": {"addresses"},
    "jinja2": {"messages"},
    "lifetimes": {"timing"},
    "markupsafe": {"messages"},
    "mrml": {"messages"},
    "phonenumbers": {"addresses"},
    "rich": {"progress"},
    "scipy": {"identity", "modeling", "recommend", "report", "timing"},
    "sklearn": {"modeling", "recommend", "report", "timing"},
    "sqlalchemy": {"ledger", "sources"},
    "sqlglot": {"engine", "profile"},
    "threadpoolctl": {"modeling"},
}
EVERYWHERE_BUT_POS = {"numpy", "pandas", "pyarrow", "yaml"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            if node.module == "xenorec":
                found.update(f"xenorec.{alias.name}" for alias in node.names)
    return found


def layer_of(room: str) -> int:
    return next(place for place, rooms in enumerate(LAYERS) if room in rooms)


def test_every_module_has_a_layer() -> None:
    rooms = [room for layer in LAYERS for room in layer]
    assert sorted(rooms) == sorted({room_of(path) for path in modules()} - {"py"})


def test_imports_go_downward_only() -> None:
    wrong = []
    for path in modules():
        room, file = room_of(path), str(path.relative_to(ROOT))
        for name in imports_of(path):
            parts = name.split(".")
            if parts[0] != "xenorec" or len(parts) < 2 or parts[1] == room:
                continue
            other = parts[1]
            if not any(other in rooms for rooms in LAYERS) or layer_of(other) < layer_of(room):
                continue
            wrong.append(f"{file} imports {name}")
    assert wrong == []


def test_each_third_party_package_has_its_home() -> None:
    wrong = []
    for path in modules():
        room = room_of(path)
        for name in imports_of(path):
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or top == "xenorec":
                continue
            allowed = room != "pos" if top in EVERYWHERE_BUT_POS else room in HOMES.get(top, set())
            if not allowed:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_every_third_party_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = [*project["dependencies"], *(text for extra in extras for text in extra)]
    names = {
        re.split(r"[\s\[<>=!~;]", text)[0].lower().replace("_", "-").replace(".", "-")
        for text in declared
    }
    known = packages_distributions()
    missing = set()
    for path in modules():
        for name in imports_of(path):
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or top == "xenorec":
                continue
            homes = {d.lower().replace("_", "-").replace(".", "-") for d in known.get(top, [top])}
            if not homes & names:
                missing.add(f"{path.relative_to(ROOT)}: {top}")
    assert missing == set()


def kind_and_name(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, each alphabetically."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, name


@pytest.mark.parametrize(
    "module",
    [
        "xenorec",
        *sorted(f"xenorec.{p.parent.name}" for p in PACKAGE.glob("*/__init__.py")),
    ],
)
def test_public_names_are_sorted_and_there(module: str) -> None:
    loaded = import_module(module)
    names = loaded.__all__
    assert list(names) == sorted(names, key=kind_and_name)
    for name in names:
        assert getattr(loaded, name) is not None
        assert not str(type(getattr(loaded, name))).startswith("<class 'module'"), name


def loaded_by(statement: str) -> set[str]:
    names = "' '.join({m.split('.')[0] for m in sys.modules})"
    code = f"{statement}\nimport sys\nprint({names})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_no_third_party_package() -> None:
    bare = loaded_by("pass")
    found = loaded_by("import xenorec") - bare - set(sys.stdlib_module_names) - {"xenorec"}
    assert found == set()


def test_importing_the_till_loads_only_the_standard_library() -> None:
    bare = loaded_by("pass")
    found = loaded_by("from xenorec.pos import Till") - bare
    assert found - set(sys.stdlib_module_names) - {"xenorec"} == set()
