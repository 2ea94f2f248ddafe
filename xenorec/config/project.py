"""A retailer's own folder: ``xenorec.toml`` and what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from xenorec.config.brand import Brand, brand_of
from xenorec.config.closed_days import ClosedDays, Closure
from xenorec.config.declared_settings import (
    TableSetting,
    keys_of,
    read_section,
    refuse,
    section,
    setting,
)
from xenorec.config.project_key import MISSPELT, key_of
from xenorec.config.secrets import is_reference, resolve, resolve_all, without_secrets
from xenorec.config.setting_types import ZONE, Anything, Reading, Text
from xenorec.config.source_lines import read_toml_document
from xenorec.errors import BadInput, Problem

FILE = "xenorec.toml"
LATE = re.compile(r"(channels|connectors)\.[^.]+\..+|workspace\.key")
"""Whose references are read when they are used: a command that sends nothing needs no password."""
_NO_FILE = re.compile(r"(?i)password\s*=|^[\w+]+:.*@|^\s*\w+\s*=\s*\S+(\s+\w+\s*=|\s*$)")

CheckOccasions = Callable[[str | None, Mapping[str, Any]], object]
ANY = TableSetting(Anything())
QUOTED = Text("a text in quotes", hidden=True)


def _reference(text: str, at: Reading) -> str:
    if not is_reference(text):
        raise BadInput(MISSPELT)
    return text


@dataclass(frozen=True)
class WorkspaceSettings:
    """``[workspace]``: where the data lies, and the shop's clock, money and country."""

    path: str = setting(QUOTED, "File of what can be pulled again", "shop.duckdb")
    ledger: str | None = setting(QUOTED, "File or URL of what must never be lost", None)
    time_zone: str | None = setting(replace(QUOTED, check=ZONE.check), "The shop's clock", None)
    currency: str | None = setting(QUOTED, "ISO 4217", None)
    country: str | None = setting(QUOTED, "Two letters of ISO 3166: whose feasts and paydays", None)
    outbox: str = setting(QUOTED, 'Where the channel "file" writes messages', "outbox")
    key: str | None = setting(replace(QUOTED, check=_reference), "env:NAME, file:PATH", None)


@dataclass(frozen=True)
class OccasionSettings:
    """``[occasions]``: what the shop knows of its feasts and paydays."""

    subdivision: str | None = setting(Text(), "Part of the country, such as KL", None)
    payday: str | None = setting(Text(), 'last_workday, or "1" to "28"', None)
    confirmed: Mapping[str, Any] | None = setting(ANY, "Days as feasts were announced", None)
    own: Mapping[str, Any] | None = setting(ANY, "Its own: a day, several, or 05-04", None)


@dataclass(frozen=True)
class ProjectFile:
    """The sections of ``xenorec.toml``."""

    workspace: WorkspaceSettings = section(WorkspaceSettings, "Where the data lies, and the shop")
    brand: Brand = section(Brand, "Who speaks in the messages")
    channels: Mapping[str, Any] = setting(ANY, "Provider of each channel, and its settings", {})
    connectors: Mapping[str, Any] = setting(ANY, "Settings of each connector", {})
    occasions: OccasionSettings = section(OccasionSettings, "What the shop knows of its feasts")
    closures: tuple[Closure, ...] = setting(ClosedDays(), "Days on which the shop was shut", ())

    def mistakes(self, at: Reading) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what only a calendar of occasions can tell."""
        given = {key: one for key, one in asdict(self.occasions).items() if one is not None}
        country = self.workspace.country
        if at.names is None or (country is None and not given):
            return
        try:
            at.names(country, given)
        except (BadInput, AttributeError, TypeError) as error:
            where = ("occasions", "workspace.country")
            yield where if given else where[::-1], str(error)


SECTIONS = keys_of(ProjectFile)


@dataclass(frozen=True)
class Project:
    """What ``xenorec.toml`` says, with defaults for what it leaves out."""

    folder: Path
    path: Path | None
    ledger: str = field(repr=False)
    time_zone: str | None = None
    currency: str | None = None
    outbox: Path = Path("outbox")
    brand: Brand = field(default_factory=Brand)
    channels: Mapping[str, Any] = field(default_factory=dict, repr=False)
    country: str | None = None
    occasions: Mapping[str, Any] = field(default_factory=dict)
    closures: tuple[Closure, ...] = ()
    key_reference: str | None = None

    def __repr__(self) -> str:
        return f"Project({str(self.folder)!r}, ledger={without_secrets(self.ledger)!r})"

    def key(self) -> bytes:
        """Return the shop's secret of at least 32 bytes, with which links and hashes are signed.

        It is what ``[workspace] key`` names, else the file ``<name>.key`` beside the workspace's,
        which is made once for its owner alone; for ``:memory:`` one that lives as long as this
        process. Raises BadInput for one that is too short.
        """
        return key_of(self.key_reference, self.path, self.folder)

    def told(self, ledger: str | None, brand: Mapping[str, str]) -> Project:
        """Return the project with the ledger and the brand that were given in place of its own."""
        given = None if ledger is None else given_ledger(ledger, self.folder)
        url = self.ledger if given is None else ledger_url(given, self.path)
        return replace(self, ledger=url, brand=brand_of(brand) if brand else self.brand)

    @property
    def own(self) -> Path:
        """Where the retailer's own templates and connectors lie."""
        return self.folder


def find_project(start: Path) -> Path | None:
    """Return the nearest ``xenorec.toml`` upward from a folder."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder / FILE
    return None


def read_project(path: Path, *, check: CheckOccasions | None = None) -> Project:
    """Read ``xenorec.toml``; every mistake is reported at once.

    ``check`` raises BadInput for a country whose occasions are not known, or for wrong ones.
    """
    document = read_toml_document(path, parse_float=float)
    data, unread = resolve_all(document.data, folder=path.parent, late=LATE)
    at = Reading(document.lines, names=check)
    read = read_section(ProjectFile, data, at)
    found = [problem for problem in at.problems if problem.where not in {u.where for u in unread}]
    told = [Problem(u.where, u.why, document.line(u.where)) for u in unread]
    refuse(str(path), [*found, *told], by_line=True)
    return _project(path.parent, read)


def _project(folder: Path, read: ProjectFile) -> Project:
    workspace = read.workspace
    return Project(
        folder=folder,
        path=folder / workspace.path,
        ledger=ledger_url(workspace.ledger, folder / workspace.path),
        time_zone=workspace.time_zone,
        currency=workspace.currency,
        outbox=folder / workspace.outbox,
        brand=read.brand,
        channels=read.channels,
        country=workspace.country,
        occasions={key: one for key, one in asdict(read.occasions).items() if one is not None},
        closures=read.closures,
        key_reference=workspace.key,
    )


def project_of(
    path: Path | None,
    ledger: str | None,
    brand: Mapping[str, str],
    *,
    check: CheckOccasions | None = None,
) -> Project:
    """Return the project whose warehouse is the file, else one of the file alone.

    It is that of the nearest ``xenorec.toml`` upward of the file, where this names the very file.
    """
    found = None if path is None else find_project(path.resolve().parent)
    if path is not None and found is not None:
        project = read_project(found, check=check)
        if project.path is not None and project.path.resolve() == path.resolve():
            return project.told(ledger, brand)
    return lone_project(path, ledger, brand)


def lone_project(path: Path | None, ledger: str | None, brand: Mapping[str, str]) -> Project:
    """Return the project of a workspace that has no ``xenorec.toml``."""
    folder = Path.cwd() if path is None else path.resolve().parent
    return Project(
        folder=folder,
        path=path,
        ledger=ledger_url(None if ledger is None else given_ledger(ledger, folder), path),
        outbox=folder / "outbox",
        brand=brand_of(brand),
    )


def given_ledger(ledger: str, folder: Path) -> str:
    """Return a ledger as it was typed, or what ``env:NAME`` or ``file:PATH`` leads to."""
    return resolve(ledger, folder=folder) if is_reference(ledger) else ledger


def ledger_url(ledger: str | None, path: Path | None) -> str:
    """Return the ledger's SQLAlchemy URL; without a name it lies beside the workspace.

    Raises BadInput for what is neither a URL nor a file's name, such as ``host=... password=...``.
    """
    if ledger is not None and "://" in ledger:
        return ledger
    if ledger is not None and _NO_FILE.search(ledger):
        raise BadInput(
            "The ledger came as words that are neither a URL nor a file's name (not repeated here; "
            "they may hold a password); expected a file name or a URL such as "
            "postgresql+psycopg://user@host/db, or 'env:NAME' for where it is."
        )
    if path is None:
        return "sqlite://"
    file = path.with_suffix(".ledger.sqlite") if ledger is None else path.parent / ledger
    return f"sqlite:///{file.resolve()}"
