"""Shelves of a campaign: the file that declares a retailer's own, found, read and used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xenorec.config.campaign_record import CampaignRecord
from xenorec.recommend import read_themes
from xenorec.recommend.page.replace_themes import themes_in

if TYPE_CHECKING:
    from xenorec.recommend import ShelfRecommender
    from xenorec.recommend.page_request import PageRequest


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
    request: PageRequest, model: ShelfRecommender, record: CampaignRecord, own: Path | None
) -> PageRequest:
    """Return the request for the shelves and the editorial list that the record names.

    Raises ConfigError for a file with mistakes.
    """
    asked = record.recommend
    if asked.themes is not None:
        path = (own or Path.cwd()).resolve() / asked.themes
        if not _is_made_of(model, path):
            request = replace(request, themes=themes_in(model.shop, path))
    return replace(request, editorial=asked.editorial) if asked.editorial else request


def _is_made_of(model: ShelfRecommender, path: Path) -> bool:
    """Return whether the model has the shelves of that file already, and told what it lacks."""
    return isinstance(model.themes, str | Path) and Path(model.themes).resolve() == path
