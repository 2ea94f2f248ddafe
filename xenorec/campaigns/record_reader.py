"""Read a campaign from YAML or a mapping; all mistakes are reported at once, each with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from xenorec.campaigns.approval import approval_of
from xenorec.campaigns.exclusion_rules import EXAMPLES, NAMES, is_rule
from xenorec.campaigns.record import (
    Audience,
    CampaignRecord,
    Creative,
    Holdout,
    Message,
    Outcome,
    Price,
    Recommend,
    Schedule,
    Timing,
    section,
)
from xenorec.campaigns.schedule import schedule_problems
from xenorec.config.durations import cap, span
from xenorec.errors import ConfigError, MissingFile, Problem, XenorecError, nearest
from xenorec.timing.occasions.occasion_types import NAMES as OCCASIONS
from xenorec.timing.quiet_hours import QuietHours

NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
LOCALE = re.compile(r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*\Z")
"""A language tag (BCP 47), as far as it is looked at."""
CHANNELS = ("email", "sms", "whatsapp", "push", "webhook")
PURPOSES = ("marketing", "service", "profiling")
METRICS = ("repeat_order", "spend", "n_orders")
KEYS: Mapping[str, tuple[str, ...]] = {
    "audience": ("where", "purpose"),
    "recommend": (
        *("shelves", "items", "never", "explore", "max_per_category", "max_per_brand"),
        *("block_categories", "price", "min_margin", "themes", "editorial"),
    ),
    "timing": ("use", "quiet", "cap", "expires", "explore", "per_minute"),
    "creative": ("arms", "exploration"),
    "message": ("template", "channels", "locale"),
    "holdout": ("share", "salt"),
    "outcome": ("metric", "within"),
    "schedule": ("cron", "time_zone", "occasion", "from", "until", "country"),
}
TOP = ("campaign", *KEYS, "approval")

Lines = Mapping[tuple[str, ...], int]


@dataclass(frozen=True)
class NameCatalog:
    """What names may be used: templates, the arms of each, and a check of the condition.

    ``shelves`` gives the name of a file of shelves, from the text and the campaign file's folder.
    """

    templates: tuple[str, ...] = ()
    arms: Callable[[str], tuple[str, ...]] = lambda template: ()
    check_where: Callable[[str], object] = lambda text: None
    shelves: Callable[[str, Path | None], str] = lambda text, folder: text
    occasions: tuple[str, ...] = OCCASIONS


def read_yaml(path: Path, known: NameCatalog) -> CampaignRecord:
    """Read a campaign file; raises ConfigError with every mistake, its line and nearest name."""
    if not path.is_file():
        raise MissingFile(f"There is no campaign file {path}.")
    text = path.read_text("utf-8")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        problem = Problem("YAML", str(getattr(error, "problem", error)), line)
        raise ConfigError(str(path), [problem]) from error
    if not isinstance(data, Mapping):
        raise ConfigError(str(path), [Problem("file", "expected 'campaign:' and its sections", 1)])
    lines = dict(_lines(node)) if node else None
    return read_mapping(data, known, source=str(path), lines=lines, folder=path.parent)


def read_mapping(
    data: Mapping[str, Any],
    known: NameCatalog,
    *,
    source: str,
    lines: Lines | None = None,
    folder: Path | None = None,
) -> CampaignRecord:
    """Return the record of plain dictionaries; raises ConfigError with every mistake.

    ``folder``: where the campaign's file lies, if it has one.
    """
    reader = _RecordReader(data, lines or {}, folder)
    record = _record(reader, known)
    if reader.problems:
        raise ConfigError(source, sorted(reader.problems, key=lambda p: p.line or 0))
    return record


def _lines(node: yaml.Node, path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            yield inner, key.start_mark.line + 1
            yield from _lines(value, inner)


@dataclass
class _RecordReader:
    data: Mapping[str, Any]
    lines: Lines
    folder: Path | None = None
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.refuse_unknown((), self.data, TOP)
        for name, keys in KEYS.items():
            value = self.data.get(name)
            if value is not None and not isinstance(value, Mapping):
                self.problem((name,), f"came as {value!r}; expected keys {', '.join(keys)}")
            self.refuse_unknown((name,), section(self.data, name), keys)

    def problem(self, path: tuple[str, ...], text: str) -> None:
        line = next(
            (self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), None
        )
        self.problems.append(Problem(".".join(path), text, line))

    def get(self, *path: str) -> Any:
        value: Any = self.data
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def text(self, *path: str, default: str) -> str:
        value = self.get(*path)
        if value is None:
            return default
        if not isinstance(value, str):
            such = f", such as {default!r}" if default else ""
            self.problem(path, f"came as {value!r}; expected text{such}")
            return default
        return value

    def choice(self, *path: str, of: Iterable[str], default: str) -> str:
        value, names = self.text(*path, default=default), tuple(of)
        if names and value not in names:
            self.problem(
                path, f"{value!r} is not known.{nearest(value, names)} Known: {', '.join(names)}"
            )
        return value

    def number(self, *path: str, low: float, high: float, default: float) -> float:
        value = self.get(*path)
        if value is None:
            return default
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            self.problem(path, f"came as {value!r}; expected a number from {low:g} to {high:g}")
            return default
        return value

    def texts(self, *path: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.get(*path)
        if value is None:
            return default
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list | tuple) or not all(isinstance(v, str) for v in listed):
            self.problem(path, f"came as {value!r}; expected a list of names")
            return default
        return tuple(listed)

    def checked(self, *path: str, by: Callable[[str], object], default: str) -> str:
        value = self.text(*path, default=default)
        try:
            by(value)
        except XenorecError as error:
            self.problem(path, str(error))
        return value

    def each(self, path: tuple[str, ...], values: Iterable[str], of: Iterable[str]) -> None:
        names = tuple(of)
        for value in values:
            if value not in names:
                self.problem(
                    path,
                    f"{value!r} is not known.{nearest(value, names)} Known: {', '.join(names)}",
                )

    def optional(self, *path: str, low: float, high: float) -> float | None:
        """Return a number that may be left out."""
        if self.get(*path) is None:
            return None
        return float(self.number(*path, low=low, high=high, default=low))

    def whole(self, *path: str) -> int | None:
        """Return a whole number from 1 that may be left out."""
        value = self.get(*path)
        if value is None or (type(value) is int and value >= 1):
            return value
        self.problem(path, f"came as {value!r}; expected a whole number of at least 1")
        return None

    def refuse_unknown(
        self, path: tuple[str, ...], value: Mapping[str, Any], keys: tuple[str, ...]
    ) -> None:
        for key in value:
            if key not in keys:
                hint = nearest(str(key), keys)
                self.problem((*path, str(key)), f"is not a key here.{hint} Keys: {', '.join(keys)}")


def _record(reader: _RecordReader, known: NameCatalog) -> CampaignRecord:
    name = reader.text("campaign", default="")
    if not NAME.match(name):
        reader.problem(
            ("campaign",), f"came as {name!r}; expected a name of letters, digits, '.', '_' and '-'"
        )
    return CampaignRecord(
        campaign=name,
        audience=_audience(reader, known),
        recommend=_recommend(reader, known),
        timing=_timing(reader),
        creative=_creative(reader, known),
        message=_message(reader, known),
        holdout=_holdout(reader, name),
        outcome=Outcome(
            reader.choice("outcome", "metric", of=METRICS, default="repeat_order"),
            reader.checked("outcome", "within", by=span, default="14d"),
        ),
        schedule=_schedule(reader, known),
        approval=approval_of(reader),
    )


def _audience(reader: _RecordReader, known: NameCatalog) -> Audience:
    where = reader.text("audience", "where", default="")
    if where:
        where = reader.checked("audience", "where", by=known.check_where, default="")
    purpose = reader.choice("audience", "purpose", of=PURPOSES, default="marketing")
    return Audience(where, purpose)


def _recommend(reader: _RecordReader, known: NameCatalog) -> Recommend:
    never = reader.texts("recommend", "never")
    for rule in never:
        if not is_rule(rule):
            reader.problem(
                ("recommend", "never"),
                f"{rule!r} is not a rule.{nearest(rule, EXAMPLES)} Rules: {', '.join(NAMES)}",
            )
    return Recommend(
        int(reader.number("recommend", "shelves", low=1, high=12, default=4)),
        int(reader.number("recommend", "items", low=1, high=24, default=6)),
        never,
        float(reader.number("recommend", "explore", low=0, high=1, default=0.05)),
        max_per_category=reader.whole("recommend", "max_per_category"),
        max_per_brand=reader.whole("recommend", "max_per_brand"),
        block_categories=reader.texts("recommend", "block_categories"),
        price=_price(reader),
        min_margin=reader.optional("recommend", "min_margin", low=0, high=1),
        themes=_themes(reader, known),
        editorial=reader.texts("recommend", "editorial"),
    )


def _themes(reader: _RecordReader, known: NameCatalog) -> str | None:
    path = ("recommend", "themes")
    text = reader.text(*path, default="")
    if not text:
        return None
    try:
        return known.shelves(text, reader.folder)
    except ConfigError as error:
        for problem in error.problems:
            reader.problem(path, f"{error.source}: {problem}")
        return None


def _price(reader: _RecordReader) -> Price:
    path, value = ("recommend", "price"), reader.get("recommend", "price")
    if value is None:
        return Price()
    if not isinstance(value, Mapping):
        reader.problem(path, f"came as {value!r}; expected min and max, such as {{max: 20}}")
        return Price()
    reader.refuse_unknown(path, value, ("min", "max"))
    low, high = (reader.optional(*path, name, low=0, high=1e9) for name in ("min", "max"))
    if low is not None and high is not None and low > high:
        reader.problem(path, f"min {low:g} is above max {high:g}; change one of them")
    return Price(low, high)


def _timing(reader: _RecordReader) -> Timing:
    limit = reader.get("timing", "cap")
    return Timing(
        reader.choice("timing", "use", of=("send_time",), default="send_time"),
        reader.checked("timing", "quiet", by=QuietHours.parse, default="21:00-09:00"),
        None if limit is None else reader.checked("timing", "cap", by=cap, default="1 per 1d"),
        reader.checked("timing", "expires", by=span, default="48h"),
        float(reader.number("timing", "explore", low=0, high=1, default=0.05)),
        reader.whole("timing", "per_minute"),
    )


def _creative(reader: _RecordReader, known: NameCatalog) -> Creative:
    arms = reader.texts("creative", "arms")
    template = reader.get("message", "template")
    if template in known.templates:
        reader.each(("creative", "arms"), arms, known.arms(template))
    share = reader.number("creative", "exploration", low=0, high=1, default=0.1)
    return Creative(arms, float(share))


def _message(reader: _RecordReader, known: NameCatalog) -> Message:
    if reader.get("message", "template") is None:
        reader.problem(
            ("message", "template"), f"is missing. Templates: {', '.join(known.templates)}"
        )
    channels = reader.texts("message", "channels", default=("email",))
    reader.each(("message", "channels"), channels, CHANNELS)
    return Message(
        reader.choice("message", "template", of=known.templates, default="winback"),
        channels,
        _locale(reader),
    )


def _locale(reader: _RecordReader) -> str:
    path = ("message", "locale")
    locale = reader.text(*path, default="customer")
    if locale != "customer" and not LOCALE.match(locale):
        reader.problem(
            path,
            f"came as {locale!r}; expected 'customer', each one's own, or a language tag: two or "
            "three letters, then a land or script if you like, such as en, en-GB, pt-BR or zh-Hant",
        )
    return locale


def _holdout(reader: _RecordReader, name: str) -> Holdout:
    share = float(reader.number("holdout", "share", low=0, high=0.9, default=0.1))
    return Holdout(share, reader.text("holdout", "salt", default=name))


def _schedule(reader: _RecordReader, known: NameCatalog) -> Schedule | None:
    if reader.get("schedule") is None:
        return None
    given = {key: reader.get("schedule", key) for key in KEYS["schedule"]}
    values = {key: None if value is None else str(value) for key, value in given.items()}
    for key, text in schedule_problems(values, known.occasions):
        reader.problem(("schedule", key), text)
    return Schedule(*values.values())
