"""Commands about models: back-test them, and train those that are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from xenorec.backtests import WHAT
from xenorec.commands.options import as_json, as_of_option, say, workspace_at
from xenorec.errors import BadInput
from xenorec.progress import busy


@click.command()
@click.argument("what", type=click.Choice(WHAT))
@click.option(
    "--as-of",
    help="Learn up to here, the first origin; by default the last windows that are over, on The "
    "Complete Journey 2017-08-28 (shelves 2017-11-01, next-order 2017-11-06).",
)
@click.option(
    "--within", help="Look this far ahead: by default 14d, lapse 90d, value 125d.", metavar="SPAN"
)
@click.option(
    "--origins", type=int, help="From so many origins, 14 days apart (timing, replenish, lapse)."
)
@click.option(
    "--by",
    type=click.Choice(["product", "category"]),
    help="Score by product, the default, or by kind of product.",
)
@click.option(
    "--pictures",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write pictures as PNG here.",
)
@click.option(
    "--complete-journey", is_flag=True, help="Take The Complete Journey, also in a project."
)
@click.option(
    "--households", default=0, help="Only so many households of The Complete Journey; 0: all."
)
@as_json
@click.pass_obj
def evaluate(
    workspace: Path | None,
    /,
    what: str,
    pictures: Path | None,
    complete_journey: bool,
    households: int,
    to_json: bool,
    **asked: Any,
) -> None:
    """Back-test a model beside its baselines.

    \b
    shelves      ten products for each customer, and the page
    next-order   ten products of each customer's next order
    timing       an order within 14 days, and its date
    replenish    which products are bought again
    value        orders and spend
    send-time    the hour of the week
    lapse        no order within 90 days
    occasions    sales around feasts and paydays

    On --workspace, else on the project of this folder (xenorec.toml here or above), else on The
    Complete Journey. The first line says on which data.
    """
    from xenorec.backtests import check_pictures, data_of, draw, name_of
    from xenorec.backtests import evaluate as evaluated

    if pictures is not None:
        check_pictures()
    try:
        crm = data_of(workspace, complete_journey=complete_journey, households=households)
    except BadInput as error:
        raise click.UsageError(str(error)) from error
    with busy(f"evaluating {what}"):
        found = evaluated(what, crm, households=households, **asked)
    data = name_of(crm)
    say(f"Data: {data}\n{found}", {"data": data, **json.loads(found.to_json())}, to_json)
    if pictures is not None:
        for path in draw(found, pictures):
            click.echo(f"picture: {path}", err=True)


@click.command()
@click.argument("what", type=click.Choice(["shelves"]))
@as_of_option
@as_json
@click.pass_obj
def train(workspace: Path | None, what: str, as_of: str | None, to_json: bool) -> None:
    """Train a model and publish it beside the workspace, if it beats each customer's own habits.

    It is measured on the latest 14 days first. A model that does worse than own frequency is not
    published (exit code 1), and the one that is in use stays. Campaigns and tills take the newest
    that learned from nothing later than their day, is at most 35 days old and fits the shop.
    """
    with busy(f"training {what}"):
        trained = workspace_at(workspace).train(what, as_of=as_of)
    say(trained, trained.to_mapping(), to_json)
