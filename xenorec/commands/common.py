"""What the commands share: their usual options, and how an answer is printed."""

from __future__ import annotations

import json
from typing import Any

import click

as_json = click.option("--json", "to_json", is_flag=True, help="Print JSON for a machine.")
as_of_option = click.option("--as-of", metavar="DAY", help="Nothing later is looked at.")


def say(text: Any, data: Any, to_json: bool) -> None:
    """Print an answer for people, or its data as JSON."""
    click.echo(json.dumps(data, default=str, ensure_ascii=False) if to_json else str(text))
