"""What the commands share: their usual options, and how an answer is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from xenorec.errors import MissingFile
from xenorec.workspace import Workspace
from xenorec.workspace import open as open_workspace

as_json = click.option("--json", "to_json", is_flag=True, help="Print JSON for a machine.")
as_of_option = click.option("--as-of", metavar="DAY", help="Nothing later is looked at.")


def opened(path: Path | None) -> Workspace:
    """Return a workspace that holds something; raises MissingFile rather than making one."""
    crm = open_workspace(path)
    if not crm.engine.exists():
        raise MissingFile(f"There is no workspace at {crm.project.path}. Load first: xenorec load.")
    return crm


def say(text: Any, data: Any, to_json: bool) -> None:
    """Print an answer for people, or its data as JSON."""
    click.echo(json.dumps(data, default=str, ensure_ascii=False) if to_json else str(text))
