"""Shelves of a campaign: the file that declares a retailer's own, found, read and used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xenorec.campaigns.record import CampaignRecord
from xenorec.recommend import read_themes, with_themes

if TYPE_CHECKING:
    from xenorec.recommend import ShelfRecommender


def shelves_name(text: str, folder: Path | None, own: Path | None) -> str:
    """Return the name by which a record knows a file of shelves: from the project's folder on.

    Looked for beside the campaign's file (its ``folder``), then in the project ``own``, then in
    the present folder; a file that lies outside the project keeps its whole path. Raises
    ConfigError, which names the file, when it is not there or has mistakes.
    """
    home = (own or Path.cwd()).resolve()
    places = [base.resolve() / text for base in (folder, home, Path.cwd()) if base is not None]
    path = next((place for place in places if place.is_file()), places[0]).resolve()
    read_themes(path)
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else path.as_posix()


def with_shelves(
    model: ShelfRecommender, record: CampaignRecord, own: Path | None
) -> ShelfRecommender:
    """Return the same fitted model with the shelves and the editorial list that the record names.

    Raises ConfigError for a file with mistakes.
    """
    asked, made = record.recommend, model
    if asked.themes is not None:
        path = (own or Path.cwd()).resolve() / asked.themes
        made = made if _is_made_of(made, path) else with_themes(made, path)
    if asked.editorial and tuple(made.editorial) != asked.editorial:
        made = made.with_editorial(asked.editorial)
    return made


def _is_made_of(model: ShelfRecommender, path: Path) -> bool:
    """Return whether the model has the shelves of that file already, and told what it lacks."""
    return isinstance(model.themes, str | Path) and Path(model.themes).resolve() == path
