"""What the commands share: their usual options, and how an answer is printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xenorec.errors import MissingFile
from xenorec.workspace import Workspace
from xenorec.workspace import open as open_workspace

if TYPE_CHECKING:
    from xenorec.campaigns import Campaign
    from xenorec.campaigns.delivery_report import DeliveryReport

EXIT_FAILED = 5
LEDGER = "xenorec.ledger"
"""Where the group of all commands leaves the ledger that it was given."""

as_json = click.option("--json", "to_json", is_flag=True, help="Print JSON for a machine.")
as_of_option = click.option("--as-of", metavar="DAY", help="Nothing later is looked at.")


def workspace_at(path: Path | None) -> Workspace:
    """Return the workspace of a command, with the ledger that ``--ledger`` gave it."""
    return open_workspace(path, ledger=click.get_current_context().meta.get(LEDGER))


def existing_workspace(path: Path | None) -> Workspace:
    """Return a workspace that holds something; raises MissingFile rather than making one."""
    crm = workspace_at(path)
    if not crm.engine.exists():
        raise MissingFile(f"There is no workspace at {crm.project.path}. Load first: xenorec load.")
    return crm


def say(text: Any, data: Any, to_json: bool) -> None:
    """Print an answer for people, or its data as JSON."""
    click.echo(json.dumps(data, default=str, ensure_ascii=False) if to_json else str(text))


def campaign_of(path: Path | None, file: Path, as_of: str | None) -> Campaign:
    """Return the campaign of a YAML file in the workspace."""
    crm = workspace_at(path)
    return crm.campaign_from(crm.read_campaign(file), as_of=as_of)


def instant_or_now(text: str | None) -> datetime:
    """Return the instant that was given, else the present."""
    if text is None:
        return datetime.now(UTC)
    from xenorec.profile import instant

    return instant(text)


def finish(reports: Sequence[DeliveryReport], to_json: bool) -> None:
    """Print what was delivered, and exit with 5 where something failed, or did not get through."""
    told = [report.to_mapping() for report in reports]
    say("\n".join(map(str, reports)), told if len(told) > 1 else told[0], to_json)
    if not all(report.is_clean for report in reports):
        raise SystemExit(EXIT_FAILED)
