"""What README shows is what works: its YAML, its Python, its commands, its links."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import xenorec as xr
from xenorec.cli import main

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.S)
SHOWN = [text for kind, text in BLOCKS if kind == "python"]


def test_the_campaign_file_is_read_as_it_stands(crm: xr.Workspace, tmp_path: Path) -> None:
    (text,) = [text for kind, text in BLOCKS if kind == "yaml"]
    (tmp_path / "campaign.yaml").write_text(text)
    record = crm.read_campaign(tmp_path / "campaign.yaml")
    assert record.creative.arms == ("family_table", "sweets", "plain")


def test_a_campaign_with_shelves_of_its_own_is_read_as_it_stands(
    crm: xr.Workspace, tmp_path: Path
) -> None:
    (section,) = re.findall(r"`(recommend: \{themes: .*?\})`", TEXT)
    (shelves,) = [text for kind, text in BLOCKS if kind == "toml"]
    (tmp_path / "shelves.toml").write_text(shelves)
    (tmp_path / "c.yaml").write_text(f"campaign: own\nmessage: {{template: winback}}\n{section}\n")
    record = crm.read_campaign(tmp_path / "c.yaml")
    assert str(record.recommend.themes).endswith("shelves.toml")
    assert record.recommend.editorial == ("1082185",)


@pytest.mark.parametrize("text", SHOWN, ids=range(len(SHOWN)))
def test_the_python_compiles(text: str) -> None:
    compile(text, "README.md", "exec")


def test_every_command_exists_with_its_options() -> None:
    shell = "\n".join(text for kind, text in BLOCKS if kind == "sh") + TEXT
    for line in re.findall(r"xenorec ((?:till )?[a-z-]+)([^\n`]*)", shell):
        name, rest = line
        command: click.Command = main
        for part in name.split():
            if not isinstance(command, click.Group) or part not in command.commands:
                command = main
                break
            command = command.commands[part]
        if command is main:
            continue
        known = {option for param in command.params for option in param.opts}
        assert set(re.findall(r"(?<= )--[a-z-]+", rest.split("#")[0])) <= known, line


def test_every_link_into_the_project_leads_somewhere() -> None:
    for target in re.findall(r"\]\(((?!http)[^)]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_the_names_shown_are_public() -> None:
    for name in re.findall(r"\bxr\.(\w+)", TEXT):
        assert hasattr(xr, name), name
