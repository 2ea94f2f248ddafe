"""The demonstration on the invented sample: a first and a second run, then the commands in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from xenorec.demo import CAMPAIGN, STEPS, run_demo

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def test_the_first_run_does_everything_and_the_second_sends_nothing(folder: Path) -> None:
    steps: list[str] = []
    first = run_demo(folder, sample=True, step=lambda name, done, total: steps.append(name))
    second = run_demo(folder, sample=True)
    assert steps == [*STEPS, "done"]
    assert first.n_sent > 0
    assert (second.n_sent, second.plan_hash) == (0, first.plan_hash)
    assert "nobody gets a second one" in str(second)
    assert sum(first.broken.values()) == sum(second.broken.values()) == 0
    for part in ("report.html", "preview.html", "till/serving.sqlite", "outbox/messages.jsonl"):
        assert (folder / part).is_file()
    mails = list((folder / "outbox").glob("*.eml"))
    assert len(mails) == first.n_sent


def test_the_commands_in_its_folder_give_the_same_plan(folder: Path) -> None:
    plan_hash = run_demo(folder, sample=True).plan_hash
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "xenorec.cli",
            "plan",
            f"campaigns/{CAMPAIGN}.yaml",
            "--as-of",
            "2017-11-01",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert plan_hash in done.stdout
