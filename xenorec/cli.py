"""The command line: thin, every command has its Python twin.

Exit codes: 0 done; 1 an error in data, configuration or approval; 2 wrong use of a command;
3 the audit found a broken promise; 4 another process holds the workspace; 5 messages of this run
failed, could not be delivered yet, or are in doubt.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from xenorec.commands.data_commands import erase, link, load, quarantine
from xenorec.commands.job_commands import plan, retry, run
from xenorec.commands.model_commands import evaluate, train
from xenorec.commands.options import (
    LEDGER,
    as_json,
    as_of_option,
    campaign_of,
    finish,
    instant_or_now,
    say,
    workspace_at,
)
from xenorec.commands.report_commands import outcomes, report
from xenorec.errors import WorkspaceBusy, XenorecError
from xenorec.progress import busy, steps

EXIT_ERROR, EXIT_AUDIT, EXIT_BUSY = 1, 3, 4
PATIENT = ("OMP_WAIT_POLICY", "PASSIVE")
"""Threads that wait sleep: beside other work, spinning ones make training many times slower."""


class CommandLine(click.Group):
    """The group of all commands; turns our errors into one readable line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a traceback is shown only with ``--debug``."""
        try:
            return super().invoke(ctx)
        except XenorecError as error:
            if ctx.params.get("debug"):
                raise
            click.echo(f"error: {error}", err=True)
            ctx.exit(EXIT_BUSY if isinstance(error, WorkspaceBusy) else EXIT_ERROR)


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--workspace", "-w", type=click.Path(path_type=Path), help="The warehouse's file.")
@click.option("--ledger", metavar="URL", help="Its file or URL, better: env:NAME or file:PATH.")
@click.option("--debug", is_flag=True, help="Show a traceback when something goes wrong.")
@click.option("--verbose", "-v", is_flag=True, help="Log every step.")
@click.version_option(package_name="xenorec")
@click.pass_context
def main(
    ctx: click.Context, workspace: Path | None, ledger: str | None, debug: bool, verbose: bool
) -> None:
    """Decide whom to message, with what, when; send it once; measure whether it paid.

    Exit codes: 0 done, 1 error, 2 wrong use, 3 the audit found a broken promise, 4 the workspace
    is busy, 5 messages of this run failed, could not be delivered yet, or are in doubt.
    """
    warnings.showwarning = _warned  # type: ignore[assignment]
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")
    os.environ.setdefault(*PATIENT)
    ctx.obj = workspace
    ctx.meta[LEDGER] = ledger


for command in (
    *(erase, evaluate, link, load, outcomes, plan, quarantine, report, retry, run, train),
):
    main.add_command(command)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--time-zone", help="The shop's IANA zone, such as Asia/Kolkata.")
def new(folder: Path, time_zone: str | None) -> None:
    """Make a retailer's folder: xenorec.toml and a first campaign."""
    from xenorec.commands.machine_zone import machine_zone
    from xenorec.config.new_project import new_project
    from xenorec.config.project import FILE

    here = machine_zone()
    if time_zone is None and sys.stdin.isatty():
        time_zone = click.prompt("The shop's time zone (such as Asia/Kolkata)", default=here)
    for path in new_project(folder, time_zone=time_zone, proposed=here):
        click.echo(f"wrote {path}")
    if time_zone is None:
        click.echo(
            f"No time zone is set, so no campaign can be planned for customers whose zone is not "
            f"known: set time_zone in {folder / FILE}.",
            err=True,
        )
    click.echo(f"Next: cd {folder}, then load your data: xenorec load files --path exports/")


@main.command()
@as_of_option
@click.option("--where", help='Such as "days_since_order between 30 and 120".')
@click.option("--columns", is_flag=True, help="List the columns and what they mean.")
@as_json
@click.pass_obj
def profile(
    workspace: Path | None, as_of: str | None, where: str | None, columns: bool, to_json: bool
) -> None:
    """Show customers as they were at an instant: how many, and the first ten."""
    with busy("profiling"):
        people = workspace_at(workspace).profiles(as_of)
    if columns:
        say(people.columns.to_string(index=False), people.columns.to_dict("records"), to_json)
        return
    chosen = people.where(where) if where else people
    with busy("profiling"):
        rows = json.loads(chosen.head().to_json(orient="records", date_format="iso"))
    shown = {"as_of": chosen.as_of.isoformat(), "n_customers": chosen.count(), "first": rows}
    say(chosen if not to_json else "", shown, to_json)


@main.command()
@click.argument("campaign", type=click.Path(path_type=Path))
@as_of_option
@click.option("-n", "n", default=3, show_default=True, help="How many messages.")
@click.option("--html", type=click.Path(path_type=Path), help="Write them as a page as well.")
@click.pass_obj
def preview(
    workspace: Path | None, campaign: Path, as_of: str | None, n: int, html: Path | None
) -> None:
    """Show messages of CAMPAIGN with their reasons and hours."""
    made = campaign_of(workspace, campaign, as_of)
    with busy("planning"):
        shown = made.preview(n)
    click.echo(str(shown))
    if html is not None:
        html.write_text(shown._repr_html_(), "utf-8")
        click.echo(f"page: {html}", err=True)


@main.command()
@click.argument("campaign", type=click.Path(path_type=Path))
@as_of_option
@click.option("--approve-by", required=True, metavar="WHO", help="Who approves the plan.")
@click.option("--now", metavar="INSTANT", help="The clock; the present when left out.")
@as_json
@click.pass_obj
def send(
    workspace: Path | None,
    campaign: Path,
    as_of: str | None,
    approve_by: str,
    now: str | None,
    to_json: bool,
) -> None:
    """Plan CAMPAIGN, approve it and deliver what is due; nobody gets it twice."""
    made = campaign_of(workspace, campaign, as_of)
    with busy("planning and sending"):
        report = made.plan().approve(by=approve_by).send(now=instant_or_now(now))
    finish([report], to_json)


@main.command()
@as_json
@click.pass_obj
def audit(workspace: Path | None, to_json: bool) -> None:
    """Check every promise; prints each with the number of rows that break it."""
    with busy("auditing"):
        frame = workspace_at(workspace).audit()
    lines = [f"{row.n_rows:>6}  {row.check}: {row.promise}" for row in frame.itertuples()]
    say("\n".join(lines), frame.to_dict("records"), to_json)
    if int(frame["n_rows"].sum()):
        raise SystemExit(EXIT_AUDIT)


@main.group()
def till() -> None:
    """Publish what tills read, and collect what they recorded."""


@till.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--store-id", required=True, help="The till's store.")
@as_of_option
@click.pass_obj
def publish(workspace: Path | None, folder: Path, store_id: str, as_of: str | None) -> None:
    """Write FOLDER/serving.sqlite; open tills notice it."""
    with busy("publishing"):
        published = workspace_at(workspace).publish_till(folder, store_id=store_id, as_of=as_of)
    click.echo(str(published))


@till.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--shop-id", help="An id of this shop from before the workspace's key was replaced.")
@as_json
@click.pass_obj
def collect(workspace: Path | None, folder: Path, shop_id: str | None, to_json: bool) -> None:
    """Load what the till in FOLDER recorded; twice changes nothing."""
    options = {} if shop_id is None else {"shop_id": shop_id}
    with busy("collecting"):
        report = workspace_at(workspace).load("till", path=folder, options=options)
    say(report, [asdict(table) for table in report.tables], to_json)


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("xenorec-demo"))
@click.option("--households", default=0, help="Only so many households; 0: all 2,469.")
@click.option("--sample", is_flag=True, help="The small invented sample; needs no data package.")
def demo(folder: Path, households: int, sample: bool) -> None:
    """Do everything once on a real grocer's year, into a folder."""
    from xenorec.demo import run_demo

    with steps() as step:
        summary = run_demo(folder, households=households, sample=sample, step=step)
    click.echo(str(summary))


@main.command()
@click.option("--out", type=click.Path(path_type=Path), help="Write it here.")
@click.option(
    "--json-schema",
    "document",
    type=click.Choice(["campaign", "connector", "project", "template"]),
    help="The JSON Schema of such a file instead, by which editors complete and check it.",
)
def schema(out: Path | None, document: str | None) -> None:
    """Print the page that documents the canonical tables (Markdown)."""
    from xenorec.document_schemas import document_schema
    from xenorec.schema import markdown

    text = markdown() if document is None else document_schema(document)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text, "utf-8")


def _warned(message: Warning | str, *_: Any) -> None:
    click.echo(f"warning: {message}", err=True)


if __name__ == "__main__":
    main()
