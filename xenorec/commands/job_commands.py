"""Commands of the scheduled job: plan campaigns, and run them as often as you like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xenorec.commands.options import (
    as_json,
    as_of_option,
    existing_workspace,
    finish,
    instant_or_now,
    say,
    workspace_at,
)
from xenorec.progress import busy

if TYPE_CHECKING:
    from xenorec.campaigns import Campaign, Plan

files = click.argument(
    "campaign", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CAMPAIGN..."
)
cap_option = click.option(
    "--cap",
    metavar="CAP",
    help='Messages per customer over all these campaigns, such as "1 per 7d"; the worthiest are '
    'chosen. "2 per 7d" for several files when left out.',
)


@click.command()
@files
@as_of_option
@cap_option
@click.option("--approve-by", metavar="WHO", help="Approve the plan in this name.")
@as_json
@click.pass_obj
def plan(
    workspace: Path | None,
    campaign: tuple[Path, ...],
    as_of: str | None,
    cap: str | None,
    approve_by: str | None,
    to_json: bool,
) -> None:
    """Plan CAMPAIGN (YAML files): who gets what when, without sending; print the plan's hash.

    Of several each customer gets the worthiest messages that --cap allows.
    """
    made = _campaigns(workspace, campaign, as_of)
    with busy("planning"):
        found = _planned(made, cap)
    told = [_mapping(each) for each in found]
    texts = [f"{each}\n  full hash {each.hash}" for each in found]
    say("\n".join(texts), told if len(campaign) > 1 else told[0], to_json)
    for each in found if approve_by is not None else ():
        click.echo(str(each.approve(by=str(approve_by))), err=to_json)


@click.command()
@files
@as_of_option
@cap_option
@click.option("--approve-by", metavar="WHO", help="Approve the plan in this name, if needed.")
@click.option("--now", metavar="INSTANT", help="The clock; the present when left out.")
@as_json
@click.pass_obj
def run(
    workspace: Path | None,
    campaign: tuple[Path, ...],
    as_of: str | None,
    cap: str | None,
    approve_by: str | None,
    now: str | None,
    to_json: bool,
) -> None:
    """Run CAMPAIGN (YAML files) as a job: resumes, sends what is due, and nothing twice.

    What was approved goes out first, whatever day it was planned for; then the day is planned, if
    anything has changed. Of several each customer gets the worthiest messages that --cap allows.
    With "approval: required" a new plan waits, and the answer says so, until it is approved by
    "xenorec plan ... --approve-by WHO" with the same files and cap, or here by --approve-by.
    """
    from xenorec.campaigns import run_together
    from xenorec.campaigns.joint_runs import CAP

    made = _campaigns(workspace, campaign, as_of)
    at = instant_or_now(now)
    with busy("planning and sending"):
        if len(made) == 1 and cap is None:
            done = [made[0].run(approve_by=approve_by, now=at)]
        else:
            done = list(run_together(made, cap=cap or CAP, now=at, approve_by=approve_by))
    finish(done, to_json)


@click.command()
@click.argument("campaign", metavar="CAMPAIGN")
@click.option("--reason", required=True, metavar="REASON", help="Such as template_error.")
@as_json
@click.pass_obj
def retry(workspace: Path | None, campaign: str, reason: str, to_json: bool) -> None:
    """Open what came to nothing in CAMPAIGN (its name) for REASON, once that is mended.

    The customers are in the next plan again, also of a campaign that was approved; never those who
    got it, may have got it, were held out, or said no.
    """
    n = existing_workspace(workspace).retry(campaign, reason=reason)
    text = f"{n:,} customers of {campaign!r} can be planned again ({reason})."
    hint = " Next: xenorec plan, or xenorec run." if n else ""
    say(text + hint, {"campaign": campaign, "reason": reason, "n_customers": n}, to_json)


def _campaigns(
    workspace: Path | None, paths: tuple[Path, ...], as_of: str | None
) -> list[Campaign]:
    """Return the campaigns of the files, of one workspace and one instant."""
    crm = workspace_at(workspace)
    records = [crm.read_campaign(path) for path in paths]
    first = crm.campaign_from(records[0], as_of=as_of)
    return [first, *(crm.campaign_from(record, as_of=first.as_of) for record in records[1:])]


def _planned(campaigns: list[Campaign], cap: str | None) -> tuple[Plan, ...]:
    """Return the plans, those out of season told on stderr where there are others."""
    from xenorec.campaigns import plan_together
    from xenorec.campaigns.joint_runs import CAP

    if len(campaigns) == 1 and cap is None:
        return (campaigns[0].plan(),)
    in_season = [campaign for campaign in campaigns if campaign.is_in_season]
    if not in_season:
        return (campaigns[0].plan(),)  # says why there is none
    for campaign in campaigns:
        if not campaign.is_in_season:
            click.echo(f"{campaign.record.campaign}: out of season. {campaign.season}", err=True)
    return plan_together(in_season, cap=cap or CAP)


def _mapping(made: Plan) -> dict[str, Any]:
    return {
        "campaign": made.record.campaign,
        "hash": made.hash,
        "as_of": made.as_of.isoformat(),
        "funnel": dict(made.funnel.rows()),
        "season": None if made.season is None else made.season.to_mapping(),
        "hours": None if made.hours is None else made.hours.to_mapping(),
    }
