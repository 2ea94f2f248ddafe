"""Which data the command ``evaluate`` looks at: the workspace, the project, or the public year."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import xenorec as xr
from tests.unit.recommend.trained import grocer
from xenorec.backtests import data_of, evaluate, name_of
from xenorec.cli import main
from xenorec.errors import BadInput

ASKED = ("evaluate", "next-order", "--as-of", "2017-08-01")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "xenorec.toml").write_text('[workspace]\npath = "mine.duckdb"\n', "utf-8")
    (tmp_path / "reports").mkdir()
    monkeypatch.chdir(tmp_path / "reports")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_in_a_project_its_data_are_evaluated_and_named(project: Path) -> None:
    xr.open().load(dict(grocer().frames))
    done = run(*ASKED)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == f"Data: {project / 'mine.duckdb'}"
    told = json.loads(run(*ASKED, "--json").stdout)
    assert told["data"] == str(project / "mine.duckdb")


def test_a_project_without_data_is_told_and_nothing_else_is_taken(project: Path) -> None:
    done = run("evaluate", "timing")
    assert done.exit_code == 1
    assert "There is no workspace at" in done.stderr


def test_the_public_year_is_taken_without_a_project_or_when_asked_for(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert data_of(None) is not None
    assert data_of(None, complete_journey=True, households=50) is None
    monkeypatch.setattr("xenorec.backtests.find_project", lambda start: None)
    assert name_of(data_of(None, households=50)) == "The Complete Journey"


def test_what_cannot_be_heeded_is_wrong_use(project: Path) -> None:
    shop = ("-w", str(project / "mine.duckdb"))
    for arguments, told in (
        ((*shop, "evaluate", "timing", "--households", "50"), "for The Complete Journey only"),
        (("evaluate", "timing", "--households", "50"), "for The Complete Journey only"),
        ((*shop, "evaluate", "timing", "--complete-journey"), "give one of them"),
    ):
        done = run(*arguments)
        assert done.exit_code == 2
        assert told in " ".join(done.stderr.split())
    with pytest.raises(BadInput, match="leave it out with a workspace"):
        evaluate("timing", xr.open(":memory:"), households=50)
