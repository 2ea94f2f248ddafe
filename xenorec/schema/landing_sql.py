"""SQL that turns a landed batch into accepted rows and quarantine (DuckDB's dialect).

A landed batch is the temporary table ``landed`` with any column types. ``typed`` gives every
canonical column its type, adds the line number and says which rows break a rule; ``reasons``
says in words what each of those broke. Rows in = accepted + quarantined, always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from xenorec.schema.id_prefixes import KIND_OF, PROPS_IDS, IdPrefixes, quoted
from xenorec.schema.instant_sql import (
    NAIVE,
    beginning,
    end_of_day,
    instant,
    is_open_end,
    last_day,
    refusal,
)
from xenorec.schema.table_definition import INSTANT, JSON, TEXT, TEXTS, Column, Table

FILLED = ("source", "source_id")
"""Columns that are filled in from the source's name and the natural key."""
LINE = "landed_line"
"""The column of a landed batch that numbers its rows from 1."""
CONTROL = r"[\x00-\x1F\x7F-\x9F\x{2028}\x{2029}]+"
"""Characters that no name has and no message may carry: control characters and line breaks."""
NO_ID = ("nan", "NaN", "None", "<NA>", "NaT", "null", "NULL")
"""What programs write where there is no id."""
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER")
FLOATS = ("FLOAT", "DOUBLE")
EARLIEST = "1970-01-02"
"""Facts of a shop are later: the instants before are those of empty fields and dead clocks."""
AHEAD = timedelta(days=1)
"""So much a fact may be ahead of the load's clock."""


@dataclass(frozen=True)
class LandedBatch:
    """What is known of a landed batch: its columns' types and what to fill in.

    A clock time without a zone is read in that of its store, else in ``time_zone``. ``now`` is the
    load's clock; without it no fact is too late.
    """

    types: Mapping[str, str]
    source: str
    time_zone: str | None = None
    currency: str | None = None
    knows_store_zones: bool = False
    now: datetime | None = None
    ids: IdPrefixes = field(default_factory=IdPrefixes)


def typed_sql(table: Table, landed: LandedBatch) -> str:
    """Return the query over ``landed`` with canonical columns, ``line`` and ``is_bad``."""
    columns = ",\n  ".join(
        f'{_value(table, column, landed)} as "{column.name}"' for column in table.columns
    )
    return (
        f"select *, {_is_bad(table, landed)} as is_bad from (\n"
        f"select l.{LINE} as line,\n  {columns}{_raw_columns(table, landed)}\n"
        f"from landed as l{_store_join(table, landed)})"
    )


def reasons_sql(table: Table, landed: LandedBatch) -> str:
    """Return the query for quarantine: line, reasons (a list of texts), raw (JSON text)."""
    cases = ",\n  ".join(
        f"case when {condition} then {text} end" for condition, text in _rules(table, landed)
    )
    return (
        f"select b.line, b.reasons, cast(json_merge_patch(to_json(l), '{{\"{LINE}\": null}}') "
        f"as VARCHAR) as raw from (\n"
        f"select line, list_filter([{cases}], lambda x: x is not null) as reasons\n"
        f"from typed where is_bad) as b join landed as l on l.{LINE} = b.line order by b.line"
    )


def naive_columns(table: Table, types: Mapping[str, str]) -> list[str]:
    """Return the instant columns that arrived as clock times without a zone."""
    return [
        column.name
        for column in table.columns
        if column.type == INSTANT and types.get(column.name, "") in NAIVE
    ]


def _value(table: Table, column: Column, landed: LandedBatch) -> str:
    if column.name == "source":
        return f"coalesce({_plain(column, landed)}, {quoted(landed.source)})"
    if column.name == "source_id":
        return f"coalesce({_plain(column, landed)}, {_natural_key(table, landed)})"
    if column.name == "currency" and landed.currency:
        return f"coalesce({_plain(column, landed)}, {quoted(landed.currency)})"
    if column.last_day_of in landed.types:
        have = landed.types[column.last_day_of]
        day = last_day(f'l."{column.last_day_of}"', have) or "cast(null as DATE)"
        return f"coalesce({_plain(column, landed)}, {day})"
    if column.name == "props":
        return _qualified_props(table, _plain(column, landed), landed)
    return _qualified(table, column, landed)


def _qualified(table: Table, column: Column, landed: LandedBatch) -> str:
    """Return an id in its id space; other columns as they are."""
    plain, kind = _plain(column, landed), KIND_OF.get(column.name)
    prefix = None if kind is None else landed.ids.sql(kind, _row_source(table, landed))
    if prefix is None or column.name not in landed.types:
        return plain
    if column.type == TEXTS:
        return f"list_transform({plain}, lambda x: {prefix} || x)"
    return f"({prefix} || {plain})"


def _qualified_props(table: Table, props: str, landed: LandedBatch) -> str:
    """Return the props of an event with the ids in them in their id space."""
    for name, kind in PROPS_IDS.items():
        prefix = landed.ids.sql(kind, _row_source(table, landed))
        if prefix is not None and "props" in landed.types:
            found = f"json_extract_string({props}, '$.{name}')"
            props = (
                f"case when {found} is null then {props} "
                f"else json_merge_patch({props}, json_object('{name}', {prefix} || {found})) end"
            )
    return props


def _row_source(table: Table, landed: LandedBatch) -> str:
    return _value(table, table.column("source"), landed)


def _natural_key(table: Table, landed: LandedBatch) -> str:
    parts = [_plain(table.column(name), landed) for name in table.key]
    return " || '/' || ".join(f"cast({part} as VARCHAR)" for part in parts)


def _plain(column: Column, landed: LandedBatch) -> str:
    have = landed.types.get(column.name)
    if have is None:
        return f"cast(null as {column.type})"
    name = f'l."{column.name}"'
    if column.type == INSTANT:
        return _instant(column, name, have, landed)
    if column.name in KIND_OF and column.type == TEXT:
        words = ", ".join(map(quoted, NO_ID))
        return f"(case when {_text(name, have)} not in ({words}) then {_text(name, have)} end)"
    if column.type == TEXT:
        return _printable(_text(name, have)) if have == TEXT else _text(name, have)
    if column.type == TEXTS:
        return _texts(name, have)
    if column.type == JSON:
        return f"try_cast({name} as JSON)"
    if have == TEXT:
        return f"try_cast(nullif(trim({name}), '') as {column.type})"
    if have in FLOATS:
        return f"try_cast(case when isfinite({name}) then {name} end as {column.type})"
    return f"try_cast({name} as {column.type})"


def _text(name: str, have: str) -> str:
    if have in FLOATS:
        return (
            f"case when isfinite({name}) and {name} = trunc({name}) "
            f"then cast(try_cast({name} as HUGEINT) as VARCHAR) "
            f"when isfinite({name}) then cast({name} as VARCHAR) end"
        )
    return f"nullif(trim(cast({name} as VARCHAR)), '')"


def _printable(text: str) -> str:
    return f"nullif(trim(regexp_replace({text}, {quoted(CONTROL)}, ' ', 'g')), '')"


def _texts(name: str, have: str) -> str:
    if have.endswith("[]"):
        return f"cast({name} as VARCHAR[])"
    return f"list_transform(string_split(nullif(trim({name}), ''), '|'), lambda x: trim(x))"


def _instant(column: Column, name: str, have: str, landed: LandedBatch) -> str:
    if column.clock == "end":
        return end_of_day(name, have, _zone(landed))
    read = instant(name, have, _zone(landed))
    if column.clock != "refusal" or have != TEXT:
        return read
    refuses = "trim(l.\"status\") = 'withdrawn'" if "status" in landed.types else "true"
    return f"coalesce({read}, case when {refuses} then {beginning(name, _zone(landed))} end)"


def _zone(landed: LandedBatch) -> str:
    fixed = quoted(landed.time_zone) if landed.time_zone else "cast(null as VARCHAR)"
    return f"coalesce(st.time_zone, {fixed})" if _joins_stores(landed) else fixed


def _joins_stores(landed: LandedBatch) -> bool:
    return landed.knows_store_zones and "store_id" in landed.types


def _store_join(table: Table, landed: LandedBatch) -> str:
    if not _joins_stores(landed) or "store_id" not in table.names:
        return ""
    store = _qualified(table, table.column("store_id"), landed)
    return f"\nleft join store_zones as st on st.store_id = {store}"


def _raw_columns(table: Table, landed: LandedBatch) -> str:
    return "".join(
        f',\n  l."{column.name}" as raw_{column.name}'
        for column in table.columns
        if column.name in landed.types and _can_fail(column, landed)
    )


def _can_fail(column: Column, landed: LandedBatch) -> bool:
    if column.type == INSTANT:
        return True
    return column.type not in (TEXT, TEXTS) and landed.types[column.name] != column.type


def _is_bad(table: Table, landed: LandedBatch) -> str:
    return " or ".join(f"coalesce({condition}, false)" for condition, _ in _rules(table, landed))


def _rules(table: Table, landed: LandedBatch) -> list[tuple[str, str]]:
    rules: list[tuple[str, str]] = []
    for column in table.columns:
        given = column.name in landed.types
        raw_is_there = "false"
        if given and _can_fail(column, landed):
            raw_is_there = f"nullif(trim(cast(raw_{column.name} as VARCHAR)), '') is not null"
            rules.append(_cast_rule(column, landed, raw_is_there))
        if column.required and column.name not in FILLED:
            rules.append(
                (
                    f'"{column.name}" is null and not {raw_is_there}',
                    quoted(f"{column.name}: missing, and every row needs one"),
                )
            )
        if given or (column.name == "currency" and landed.currency):
            rules.extend(_content_rules(column))
        if given and column.clock == "fact":
            rules.extend(_clock_rules(column, landed))
        if given and column.name in KIND_OF and column.type == TEXT:
            rules.extend(_id_rules(column, landed))
    return rules


def _cast_rule(column: Column, landed: LandedBatch, raw_is_there: str) -> tuple[str, str]:
    came = f"'{column.name}: ' || left(cast(raw_{column.name} as VARCHAR), 60) || "
    is_lost = f'{raw_is_there} and "{column.name}" is null'
    if column.type != INSTANT:
        return is_lost, came + quoted(f" is not a {column.type}")
    raw, have = f"raw_{column.name}", landed.types[column.name]
    if column.clock == "end":
        is_lost += f" and not {is_open_end(raw, have)}"
    return is_lost, came + refusal(raw, have, has_zone=landed.time_zone is not None)


def _clock_rules(column: Column, landed: LandedBatch) -> list[tuple[str, str]]:
    """Return what a fact's instant breaks when the clock it came from was wrong."""
    came = f"'{column.name}: ' || cast(\"{column.name}\" as VARCHAR) || "
    early = f"\"{column.name}\" < cast('{EARLIEST}' as TIMESTAMPTZ)"
    rules = [(early, came + quoted(f" is before {EARLIEST}, so its clock was wrong"))]
    if landed.now is not None:
        last = (landed.now + AHEAD).isoformat()
        late = f"\"{column.name}\" > cast('{last}' as TIMESTAMPTZ)"
        rules.append((late, came + quoted(" is more than a day after it was loaded")))
    return rules


def _content_rules(column: Column) -> list[tuple[str, str]]:
    came = f"'{column.name}: ' || left(cast(\"{column.name}\" as VARCHAR), 60) || "
    rules = []
    if column.one_of:
        values = ", ".join(quoted(value) for value in column.one_of)
        text = came + quoted(f" is not one of {', '.join(column.one_of)}")
        rules.append((f'"{column.name}" is not null and "{column.name}" not in ({values})', text))
    if column.check:
        text = came + quoted(f" is not {column.rule}")
        rules.append((f'"{column.name}" is not null and not ({column.check})', text))
    return rules


def _id_rules(column: Column, landed: LandedBatch) -> list[tuple[str, str]]:
    """Return what is wrong with an id: control characters, or the look of another space's id."""
    name, kind = f'"{column.name}"', KIND_OF[column.name]
    rules = [
        (
            f"regexp_matches({name}, {quoted(CONTROL)})",
            quoted(f"{column.name}: holds control characters or line breaks, which no id may"),
        )
    ]
    reserved = landed.ids.reserved.get(kind, ()) if landed.ids.is_bare(kind) else ()
    for prefix in reserved:
        told = f"{column.name}: begins with {prefix!r}, which marks ids of another id space"
        own = landed.ids.sql(kind, '"source"') or "''"
        rules.append((f"starts_with({name}, {quoted(prefix)}) and {own} = ''", quoted(told)))
    return rules
