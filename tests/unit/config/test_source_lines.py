"""The line of every key of a configuration file."""

from __future__ import annotations

from pathlib import Path

from xenorec.config.source_lines import read_toml_document, read_yaml_document

TOML = '''\
title = "x"
about = """
name = "no key of the file"
[brand]
"""
[a."b.c"]
d.e = 1

[[shelf]]
name = "one"
where = { max = 3 }
[[shelf]]
name = "two"  # [shelf]
[shelf.where]
max = 4
'''


def test_lines_of_toml(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(TOML)
    lines = read_toml_document(path).lines
    assert lines == {
        ("title",): 1,
        ("about",): 2,
        ("a",): 6,
        ("a", "b.c"): 6,
        ("a", "b.c", "d"): 7,
        ("a", "b.c", "d", "e"): 7,
        ("shelf",): 9,
        ("shelf", 0): 9,
        ("shelf", 0, "name"): 10,
        ("shelf", 0, "where"): 11,
        ("shelf", 1): 12,
        ("shelf", 1, "name"): 13,
        ("shelf", 1, "where"): 14,
        ("shelf", 1, "where", "max"): 15,
    }


def test_lines_of_yaml(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\nb:\n  c: [x,\n    y]\n")
    assert read_yaml_document(path).lines == {
        ("a",): 1,
        ("b",): 2,
        ("b", "c"): 3,
        ("b", "c", 0): 3,
        ("b", "c", 1): 4,
    }
