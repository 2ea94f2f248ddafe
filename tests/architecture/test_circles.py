"""No file of the package imports, over whatever way, a file that imports it.

An import counts wherever it stands. One within a function delays the circle until it is called;
one under ``TYPE_CHECKING`` never runs, yet it says that the lower file knows the upper one's type,
so neither can be read, tested or moved without the other. Both are opened in the same way: the
lower file takes a smaller type, or the shared type gets a file of its own below both.
"""

from __future__ import annotations

from pathlib import Path

from tests.architecture.import_graph import arrows, circles, import_graph, sources_in

ROOT = Path(__file__).resolve().parents[2]


def test_no_files_import_each_other() -> None:
    graph = import_graph(sources_in(ROOT, "xenorec"))
    assert [arrows(graph, group) for group in circles(graph)] == []


def test_a_circle_is_found_whatever_it_hides_under() -> None:
    sources = {
        "shop": "",
        "shop.a": "from shop.b import B",
        "shop.b": "def f():\n    from shop import c",
        "shop.c": "if TYPE_CHECKING:\n    from shop.a import A",
        "shop.d": "import shop.a",
    }
    graph = import_graph(sources)
    assert circles(graph) == [["shop.a", "shop.b", "shop.c"]]
    assert "shop.c imports shop.a" in arrows(graph, ["shop.a", "shop.c"])


def test_two_circles_are_two() -> None:
    sources = {"a": "import b", "b": "import a", "c": "import d, a", "d": "import c"}
    assert circles(import_graph(sources)) == [["a", "b"], ["c", "d"]]
