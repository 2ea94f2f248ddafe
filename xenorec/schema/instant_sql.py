"""SQL that reads an instant whole or not at all (DuckDB's dialect).

Understood are ISO 8601 and RFC 9557: a day, a clock time, AM or PM, then Z, UTC, GMT, an offset or
an IANA zone in brackets. Anything else behind the time, such as ``IST``, which several lands call
their clock, makes the whole text no instant: a word is never dropped.

A clock time without a zone is read on the clock of its row. One that a change of clocks left out
(02:30 in spring) is taken as the same distance after the change; one that came twice (01:30 in
autumn) is its second time.
"""

from __future__ import annotations

NAIVE = ("TIMESTAMP", "DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
"""DuckDB's types of clock times without a zone."""
AWARE = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMPTZ_NS")
"""DuckDB's types of instants, from columns with any zone and any unit."""

ABBREVIATIONS = (
    *("ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST", "CTT", "EAT", "ECT"),
    *("IET", "IST", "JST", "MIT", "NET", "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST"),
    "Factory",
)
"""Names the engine takes for zones and IANA does not: each means several clocks, or none."""

DATE = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
CLOCK = r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
GAP = r"([T ] *)"
PLAIN = rf"{DATE}({GAP}{CLOCK})?"
WITH_OFFSET = rf"{DATE}[T ]{CLOCK}([Zz]|[+-](0\d|1[0-4])(:?[0-5]\d)?)"
SPELLED = (
    rf"(?i)^({DATE}){GAP}(\d{{1,2}})((?::\d{{2}}(?::\d{{2}}(?:\.\d+)?)?)?)"
    r" *((?:[ap]\.?m\.?)?) *((?:Z|UTC|GMT)?)"
    r" *((?:[+-](?:0?\d|1[0-4])(?::?[0-5]\d)?)?) *((?:\[[A-Za-z0-9_+/-]+\])?)$"
)
PARTS = ("date", "gap", "hour", "rest", "half", "word", "offset", "zone")
BRACKET = r"\[([A-Za-z0-9_+/-]+)\]$"
WORD = r"(?:^|[^A-Za-z/])([A-Za-z]{2,5})$"
EXPECTED = (
    "expected such as 2024-03-01T10:00:00+05:30, or a clock time that ends in AM, PM, UTC, GMT, an "
    "offset or [Asia/Kolkata]"
)


def instant(name: str, have: str, zone: str) -> str:
    """Return the instant in a column of DuckDB type ``have``, empty where it says none.

    ``zone`` is the SQL of the row's zone, for what comes without one.
    """
    if have in AWARE:
        return _finite(f"cast({name} as TIMESTAMPTZ)")
    if have in NAIVE:
        return f"timezone({zone}, {_finite(f'cast({name} as TIMESTAMP)')})"
    if have == "VARCHAR":
        return _of_text(name, zone)
    return "cast(null as TIMESTAMPTZ)"


def beginning(name: str, zone: str) -> str:
    """Return the instant of the day and time that a text begins with, whatever comes behind."""
    said = f"regexp_extract({_trimmed(name)}, '^{DATE}({GAP}{CLOCK})?')"
    return f"timezone({zone}, try_cast({said} as TIMESTAMP))"


def end_of_day(name: str, have: str, zone: str) -> str:
    """Return the instant until which something holds; a bare day holds until it is over.

    A day is a date, or midnight of a clock time without a zone: its end is the next midnight.
    """
    day = last_day(name, have)
    if day is None:
        return instant(name, have, zone)
    over = f"timezone({zone}, cast({day} + 1 as TIMESTAMP))"
    return f"case when {day} is not null then {over} else {instant(name, have, zone)} end"


def last_day(name: str, have: str) -> str | None:
    """Return the day in a column that may hold one in place of an instant; None where it cannot."""
    if have in NAIVE:
        at = _finite(f"cast({name} as TIMESTAMP)")
    elif have == "VARCHAR":
        text = _trimmed(name)
        at = (
            f"case when regexp_full_match({text}, '{PLAIN}') then try_cast({text} as TIMESTAMP) end"
        )
    else:
        return None
    return f"case when {at} = date_trunc('day', {at}) then cast({at} as DATE) end"


def is_open_end(name: str, have: str) -> str:
    """Return the SQL that says whether a column means for ever (``infinity``)."""
    if have in (*AWARE, *NAIVE):
        return f"({name} is not null and isinf({name}) and {name} > 'epoch')"
    return f"lower({_trimmed(name)}) in ('infinity', '+infinity')" if have == "VARCHAR" else "false"


def known_zone(name: str) -> str:
    """Return the SQL that says whether a text is an IANA zone."""
    others = ", ".join(f"'{one}'" for one in ABBREVIATIONS)
    return f"({name} in (select name from pg_timezone_names()) and {name} not in ({others}))"


def refusal(raw: str, have: str, *, has_zone: bool) -> str:
    """Return the SQL text of the reason why ``raw`` is no instant."""
    if have not in (*AWARE, *NAIVE, "VARCHAR"):
        return "' is no instant but a number; turn epoch numbers into times first'"
    placed = "" if has_zone else ", or has no zone and its store has none either"
    plain = _quoted(f" is not an instant{placed}; {EXPECTED}")
    if have != "VARCHAR":
        return plain
    word = f"regexp_extract({raw}, '{WORD}', 1)"
    named = f"': ' || {word} || ' is no zone that is known for sure; ' || {_quoted(EXPECTED)}"
    known = "('am', 'pm', 'utc', 'gmt', 'z')"
    return f"case when {word} <> '' and lower({word}) not in {known} then {named} else {plain} end"


def _quoted(text: str) -> str:
    return f"'{text}'"


def _finite(value: str) -> str:
    return f"case when isfinite({value}) then {value} end"


def _trimmed(name: str) -> str:
    return f"trim({name})"


def _of_text(name: str, zone: str) -> str:
    text = _trimmed(name)
    return (
        f"case when regexp_full_match({text}, '{WITH_OFFSET}') "
        f"then try_cast({text} as TIMESTAMPTZ) "
        f"when regexp_full_match({text}, '{PLAIN}') "
        f"then timezone({zone}, try_cast({text} as TIMESTAMP)) "
        f"else {_spelled(text, zone)} end"
    )


def _spelled(text: str, zone: str) -> str:
    """Return the instant of a text with AM or PM, a zone in words or in brackets."""
    bracket = f"regexp_extract({text}, '{BRACKET}', 1)"
    names = ", ".join(f"'{part}'" for part in PARTS)
    row = (
        f"{{'p': regexp_extract({text}, '{SPELLED}', [{names}]), 'own': {zone}, "
        f"'named': case when {known_zone(bracket)} then {bracket} end}}"
    )
    local = f"list_transform([{row}], lambda r: struct_insert(r, wall := {_wall('r.p')}))"
    both = f"list_transform({local}, lambda r: struct_insert(r, utc := {_utc('r.p', 'r.wall')}))"
    return f"list_transform({both}, lambda r: {_chosen()})[1]"


def _wall(part: str) -> str:
    """Return the clock time that the parts of a text say."""
    hour = f"try_cast({part}.hour as INTEGER)"
    is_late = f"lower({part}.half[1]) = 'p'"
    of_twelve = (
        f"case when {hour} between 1 and 12 "
        f"then {hour} % 12 + case when {is_late} then 12 else 0 end end"
    )
    rest = f"case when {part}.rest = '' then ':00' else {part}.rest end"
    said = f"case when {part}.half <> '' then {of_twelve} when {part}.rest <> '' then {hour} end"
    return f"try_cast({part}.date || ' ' || ({said}) || {rest} as TIMESTAMP)"


def _utc(part: str, wall: str) -> str:
    """Return the instant that word and offset of a text say; empty where there are none."""
    digits = f"regexp_replace({part}.offset, '[^0-9]', '', 'g')"
    minutes = (
        f"case when {part}.offset = '' then 0 when length({digits}) <= 2 "
        f"then try_cast({digits} as INTEGER) * 60 else try_cast({digits}[:-3] as INTEGER) * 60 "
        f"+ try_cast({digits}[-2:] as INTEGER) end"
    )
    sign = f"case when {part}.offset[1] = '-' then -1 else 1 end"
    said = f"{part}.word <> '' or {part}.offset <> ''"
    return f"case when {said} then timezone('UTC', {wall} - to_minutes({sign} * ({minutes}))) end"


def _chosen() -> str:
    """Return the instant of a row of parts; a zone in brackets must agree with an offset."""
    return (
        "case when r.p.zone <> '' and r.named is null then null "
        "when r.utc is null then timezone(coalesce(r.named, "
        "case when r.p.zone = '' then r.own end), r.wall) "
        "when r.p.zone = '' or r.p.offset = '' or timezone(r.named, r.utc) = r.wall then r.utc end"
    )
