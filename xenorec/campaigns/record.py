"""The frozen record of a campaign: what the YAML file and the Python call both make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Audience:
    """Whom: a condition over the profile, and the purpose their consent must cover."""

    where: str = ""
    purpose: str = "marketing"


@dataclass(frozen=True)
class Price:
    """The lowest and the highest price of what is shown, of one unit; None for no limit."""

    min: float | None = None
    max: float | None = None


@dataclass(frozen=True)
class Recommend:
    """With which products: rows, items per row, what is never shown.

    ``explore`` is the share of messages in which two rows change places, so that what a row earns
    elsewhere can be learned. ``max_per_category`` and ``max_per_brand`` count the products of a
    page; ``min_margin`` is a share. ``themes`` is a TOML file of shelves of the retailer's own,
    named from the project's folder on; ``editorial`` are product ids, shown last before nothing.
    """

    shelves: int = 4
    items: int = 6
    never: tuple[str, ...] = ()
    explore: float = 0.05
    max_per_category: int | None = None
    max_per_brand: int | None = None
    block_categories: tuple[str, ...] = ()
    price: Price = field(default_factory=Price)
    min_margin: float | None = None
    themes: str | None = None
    editorial: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timing:
    """When: the model, quiet hours in local time, the cap across campaigns, the last moment.

    ``explore`` is the share of people who get an hour by chance, so that other hours can be learned
    of; ``per_minute`` how many messages may be planned for one minute, None for any number.
    """

    use: str = "send_time"
    quiet: str = "21:00-09:00"
    cap: str | None = None
    expires: str = "48h"
    explore: float = 0.05
    per_minute: int | None = None


@dataclass(frozen=True)
class Creative:
    """With which picture: arms of the template (none named: all) and the share that explores."""

    arms: tuple[str, ...] = ()
    exploration: float = 0.1


@dataclass(frozen=True)
class Message:
    """Saying what: the template, channels by preference, the language."""

    template: str = "winback"
    channels: tuple[str, ...] = ("email",)
    locale: str = "customer"


@dataclass(frozen=True)
class Holdout:
    """Who is left alone for comparison: ``uniform(salt, customer_id) < share``."""

    share: float = 0.1
    salt: str = ""


@dataclass(frozen=True)
class Outcome:
    """What counts as success, and for how long after the plan's instant."""

    metric: str = "repeat_order"
    within: str = "14d"


@dataclass(frozen=True)
class Schedule:
    """When a scheduler should run the campaign, and the days around an occasion it is bound to.

    ``from_`` and ``until`` are days before (-) or after (+) the occasion, both included, on the
    clock of ``time_zone``; ``country`` says whose occasion. Both are the shop's when left out.
    """

    cron: str | None = None
    time_zone: str | None = None
    occasion: str | None = None
    from_: str | None = None
    until: str | None = None
    country: str | None = None


@dataclass(frozen=True)
class StandingApproval:
    """An approval given once for a campaign that is planned again and again, within bounds.

    ``by`` is who gave it; ``until`` the last day (ISO 8601), on the campaign's clock; ``at_most``
    messages of one planning day. Beyond these a plan waits for an approval of its own.
    """

    by: str
    until: str
    at_most: int


@dataclass(frozen=True)
class CampaignRecord:
    """One campaign, complete; two equal records give the same plan."""

    campaign: str
    audience: Audience = field(default_factory=Audience)
    recommend: Recommend = field(default_factory=Recommend)
    timing: Timing = field(default_factory=Timing)
    creative: Creative = field(default_factory=Creative)
    message: Message = field(default_factory=Message)
    holdout: Holdout = field(default_factory=Holdout)
    outcome: Outcome = field(default_factory=Outcome)
    schedule: Schedule | None = None
    approval: str | StandingApproval = "required"

    def to_mapping(self) -> dict[str, Any]:
        """Return plain dictionaries and lists, as in the YAML file."""
        data = {key: value for key, value in asdict(self).items() if value is not None}
        if "schedule" in data:
            schedule = {_outer(key): value for key, value in data["schedule"].items()}
            data["schedule"] = {key: value for key, value in schedule.items() if value is not None}
        data["recommend"] = _said(data["recommend"])
        timing = data["timing"].items()
        data["timing"] = {key: value for key, value in timing if value is not None}
        if isinstance(self.approval, StandingApproval):
            data["approval"] = {"standing": True, **data["approval"]}
        plain: dict[str, Any] = json.loads(json.dumps(data))
        return plain

    def to_json(self) -> str:
        """Return the record as canonical JSON text."""
        return json.dumps(self.to_mapping(), sort_keys=True, ensure_ascii=False)

    def to_yaml(self) -> str:
        """Return the record as a YAML file that ``xenorec run`` takes."""
        import yaml

        text: str = yaml.safe_dump(self.to_mapping(), sort_keys=False, allow_unicode=True)
        return text


def _said(recommend: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section without the limits that were not set."""
    limits = {key: value for key, value in recommend["price"].items() if value is not None}
    said = {**recommend, "price": limits or None}
    for name in ("block_categories", "editorial"):
        said[name] = said[name] or None
    return {key: value for key, value in said.items() if value is not None}


def _outer(name: str) -> str:
    return name.removesuffix("_")


def section(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return one section of a mapping, empty when it is not there."""
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}
