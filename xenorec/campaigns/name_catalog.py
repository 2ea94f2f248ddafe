"""Name catalog: what names a campaign may use, from the templates and the profile's columns."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from xenorec.campaigns.record_reader import NameCatalog
from xenorec.campaigns.shelf_declarations import shelves_name
from xenorec.config import content
from xenorec.messages.template_manifest import read_manifest
from xenorec.profile import condition, sql_columns
from xenorec.timing.occasions.occasion_types import NAMES
from xenorec.timing.profile_columns import profile_models


def known_names(own: Path | None, occasions: Iterable[str] = ()) -> NameCatalog:
    """Return the templates shipped and of the folder ``own``, their arms, and what columns are.

    ``occasions`` are the names of the shop's own ones.
    """
    types = {column.name: column.type for column in sql_columns()}
    types |= {column.name: column.type for model in profile_models() for column in model.columns}

    def arms(template: str) -> tuple[str, ...]:
        folder = content.find("templates", template, own)  # read, not compiled: a mistake in a
        return tuple(read_manifest(folder / "template.toml").arms)  # source is told by the plan

    return NameCatalog(
        tuple(content.names("templates", own)),
        arms,
        lambda text: condition(text, types),
        lambda text, folder: shelves_name(text, folder, own),
        (*NAMES, *occasions),
    )
