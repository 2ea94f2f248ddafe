"""A connector: a folder whose ``connector.toml`` says how a system's words become ours."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xenorec.config import content
from xenorec.engine import Session
from xenorec.errors import BadInput, ConfigError, MissingFile, MissingPackage, Problem, nearest
from xenorec.schema import ID_KINDS, TABLES, table
from xenorec.sources.file_reader import find_file, read_sql
from xenorec.sources.frame_reader import in_order
from xenorec.sources.land_batch import Batch

KEYS = {
    *("name", "title", "about", "time_zone", "currency", "data", "options", "inputs", "tables"),
    "id_spaces",
}


@dataclass(frozen=True)
class TableMap:
    """The query that gives one canonical table, over the connector's inputs."""

    name: str
    sql: str
    source: str | None = None


@dataclass(frozen=True)
class Connector:
    """What a ``connector.toml`` says: inputs, options and one query per canonical table."""

    name: str
    folder: Path
    title: str
    inputs: Mapping[str, str]
    tables: tuple[TableMap, ...]
    time_zone: str | None = None
    currency: str | None = None
    package: str | None = None
    package_folder: str = ""
    extra: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    id_spaces: Mapping[str, str] = field(default_factory=dict)
    """Kinds of ids that it shares with another source: kind -> that source's name."""

    @classmethod
    def load(cls, name: str, own: Path | None = None) -> Connector:
        """Find and read a connector; every mistake in its manifest is reported at once."""
        folder = content.find("connectors", name, own)
        path = folder / "connector.toml"
        try:
            manifest = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(str(path), [Problem("TOML", str(error))]) from error
        problems = _problems(manifest)
        if problems:
            raise ConfigError(str(path), problems)
        return _connector(folder, manifest)

    def data_folder(self, path: Path | None = None, *, sample: bool = False) -> Path:
        """Return where the files lie: the given path, the sample, or the data package."""
        if path is not None:
            if not path.is_dir():
                raise MissingFile(f"There is no folder {path} for the connector {self.name}.")
            return path
        if sample:
            return self.folder / "sample"
        if self.package is None:
            raise BadInput(
                f"The connector {self.name} needs path=, the folder with its files (on the command "
                "line: --path), or load(sample=True) for its small invented sample (--sample)."
            )
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            raise MissingPackage(
                f"The connector {self.name} reads the package {self.package}, which is not "
                f"installed: pip install 'xenorec[{self.extra}]', or load(sample=True) for the "
                "small invented sample."
            )
        return Path(spec.origin).parent / self.package_folder

    def batches(self, session: Session, folder: Path, options: Mapping[str, Any]) -> list[Batch]:
        """Make the inputs readable and return a batch per canonical table."""
        chosen = {**self.options, **_known(options, self)}
        for name, sql in self.inputs.items():
            _make_input(session, folder, name, sql, chosen)
        return in_order([self._batch(mapped) for mapped in self.tables])

    def _batch(self, mapped: TableMap) -> Batch:
        return Batch(
            table(mapped.name),
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


def _known(options: Mapping[str, Any], connector: Connector) -> Mapping[str, Any]:
    for name in options:
        if name not in connector.options:
            known = ", ".join(connector.options) or "none"
            raise BadInput(
                f"The connector {connector.name} has no option {name!r}."
                f"{nearest(name, connector.options)} Options: {known}."
            )
    return options


def _problems(manifest: Mapping[str, Any]) -> list[Problem]:
    problems = [
        Problem(key, f"is not a key of connector.toml.{nearest(key, KEYS)}")
        for key in manifest
        if key not in KEYS
    ]
    problems += [
        Problem(key, "is missing") for key in ("name", "tables", "inputs") if key not in manifest
    ]
    for kind in manifest.get("id_spaces", {}):
        if kind not in ID_KINDS:
            told = f"is not a kind of id.{nearest(kind, ID_KINDS)} Kinds: {', '.join(ID_KINDS)}"
            problems.append(Problem(f"id_spaces.{kind}", told))
    for name, mapped in manifest.get("tables", {}).items():
        if name not in TABLES:
            problems.append(
                Problem(f"tables.{name}", f"is not a canonical table.{nearest(name, TABLES)}")
            )
        if "sql" not in mapped:
            problems.append(Problem(f"tables.{name}", "has no sql"))
    return problems


def _connector(folder: Path, manifest: Mapping[str, Any]) -> Connector:
    data = manifest.get("data", {})
    return Connector(
        name=manifest["name"],
        folder=folder,
        title=manifest.get("title", manifest["name"]),
        inputs=manifest["inputs"],
        tables=tuple(
            TableMap(name, mapped["sql"], mapped.get("source"))
            for name, mapped in manifest["tables"].items()
        ),
        time_zone=manifest.get("time_zone"),
        currency=manifest.get("currency"),
        package=data.get("package"),
        package_folder=data.get("folder", ""),
        extra=data.get("extra"),
        options=manifest.get("options", {}),
        id_spaces=manifest.get("id_spaces", {}),
    )
