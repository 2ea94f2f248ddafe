"""A retailer's own profile models, ``profile/models/*.sql`` beside ``xenorec.toml``.

Each is checked before it is used: over empty tables, in a database that reaches nothing else. So a
model reads the tables cut at ``as_of`` and other models' rows, and no table that is not cut, no
file and no clock. Every file with a mistake is refused by name, all at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from graphlib import CycleError
from pathlib import Path

import pyarrow as pa

from xenorec.engine import DuckEngine, query_frames
from xenorec.errors import BadInput, ConfigError, Problem, nearest
from xenorec.profile.as_of_cut import CUT_NAMES, cut_sql
from xenorec.profile.profile_model import (
    ProfileDefinition,
    ProfileModel,
    code_of,
    head_problems,
    in_order,
    read_model,
    shipped_definition,
    with_models,
)
from xenorec.schema import LINKS, TABLES, create_sql

FOLDER = Path("profile") / "models"
NAME = re.compile(r"[a-z][a-z0-9_]*")
CLOCK = re.compile(
    r"(?i)\b(now|today|random|uuid|gen_random_uuid|get_current_timestamp|transaction_timestamp)"
    r"\s*\(|\b(current_date|current_time|current_timestamp|localtime|localtimestamp)\b|(\$as_of)\b"
)
"""What differs from one day to the next, or from one run to the next."""
POINTS = (
    "create table warehouse.contact_points (customer_id VARCHAR, kind VARCHAR, value VARCHAR, "
    "is_blocked BOOLEAN, first_seen_at TIMESTAMPTZ, last_seen_at TIMESTAMPTZ, "
    "came_at TIMESTAMPTZ, is_current BOOLEAN)"
)

Taken = Mapping[str, str]


def profile_definition(own: Path | None, taken: Taken | None = None) -> ProfileDefinition:
    """Return the shipped models and those of a retailer's folder ``own``.

    ``taken``: columns that are none of SQL (of fitted models), and whose they are. Raises
    ConfigError with every mistake of every file.
    """
    files = [] if own is None else sorted((own / FOLDER).glob("*.sql"))
    if not files:
        return shipped_definition()
    texts = tuple((file.stem, file.read_bytes()) for file in files)
    return _own_definition(str(files[0].parent), texts, tuple((taken or {}).items()))


@lru_cache(maxsize=8)
def _own_definition(
    source: str, files: tuple[tuple[str, bytes], ...], taken: tuple[tuple[str, str], ...]
) -> ProfileDefinition:
    shipped = shipped_definition()
    texts = {name: raw.decode("utf-8-sig", errors="replace") for name, raw in files}
    problems = list(_text_problems(texts, shipped, dict(taken)))
    if not problems:
        theirs = [model.name for model in shipped.models]
        models = [read_model(name, text) for name, text in texts.items()]
        try:
            ordered = (*shipped.models, *in_order(models))
            problems = list(_query_problems(ordered, ordered[len(theirs) :]))
        except CycleError as error:
            circle = " reads ".join(reversed(error.args[1]))
            told = f"{circle}: a circle; take one of these away, or its line '-- after'"
            problems = [Problem(f"{error.args[1][-1]}.sql", told)]
    if problems:
        raise ConfigError(source, [Problem(_file(p.where), p.text, p.line) for p in problems])
    return ProfileDefinition(ordered)


def read_profile(engine: DuckEngine, definition: ProfileDefinition, as_of: datetime) -> pa.Table:
    """Return one row per customer known at ``as_of``, ordered by customer_id.

    Raises ConfigError that names the retailer's own model that cannot be run, or that has more
    than one row for a customer.
    """
    with engine.reading() as session:
        try:
            table = session.arrow(cut_sql(definition.select), {"as_of": as_of})
        except BadInput:
            _find_culprit(engine, definition, as_of)
            raise
    ids = table.column("customer_id")
    if len(definition.models) > len(shipped_definition().models) and len(ids.unique()) < len(ids):
        _find_culprit(engine, definition, as_of)
    return table


def _find_culprit(engine: DuckEngine, definition: ProfileDefinition, as_of: datetime) -> None:
    """Raise ConfigError for the first own model that cannot be run or repeats a customer."""
    n_shipped = len(shipped_definition().models)
    for place in range(n_shipped, len(definition.models)):
        model = definition.models[place]
        casts = ", ".join(f"cast({column.name} as {column.type})" for column in model.columns)
        query = (
            f"{with_models(definition.models[: place + 1])}\nselect customer_id, count(*) as n, "
            f"max(hash({casts})) as read from profile_{model.name} where customer_id is not null "
            "group by customer_id order by n desc, customer_id limit 1"
        )
        try:
            with engine.reading() as session:
                rows = session.arrow(cut_sql(query), {"as_of": as_of}).to_pylist()
        except BadInput as error:
            told = f"cannot be run: {_reason(error)}"
        else:
            if not rows or rows[0]["n"] == 1:
                continue
            told = f"gives {rows[0]['n']} rows for one customer; expected one, as by group by"
        raise ConfigError(str(FOLDER), [Problem(_file(model.name), told)])


def _file(name: str) -> str:
    return name if name.endswith(".sql") else f"{name}.sql"


def _text_problems(
    texts: Mapping[str, str], shipped: ProfileDefinition, taken: Taken
) -> Iterator[Problem]:
    """Yield what is wrong with names and heads."""
    theirs = {model.name for model in shipped.models}
    owners = {column.name: f"the model {column.model}" for column in shipped.columns}
    owners |= {name: f"the model {model}" for name, model in taken.items()}
    for name, text in texts.items():
        if not NAME.fullmatch(name):
            yield Problem(name, "has no usable name; expected small letters, digits and _")
        if name in theirs:
            yield Problem(name, "has the name of a model that is shipped; give it another one")
        if "\ufffd" in text:
            yield Problem(name, "is not UTF-8 text; save it so")
        if ";" in code_of(text).rstrip().removesuffix(";"):
            yield Problem(name, "holds ';' between statements; expected one query")
        yield from head_problems(name, text, {*theirs, *texts})
        yield from _clock_problems(name, text)
        for column in read_model(name, text).columns:
            if column.name in owners:
                told = f"the column {column.name!r} is there already, of {owners[column.name]}"
                line = _line(text, rf"--\s*column\s+{column.name}\b")
                yield Problem(name, f"{told}; name it otherwise", line)
            owners[column.name] = f"the model {name}"


def _clock_problems(name: str, text: str) -> Iterator[Problem]:
    for line, written in enumerate(text.splitlines(), 1):
        for found in CLOCK.finditer(code_of(written)):
            what = next(filter(None, found.groups()))
            told = f"uses {what}; a profile is as of an instant and the same each time it is asked"
            yield Problem(name, f"{told}: read moment.as_of (cross join moment)", line)


def _query_problems(
    models: Iterable[ProfileModel], own: Iterable[ProfileModel]
) -> Iterator[Problem]:
    """Yield what is wrong with the queries of ``own``, run in order over empty tables."""
    frames = dict(_empty_tables())
    mine = {model.name for model in own}
    for model in models:
        given = [f'cast(null as {column.type}) as "{column.name}"' for column in model.columns]
        stand_in = f"select cast(null as VARCHAR) as customer_id, {', '.join(given)} limit 0"
        if model.name in mine:
            yield from _model_problems(model, frames)
        frames[f"profile_{model.name}"] = query_frames(stand_in, {})


def _model_problems(model: ProfileModel, frames: Mapping[str, pa.Table]) -> Iterator[Problem]:
    try:
        found = query_frames(f"select * from (\n{model.sql}\n) limit 0", frames).schema.names
    except BadInput as error:
        text = _reason(error)
        hint = f" Tables: {', '.join(frames)}" if "Table with name" in text else ""
        yield Problem(model.name, f"{text}{hint}", _line_of_error(model.sql, str(error)))
        return
    declared = [column.name for column in model.columns]
    for name in ["customer_id", *declared]:
        if name not in found:
            hint = f"{nearest(name, found)} It gives {', '.join(found)}"
            yield Problem(model.name, f"its query gives no column {name!r}.{hint}")
    for name in found:
        if name not in ("customer_id", *declared):
            hint = nearest(name, declared)
            yield Problem(
                model.name,
                f"its query gives {name!r}, which its head does not declare.{hint} Declare it, "
                "or leave it out",
            )


def _reason(error: BadInput) -> str:
    """Return what the engine says, in one line."""
    text = str(error).split("---")[0].split("\nLINE ")[0]
    return " ".join(text.removeprefix("The engine refused a query: ").split())


def _line_of_error(sql: str, error: str) -> int | None:
    """Return the line the engine tells, which has one of ours before, else that of the name."""
    told = re.search(r"^LINE (\d+):", error, re.MULTILINE)
    named = re.search(r'(?:column|[Nn]ame) "?([\w.]+)', error)
    if told:
        return int(told[1]) - 1
    return _line(sql, rf".*\b{re.escape(named[1])}\b") if named else None


def _line(text: str, pattern: str) -> int | None:
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if re.match(pattern, line)), None)


@cache
def _empty_tables() -> Mapping[str, pa.Table]:
    """Return the cut tables without rows."""
    engine = DuckEngine(None)
    with engine.writing() as session:
        session.run("create schema warehouse")
        for statement in (POINTS, *LINKS, *map(create_sql, TABLES.values())):
            session.run(statement)
    at = {"as_of": datetime(2000, 1, 1, tzinfo=UTC)}
    with engine.reading() as session:
        return {
            name: session.arrow(cut_sql(f"select * from {name} limit 0"), at) for name in CUT_NAMES
        }
