"""Read a campaign from YAML or a mapping; all mistakes are reported at once, each with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from xenorec.config.campaign_record import CampaignRecord
from xenorec.config.declared_settings import read_section, refuse
from xenorec.config.occasion_types import NAMES as OCCASIONS
from xenorec.config.setting_types import Reading
from xenorec.config.source_lines import Keys, read_yaml_document
from xenorec.errors import MissingFile


@dataclass(frozen=True)
class NameCatalog:
    """What names may be used: templates, the arms of each, and a check of the condition.

    ``shelves`` gives the name of a file of shelves, from the text and the campaign file's folder;
    ``check_country`` raises BadInput for a country whose occasions are not known.
    """

    templates: tuple[str, ...] = ()
    arms: Callable[[str], tuple[str, ...]] = lambda template: ()
    check_where: Callable[[str], object] = lambda text: None
    shelves: Callable[[str, Path | None], str] = lambda text, folder: text
    occasions: tuple[str, ...] = OCCASIONS
    check_country: Callable[[str], object] = lambda country: None


def read_yaml(path: Path, known: NameCatalog) -> CampaignRecord:
    """Read a campaign file; raises ConfigError with every mistake, its line and nearest name."""
    if not path.is_file():
        raise MissingFile(f"There is no campaign file {path}.")
    found = read_yaml_document(path)
    return read_mapping(found.data, known, source=str(path), lines=found.lines, folder=path.parent)


def read_mapping(
    data: Mapping[str, Any],
    known: NameCatalog,
    *,
    source: str,
    lines: Mapping[Keys, int] | None = None,
    folder: Path | None = None,
) -> CampaignRecord:
    """Return the record of plain dictionaries; raises ConfigError with every mistake.

    ``folder``: where the campaign's file lies, if it has one.
    """
    at = Reading(lines or {}, known, folder)
    record = read_section(CampaignRecord, data, at)
    refuse(source, at.problems, by_line=True)
    if record.holdout.salt or "salt" in (data.get("holdout") or {}):
        return record
    return replace(record, holdout=replace(record.holdout, salt=record.campaign))
