"""Commands about what came of it: the report of a campaign, and what each message led to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xenorec.commands.options import as_json, as_of_option, existing_workspace, say, workspace_at
from xenorec.progress import busy
from xenorec.workspace import Workspace

if TYPE_CHECKING:
    from xenorec.report import CampaignReport


@click.command()
@click.argument("campaign_id")
@click.option("--within", metavar="SPAN", help="Such as 14d; the campaign's own when left out.")
@click.option("--html", type=click.Path(path_type=Path), help="Write the page here.")
@click.option(
    "--how-good",
    is_flag=True,
    help="Also test the models of times on the 14 days before the plan: a minute for thousands of "
    "customers.",
)
@as_json
@click.pass_obj
def report(
    workspace: Path | None,
    campaign_id: str,
    within: str | None,
    html: Path | None,
    how_good: bool,
    to_json: bool,
) -> None:
    """Report what became of CAMPAIGN_ID, and the difference to those held out."""
    crm = workspace_at(workspace)
    with busy("measuring"):
        found = crm.report(campaign_id, within=within)
    if how_good:
        found = _with_quality_summary(crm, found)
    say(found, _plain(found), to_json)
    if html is not None:
        html.write_text(found.to_html(), "utf-8")
        click.echo(f"page: {html}", err=True)


@click.command()
@as_of_option
@as_json
@click.pass_obj
def outcomes(workspace: Path | None, as_of: str | None, to_json: bool) -> None:
    """Write what came of each message into the ledger: clicks, orders, bounces and the like.

    Run it after each load; what was written before stays as it was.
    """
    from xenorec.report import collect_outcomes

    crm = existing_workspace(workspace)
    with busy("collecting"):
        found = collect_outcomes(crm, as_of=as_of)
    say(found, {"n_new": found.n_new, "n_found": found.n_found, "kinds": found.kinds}, to_json)


def _with_quality_summary(crm: Workspace, found: CampaignReport) -> CampaignReport:
    """Return the report with the box on how good its times are; says on stderr what it tests."""
    from xenorec.report.quality_summary import quick_look

    def told(what: str) -> None:
        click.echo(f"how good: {what} ...", err=True)

    history = crm.history(found.as_of)
    return replace(found, how_good=quick_look(history, told=told))


def _plain(found: CampaignReport) -> dict[str, Any]:
    lift = None if found.lift is None else json.loads(found.lift.to_json())
    data = {"campaign": found.campaign_id, "funnel": dict(found.funnel()), "lift": lift}
    return data if found.how_good is None else {**data, "how_good": found.how_good.to_mapping()}
