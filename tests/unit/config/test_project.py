from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

import xenorec as xr
from xenorec.config.new_project import new_project
from xenorec.config.project import read_project
from xenorec.errors import ConfigError
from xenorec.timing.closures import Closure


def written(folder: Path, text: str) -> Path:
    path = folder / "xenorec.toml"
    path.write_text(text, "utf-8")
    return path


def test_closures_are_read_as_text_and_as_days(tmp_path: Path) -> None:
    text = (
        '[[closures]]\nfrom = "2020-03-25"\nto = "2020-05-10"\n'
        "[[closures]]\nfrom = 2021-01-04\nto = 2021-01-04\n"
    )
    assert read_project(written(tmp_path, text)).closures == (
        Closure(date(2020, 3, 25), date(2020, 5, 10)),
        Closure(date(2021, 1, 4), date(2021, 1, 4)),
    )
    assert read_project(written(tmp_path, "")).closures == ()


def test_every_mistake_of_the_closures_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "[workspce]\n"
        '[[closures]]\nfrom = "2020-05-10"\nto = "2020-03-25"\n'
        '[[closures]]\nfrom = "soon"\nto = "2020-03-25"\n'
        '[[closures]]\nform = "2020-03-25"\nto = 5\n'
    )
    with pytest.raises(ConfigError) as caught:
        read_project(written(tmp_path, text))
    told = [(problem.where, problem.line) for problem in caught.value.problems]
    third = ("closures, number 3", 8)
    assert told == [
        ("workspce", 1),
        ("closures, number 1", 2),
        ("closures, number 2", 5),
        *(third, third, third),
    ]
    for words in ("'workspace'", "ends before it begins", "'soon'", "'from'?", "came as 5"):
        assert words in str(caught.value)


def test_closures_that_share_days_are_refused(tmp_path: Path) -> None:
    text = (
        '[[closures]]\nfrom = "2020-03-25"\nto = "2020-05-10"\n'
        '[[closures]]\nfrom = "2020-01-01"\nto = "2020-03-25"\n'
    )
    with pytest.raises(ConfigError, match="2020-03-25 to 2020-05-10 shares days"):
        read_project(written(tmp_path, text))


@pytest.mark.parametrize("text", ["closures = 3", "[closures]\nfrom = 1", "closures = ['a']"])
def test_closures_of_another_shape_are_explained(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"expected \[\[closures\]\] with from and to"):
        read_project(written(tmp_path, text))


def test_a_new_project_can_be_read_and_its_example_too(tmp_path: Path) -> None:
    path = new_project(tmp_path)[0]
    assert read_project(path).closures == ()
    lines = path.read_text("utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if "[[closures]]" in line)
    example = "\n".join(line.removeprefix("# ") for line in lines[start:])
    assert tomllib.loads(example) == {"closures": [{"from": "2020-03-25", "to": "2020-05-10"}]}


def test_the_warehouse_of_a_project_is_opened_as_that_project(tmp_path: Path) -> None:
    text = (
        '[workspace]\npath = "data/shop.duckdb"\nledger = "kept.sqlite"\ncountry = "SA"\n'
        '[brand]\nname = "Ours"\n'
    )
    (tmp_path / "data").mkdir()
    path = written(tmp_path, text)
    named = xr.open(tmp_path / "data" / "shop.duckdb").project
    assert named == read_project(path)
    assert (named.country, named.brand.name) == ("SA", "Ours")
    other = xr.open(tmp_path / "data" / "other.duckdb").project
    assert (other.country, other.brand.name) == (None, "Your shop")


@pytest.mark.parametrize("way", ["data/shop.duckdb", "."])
def test_what_is_given_to_open_wins_over_the_project(tmp_path: Path, way: str) -> None:
    text = '[workspace]\npath = "data/shop.duckdb"\ncountry = "SA"\n[brand]\nname = "Ours"\n'
    (tmp_path / "data").mkdir()
    written(tmp_path, text)
    asked = xr.open(tmp_path / way, ledger="mine.sqlite", brand={"name": "Theirs"}).project
    assert asked.ledger == f"sqlite:///{tmp_path / 'data' / 'mine.sqlite'}"
    assert asked.brand.name == "Theirs"
    assert asked.country == "SA"
