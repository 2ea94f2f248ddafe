"""The frozen record of a campaign: what the YAML file and the Python call both make.

Each field says once what it takes, what it is when left out, and what it means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime
from typing import Any

from xenorec.config import exclusion_names
from xenorec.config.declared_settings import (
    declared,
    read_section,
    section,
    section_schema,
    setting,
)
from xenorec.config.durations import cap, offset, span
from xenorec.config.occasion_types import meant
from xenorec.config.quiet_hours import QuietHours
from xenorec.config.setting_types import (
    DAY,
    WRONG,
    ZONE,
    Anything,
    Choice,
    Listed,
    Number,
    Reading,
    Schema,
    SettingType,
    Text,
    parsed,
)
from xenorec.errors import nearest

CHANNELS = ("email", "sms", "whatsapp", "push", "webhook")
PURPOSES = ("marketing", "service", "profiling")
METRICS = ("repeat_order", "spend", "n_orders")
SHARE = Number(0, 1)
COUNT = Number(1, whole=True)
MOST = Number(1, whole=True, expected="the most messages of a day, at least 1")
NAME = Text(
    "a name of letters, digits, '.', '_' and '-'", re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
)
LOCALE = Text(
    "'customer', each one's own, or a language tag: two or three letters, then a land or script if "
    "you like, such as en, en-GB, pt-BR or zh-Hant",
    re.compile("customer|[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*"),
)
"""A language tag (BCP 47) is looked at so far only."""


def _rule(name: str, at: Reading) -> Any:
    if exclusion_names.is_rule(name):
        return name
    hint = nearest(name, exclusion_names.EXAMPLES)
    at.report(f"{name!r} is not a rule.{hint} Rules: {', '.join(exclusion_names.NAMES)}")
    return WRONG


def _where(text: str, at: Reading) -> str:
    if text:
        at.names.check_where(text)
    return text


def _themes(text: str, at: Reading) -> str | None:
    found: str | None = at.names.shelves(text, at.folder) if text else None
    return found


def _country(text: str, at: Reading) -> str:
    at.names.check_country(text)
    return text


SPAN = parsed(span, "48h or 14d")
QUIET = parsed(QuietHours.parse, "'21:00-09:00'")
CAP = parsed(cap, "'2 per 7d'")
OFFSET = parsed(offset, "+2d or -5d")


@dataclass(frozen=True)
class Audience:
    """Whom: a condition over the profile, and the purpose their consent must cover."""

    where: str = setting(Text(check=_where), "Condition over the profile's columns", "")
    purpose: str = setting(Choice(PURPOSES), "What their consent must cover", "marketing")


@dataclass(frozen=True)
class Price:
    """The lowest and the highest price of what is shown, of one unit; None for no limit."""

    min: float | None = setting(Number(0, 1e9), "Lowest price", None)
    max: float | None = setting(Number(0, 1e9), "Highest price", None)

    def mistakes(self, at: Reading) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield a lowest price that is above the highest."""
        if self.min is not None and self.max is not None and self.min > self.max:
            told = f"min {self.min:g} is above max {self.max:g}; change one of them"
            yield ("min", "max"), told


@dataclass(frozen=True)
class Recommend:
    """With which products: rows, items per row, what is never shown.

    ``explore``: so that what a row earns elsewhere can be learned. ``themes`` is named from the
    project's folder on.
    """

    shelves: int = setting(Number(1, 12, whole=True), "Rows of a message", 4)
    items: int = setting(Number(1, 24, whole=True), "Products of a row", 6)
    never: tuple[str, ...] = setting(Listed(Text(check=_rule)), "Rules of what is never shown", ())
    explore: float = setting(SHARE, "Share of messages in which two rows change places", 0.05)
    max_per_category: int | None = setting(COUNT, "Most products of a category on a page", None)
    max_per_brand: int | None = setting(COUNT, "Most products of a brand on a page", None)
    block_categories: tuple[str, ...] = setting(Listed(), "Categories that are not shown", ())
    price: Price = section(Price, "Lowest and highest price of one unit")
    min_margin: float | None = setting(SHARE, "Least margin, a share", None)
    themes: str | None = setting(Text(check=_themes), "TOML file of the shop's own shelves", None)
    editorial: tuple[str, ...] = setting(Listed(), "Product ids that are shown last", ())


@dataclass(frozen=True)
class Timing:
    """When: the model, quiet hours in local time, the cap across campaigns, the last moment.

    ``explore``: so that other hours can be learned of. Without ``per_minute`` any number.
    """

    use: str = setting(Choice(("send_time",)), "The model", "send_time")
    quiet: str = setting(QUIET, "Local hours in which nobody is disturbed", "21:00-09:00")
    cap: str | None = setting(CAP, "Most messages of a person, across campaigns", None)
    expires: str = setting(SPAN, "How long after the plan a message may go out", "48h")
    explore: float = setting(SHARE, "Share of people who get an hour by chance", 0.05)
    per_minute: int | None = setting(COUNT, "Most messages planned for one minute", None)


@dataclass(frozen=True)
class Creative:
    """With which picture: arms of the template (none named: all) and the share that explores."""

    arms: tuple[str, ...] = setting(Listed(), "Pictures to choose from; none named: all", ())
    exploration: float = setting(SHARE, "Share of messages that try another one", 0.1)


@dataclass(frozen=True)
class Message:
    """Saying what: the template, channels by preference, the language."""

    template: str = setting(Choice("templates"), "Folder of the template", "winback", needed=True)
    channels: tuple[str, ...] = setting(Listed(Choice(CHANNELS)), "By preference", ("email",))
    locale: str = setting(LOCALE, "'customer', each one's own, or a tag as pt-BR", "customer")


@dataclass(frozen=True)
class Holdout:
    """Who is left alone for comparison: ``uniform(salt, customer_id) < share``."""

    share: float = setting(Number(0, 0.9), "Share that gets no message", 0.1)
    salt: str = setting(Text(), "Another draws others; left out: the campaign's name", "")


@dataclass(frozen=True)
class Outcome:
    """What counts as success, and for how long after the plan's instant."""

    metric: str = setting(Choice(METRICS), "What counts as success", "repeat_order")
    within: str = setting(SPAN, "How long after the plan it counts", "14d")


@dataclass(frozen=True)
class Schedule:
    """When a scheduler should run the campaign, and the days around an occasion it is bound to.

    ``from_`` and ``until`` are days before (-) or after (+) the occasion, both included, on the
    clock of ``time_zone``; ``country`` says whose occasion. Both are the shop's when left out.
    """

    cron: str | None = setting(Text(), "When a scheduler should run it", None)
    time_zone: str | None = setting(ZONE, "Its clock; the shop's when left out", None)
    occasion: str | None = setting(Choice("occasions", hint=meant), "What it is bound to", None)
    from_: str | None = setting(OFFSET, "First day, before (-) or after (+) it", None, key="from")
    until: str | None = setting(OFFSET, "Last day, in the same way", None)
    country: str | None = setting(Text(check=_country), "Whose occasion; the shop's", None)

    def mistakes(self, at: Reading) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield days without an occasion, an occasion without days, and days that end first."""
        if self.occasion is None:
            for key in ("from", "until", "country"):
                if getattr(self, "from_" if key == "from" else key) is not None:
                    yield (key, "occasion"), "needs an occasion, such as eid_al_fitr"
        elif self.until is None:
            yield ("until", "occasion"), "is missing; how long after the occasion? Such as +21d"
        elif offset(self.from_ or "+0d") > offset(self.until):
            yield ("until", "from", "occasion"), f"is {self.until}, before from, {self.from_}"


def _day(value: Any, at: Reading) -> str:
    """Return a day as text; YAML has it as a date, unless it is quoted."""
    try:
        is_day = isinstance(value, date) and not isinstance(value, datetime)
        return str(value if is_day else date.fromisoformat(value))
    except (TypeError, ValueError):
        wrong: str = at.wrong(value, "the last day, such as 2027-06-30")
        return wrong


@dataclass(frozen=True)
class StandingApproval:
    """An approval given once for a campaign that is planned again and again, within bounds.

    ``by`` is who gave it; ``until`` the last day (ISO 8601), on the campaign's clock; ``at_most``
    messages of one planning day. Beyond these a plan waits for an approval of its own.
    """

    by: str = setting(Text("the name of who approves", blank=False), "Who approves")
    until: str = setting(Anything(_day, DAY), "The last day, such as 2027-06-30")
    at_most: int = setting(MOST, "Most messages of one planning day")


@dataclass(frozen=True)
class Approval(SettingType):
    """The type of ``approval``: a word, or the table of a standing one."""

    words: tuple[str, ...] = ("required", "none")
    example: str = "{standing: true, by: crm@shop.example, until: 2027-06-30, at_most: 5000}"

    def _read(self, value: Any, at: Reading) -> Any:
        if isinstance(value, Mapping):
            if value.get("standing") is not True:
                at.at("standing").wrong(value.get("standing"), self.example)
            rest = {key: one for key, one in value.items() if key != "standing"}
            return read_section(StandingApproval, rest, at)
        if value in self.words:
            return value
        hint = nearest(value, (*self.words, "standing")) if isinstance(value, str) else ""
        known = f"Known: {', '.join(self.words)}, or {self.example}"
        at.report(f"{value!r} is not known.{hint} {known}")
        return WRONG

    def _schema(self, names: Any) -> Schema:
        table = section_schema(StandingApproval)
        table["properties"] = {"standing": {"const": True}, **table["properties"]}
        return {"anyOf": [{"enum": list(self.words)}, table]}


@dataclass(frozen=True)
class CampaignRecord:
    """One campaign, complete; two equal records give the same plan."""

    campaign: str = setting(NAME, "Its name: letters, digits, '.', '_' and '-'")
    audience: Audience = section(Audience, "Whom")
    recommend: Recommend = section(Recommend, "With which products")
    timing: Timing = section(Timing, "When")
    creative: Creative = section(Creative, "With which picture")
    message: Message = section(Message, "Saying what")
    holdout: Holdout = section(Holdout, "Who is left alone for comparison")
    outcome: Outcome = section(Outcome, "What counts as success")
    schedule: Schedule | None = section(Schedule, "When a scheduler runs it", None)
    approval: str | StandingApproval = setting(Approval(), "Who approves a plan", "required")

    def mistakes(self, at: Reading) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the arms that are none of the template's."""
        if self.message.template not in at.names.templates:
            return
        known = at.names.arms(self.message.template) if self.creative.arms else ()
        for arm in self.creative.arms:
            if arm not in known:
                told = f"{arm!r} is not known.{nearest(arm, known)} Known: {', '.join(known)}"
                yield ("creative.arms", "message.template"), told

    def to_mapping(self) -> dict[str, Any]:
        """Return plain dictionaries and lists, as in the YAML file."""
        data: dict[str, Any] = json.loads(json.dumps(_plain(self)))
        if isinstance(self.approval, StandingApproval):
            data["approval"] = {"standing": True, **data["approval"]}
        return data

    def to_json(self) -> str:
        """Return the record as canonical JSON text."""
        return json.dumps(self.to_mapping(), sort_keys=True, ensure_ascii=False)

    def to_yaml(self) -> str:
        """Return the record as a YAML file that ``xenorec run`` takes."""
        import yaml

        text: str = yaml.safe_dump(self.to_mapping(), sort_keys=False, allow_unicode=True)
        return text


def _plain(record: Any) -> dict[str, Any]:
    """Return a section by its keys, without what was not set."""
    found = {}
    for key, one, _ in declared(record):
        value = getattr(record, one.name)
        plain = _plain(value) if is_dataclass(value) else value
        if plain is not None and (plain or key not in ("block_categories", "editorial", "price")):
            found[key] = plain
    return found
