"""Name catalog: what names a campaign may use, from the templates and the profile's columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from xenorec.campaigns.shelf_declarations import shelves_name
from xenorec.config import content
from xenorec.config.campaign_reader import NameCatalog
from xenorec.config.occasion_types import NAMES
from xenorec.messages.template_manifest import read_manifest
from xenorec.profile import condition
from xenorec.timing.occasions.holiday_sources import land


def known_names(
    own: Path | None, types: Mapping[str, str], occasions: Iterable[str] = ()
) -> NameCatalog:
    """Return the templates shipped and of the folder ``own``, their arms, and what columns are.

    ``types`` are those of the profile's columns, by name; ``occasions`` are the names of the
    shop's own ones.
    """

    def arms(template: str) -> tuple[str, ...]:
        folder = content.find("templates", template, own)  # read, not compiled: a mistake in a
        return tuple(read_manifest(folder / "template.toml").arms)  # source is told by the plan

    return NameCatalog(
        tuple(content.names("templates", own)),
        arms,
        lambda text: condition(text, types),
        lambda text, folder: shelves_name(text, folder, own),
        (*NAMES, *occasions),
        lambda country: land(country, None),
    )
