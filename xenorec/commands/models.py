"""Commands about models: back-test them, and train those that are kept."""

from __future__ import annotations

import json
from pathlib import Path

import click

from xenorec.commands.common import as_json, as_of_option, say
from xenorec.progress import busy
from xenorec.workspace import open as open_workspace


@click.command()
@click.argument(
    "what", type=click.Choice(["shelves", "next-order", "timing", "send-time", "occasions"])
)
@click.option(
    "--as-of",
    help="Learn up to here; by default 2017-11-01, next-order 2017-11-06, occasions 2018-01-02.",
)
@click.option("--within", default="14d", show_default=True, help="Look this far ahead.")
@click.option(
    "--by",
    type=click.Choice(["product", "category"]),
    default="product",
    help="Score shelves and orders by product, the default, or by kind of product.",
)
@click.option(
    "--pictures",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write pictures as PNG here (shelves and next-order).",
)
@click.option("--households", default=0, help="Only so many households; 0: all.")
@as_json
@click.pass_obj
def evaluate(
    workspace: Path | None,
    what: str,
    as_of: str | None,
    within: str,
    by: str,
    pictures: Path | None,
    households: int,
    to_json: bool,
) -> None:
    """Back-test a model beside its baselines: on --workspace, else on The Complete Journey."""
    from xenorec.evaluation import check_pictures, draw
    from xenorec.evaluation import evaluate as evaluated

    if pictures is not None:
        check_pictures(what)
    with busy(f"evaluating {what}"):
        crm = None if workspace is None else open_workspace(workspace)
        found = evaluated(what, crm, as_of=as_of, within=within, by=by, households=households)
    say(found, json.loads(found.to_json()), to_json)
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
    published (exit code 1), and the one that is in use stays.
    """
    with busy(f"training {what}"):
        trained = open_workspace(workspace).train(what, as_of=as_of)
    say(trained, trained.to_mapping(), to_json)
