"""Commands of data: load it, link accounts, see what was put aside, erase a customer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from xenorec.commands.options import as_json, existing_workspace, say, workspace_at
from xenorec.errors import BadInput
from xenorec.progress import busy


@click.command()
@click.argument("source")
@click.option("--path", type=click.Path(path_type=Path), help="Folder with the files.")
@click.option("--name", help="The source under which files are kept; its ids are its own.")
@click.option("--sample", is_flag=True, help="The connector's small invented sample.")
@click.option("--time-zone", help="Zone of clock times that have none, such as Asia/Kolkata.")
@click.option("--currency", help="ISO 4217 code where the data has none.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="Connector option.")
@click.option(
    "--id-space",
    multiple=True,
    metavar="[KIND=]SOURCE",
    help="The ids are those of SOURCE: all of them, or those of a KIND such as customers.",
)
@click.option(
    "--complete",
    multiple=True,
    metavar="identifiers",
    help="The load has all identifiers of its source; those that did not come hold no more.",
)
@as_json
@click.pass_obj
def load(
    workspace: Path | None,
    /,
    source: str,
    id_space: tuple[str, ...],
    options: tuple[str, ...],
    to_json: bool,
    **given: Any,
) -> None:
    """Load SOURCE: a connector's name, "files" (with --path) or "till" (with --path).

    Exits with 1 where rows came and every one of them was put aside.
    """
    crm = workspace_at(workspace)
    named = dict(_split_option(text, "--option") for text in options)
    with busy(f"loading {source}"):
        report = crm.load(source, options=named, id_space=_spaces(id_space), **given)
    say(report, [asdict(table) for table in report.tables], to_json)
    if report.n_in and report.n_in == report.n_quarantined:
        raise click.exceptions.Exit(1)


@click.command()
@as_json
@click.pass_obj
def link(workspace: Path | None, to_json: bool) -> None:
    """Put accounts together that hold the same phone, e-mail or card."""
    with busy("linking"):
        report = workspace_at(workspace).link()
    say(report, asdict(report), to_json)


@click.command()
@as_json
@click.pass_obj
def quarantine(workspace: Path | None, to_json: bool) -> None:
    """Show the rows that were put aside: where from, which line, and why."""
    frame = existing_workspace(workspace).quarantine()
    rows = json.loads(frame.to_json(orient="records", date_format="iso"))
    lines = [f"{r['table_name']} line {r['line']}: {'; '.join(r['reasons'])}" for r in rows]
    say("\n".join(lines) or "Nothing was put aside.", rows, to_json)


@click.command()
@click.argument("customer")
@click.option("--ahead", is_flag=True, help="Keep an id out that was not loaded yet.")
@as_json
@click.pass_obj
def erase(workspace: Path | None, customer: str, ahead: bool, to_json: bool) -> None:
    """Forget CUSTOMER, any id, e-mail or phone of the person, everywhere; print what was done.

    No message goes out from now on, and loads that name the person keep out what is personal.
    Exits with 1 where a place could not be reached.
    """
    with busy("erasing"):
        receipt = workspace_at(workspace).erase(customer, ahead=ahead)
    say(receipt, asdict(receipt), to_json)
    if not receipt.is_complete:
        raise click.exceptions.Exit(1)


def _spaces(given: Sequence[str]) -> str | dict[str, str] | None:
    if len(given) == 1 and "=" not in given[0]:
        return given[0]
    return {
        kind: str(space) for kind, space in (_split_option(text, "--id-space") for text in given)
    }


def _split_option(text: str, option: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found:
        raise BadInput(f"{option} came as {text!r}; expected NAME=VALUE.")
    is_number = option == "--option" and value.lstrip("-").isdigit()
    return name, int(value) if is_number else value
