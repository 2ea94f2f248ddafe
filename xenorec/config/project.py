"""A retailer's own folder: ``xenorec.toml`` and what it says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xenorec.config.brand import KEYS as BRAND
from xenorec.config.brand import Brand, brand_of, brand_problems
from xenorec.config.project_key import MISSPELT, key_of
from xenorec.config.secrets import is_reference, resolve, resolve_all, without_secrets
from xenorec.errors import BadInput, ConfigError, MissingFile, Problem, nearest

if TYPE_CHECKING:
    from xenorec.timing.closures import Closure
    from xenorec.timing.occasions.shop_calendar import OccasionCalendar

FILE = "xenorec.toml"
KEYS: Mapping[str, tuple[str, ...]] = {
    "workspace": ("path", "ledger", "time_zone", "currency", "country", "outbox", "key"),
    "brand": BRAND,
    "channels": (),
    "connectors": (),
    "occasions": ("subdivision", "payday", "confirmed", "own"),
}
LATE = re.compile(r"(channels|connectors)\.[^.]+\..+|workspace\.key")
"""Whose references are read when they are used: a command that sends nothing needs no password."""
CLOSURES = "closures"
CLOSURE = ("from", "to")
SECTIONS = (*KEYS, CLOSURES)
TEXTS = ("workspace", "brand")
_NO_FILE = re.compile(r"(?i)password\s*=|^[\w+]+:.*@|^\s*\w+\s*=\s*\S+(\s+\w+\s*=|\s*$)")

NEW = """\
# What every command in this folder uses. Every value may be a reference to where it is:
# "env:NAME", a variable of the environment, or "file:PATH", a file; secrets must be.

[workspace]
path = "shop.duckdb"              # what can be pulled again: orders, products, profiles
ledger = "shop.ledger.sqlite"     # what must never be lost: consents, decisions, deliveries
{time_zone}
currency = "USD"
# country = "SA"                  # whose feasts and paydays; a campaign may be bound to one
outbox = "outbox"                 # where the channel "file" writes messages
# key = "env:SHOP_KEY"            # signs links; without it: shop.key, made once. Keep it, secretly

[brand]
name = "{name}"
url = "https://{name}.example"
address = "1 High Street, Anytown"
color = "#1f6f54"
sender = "{name} <hello@{name}.example>"

[channels]
email = "file"                    # or "smtp", with [channels.smtp] below
sms = "file"

# [channels.smtp]
# host = "smtp.example.com"
# port = 587
# security = "starttls"          # or "tls" from the first byte, or "none": your own server
# user = "env:SMTP_USER"
# password = "env:SMTP_PASSWORD"

# [[closures]]                    # days on which the shop was shut: nobody is silent on them
# from = "2020-03-25"             # first closed day
# to = "2020-05-10"               # last closed day
"""

LAPSING = "days_since_order between 1.5 * usual_gap_days and 3 * usual_gap_days + 30"
"""Who has been away longer than usual for them, and not so long that they are gone."""

NEW_CAMPAIGN = """\
campaign: first-winback
audience: {where: "LAPSING", purpose: marketing}
recommend: {shelves: 3, items: 4, never: [out_of_stock, bought_last_7d]}
timing: {use: send_time, quiet: "21:00-09:00", cap: "2 per 7d", expires: 48h}
message: {template: winback, channels: [email], locale: customer}
holdout: {share: 0.10, salt: first}
outcome: {metric: repeat_order, within: 14d}
approval: required
""".replace("LAPSING", LAPSING)


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

    @property
    def calendar(self) -> OccasionCalendar:
        """Which occasions the shop has."""
        from xenorec.timing.occasions.shop_calendar import OccasionCalendar

        return OccasionCalendar(self.country, self.time_zone, self.occasions)


def find_project(start: Path) -> Path | None:
    """Return the nearest ``xenorec.toml`` upward from a folder."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder / FILE
    return None


def read_project(path: Path) -> Project:
    """Read ``xenorec.toml``; every mistake is reported at once."""
    text = path.read_text("utf-8")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), [Problem("TOML", str(error))]) from error
    read, unread = resolve_all(data, folder=path.parent, late=LATE)
    if unread:
        told = [Problem(one.where, one.why, _line(text, one.reference)) for one in unread]
        raise ConfigError(str(path), [*_problems(data, text), *told])
    closures, wrong = _closures(read.get(CLOSURES, []), text)
    mistakes = _problems(read, text) or _occasion_problems(read, text)
    problems = [*mistakes, *_brand_problems(read, text), *wrong]
    if problems:
        raise ConfigError(str(path), problems)
    return _project(path.parent, read, closures)


def _project(folder: Path, data: Mapping[str, Any], closures: tuple[Closure, ...]) -> Project:
    workspace = data.get("workspace", {})
    name = workspace.get("path", "shop.duckdb")
    return Project(
        folder=folder,
        path=folder / name,
        ledger=ledger_url(workspace.get("ledger"), folder / name),
        time_zone=workspace.get("time_zone"),
        currency=workspace.get("currency"),
        outbox=folder / workspace.get("outbox", "outbox"),
        brand=brand_of(data.get("brand", {})),
        channels=data.get("channels", {}),
        country=workspace.get("country"),
        occasions=data.get("occasions", {}),
        closures=closures,
        key_reference=workspace.get("key"),
    )


def project_of(path: Path | None, ledger: str | None, brand: Mapping[str, str]) -> Project:
    """Return the project whose warehouse is the file, else one of the file alone.

    It is that of the nearest ``xenorec.toml`` upward of the file, where this names the very file.
    """
    found = None if path is None else find_project(path.resolve().parent)
    if path is not None and found is not None:
        project = read_project(found)
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


ZONE_MEANING = "# the shop's days and nights; a store's own zone goes before"


def new_project(
    folder: Path, *, time_zone: str | None = None, proposed: str | None = None
) -> list[Path]:
    """Write a retailer's folder and return the files; an existing project is refused.

    ``time_zone``: the shop's. Without one it is left out, and ``proposed`` stands in a comment.
    Raises BadInput for what is no IANA zone.
    """
    from xenorec.config.time_zones import zone_info

    line = f'# time_zone = "{proposed or "Asia/Kolkata"}"'
    if time_zone is not None:
        line = f'time_zone = "{zone_info(time_zone).key}"'
    if (folder / FILE).exists():
        raise ConfigError(str(folder / FILE), [Problem(FILE, "is there already; nothing written")])
    if folder.exists() and not folder.is_dir():
        raise MissingFile(f"{folder} is a file; give a folder.")
    (folder / "campaigns").mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w]+", "-", folder.resolve().name.lower()).strip("-_") or "shop"
    files = {
        folder / FILE: NEW.format(name=name, time_zone=f"{line:<33} {ZONE_MEANING}"),
        folder / "campaigns" / "first-winback.yaml": NEW_CAMPAIGN,
    }
    for path, text in files.items():
        path.write_text(text, "utf-8")
    return list(files)


def _problems(data: Mapping[str, Any], text: str) -> list[Problem]:
    problems = []
    for name, value in data.items():
        if name == CLOSURES:
            continue
        if name not in KEYS:
            hint = nearest(name, SECTIONS)
            problems.append(Problem(name, f"is not a section here.{hint}", _line(text, name)))
            continue
        for key in value if KEYS[name] else ():
            if key not in KEYS[name]:
                hint = nearest(key, KEYS[name])
                where = f"{name}.{key}"
                problems.append(Problem(where, f"is not a key here.{hint}", _line(text, key)))
            elif name in TEXTS and not isinstance(value[key], str):
                told = f"came as a {type(value[key]).__name__}; expected a text in quotes"
                problems.append(Problem(f"{name}.{key}", told, _line(text, key)))
    problems += _zone_problems(data.get("workspace", {}).get("time_zone"), text)
    key = data.get("workspace", {}).get("key")
    if key is not None and not is_reference(key):
        problems.append(Problem("workspace.key", MISSPELT, _line(text, "key")))
    return problems


def _zone_problems(zone: Any, text: str) -> list[Problem]:
    if not isinstance(zone, str):
        return []
    from xenorec.config.time_zones import zone_info

    try:
        zone_info(zone)
    except BadInput as error:
        return [Problem("workspace.time_zone", str(error), _line(text, "time_zone"))]
    return []


def _brand_problems(data: Mapping[str, Any], text: str) -> list[Problem]:
    brand = data.get("brand", {})
    known = {key: value for key, value in brand.items() if key in BRAND and isinstance(value, str)}
    return [Problem(f"brand.{key}", told, _line(text, key)) for key, told in brand_problems(known)]


def _occasion_problems(data: Mapping[str, Any], text: str) -> list[Problem]:
    """Return what is wrong with the occasions, which only their calendar can tell."""
    country = data.get("workspace", {}).get("country")
    if country is None and "occasions" not in data:
        return []
    from xenorec.timing.occasions.occasion_calendar import Occasions

    try:
        Occasions("US" if country is None else country, **data.get("occasions", {}))
    except (BadInput, AttributeError, TypeError) as error:
        where = "occasions" if "occasions" in data else "country"
        return [Problem(where, str(error), _line(text, where))]
    return []


def _closures(given: Any, text: str) -> tuple[tuple[Closure, ...], list[Problem]]:
    """Return the closed days, and what is wrong with those that are none."""
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        told = f"came as {given!r}; expected [[closures]] with from and to, the closed days"
        return (), [Problem(CLOSURES, told, _line(text, CLOSURES))]
    found: list[Closure] = []
    problems: list[Problem] = []
    for number, one in enumerate(given, 1):
        closure, wrong = _closure(one)
        line = _line(text, f"[[{CLOSURES}]]", number)
        problems += [Problem(f"{CLOSURES}, number {number}", each, line) for each in wrong]
        found += [] if closure is None else [closure]
    return tuple(found), [*problems, *_overlaps(found)]


def _closure(given: Mapping[str, Any]) -> tuple[Closure | None, list[str]]:
    from xenorec.timing.closures import closures_of

    wrong = [f"{k!r} is not a key here.{nearest(k, CLOSURE)}" for k in given if k not in CLOSURE]
    wrong += [f"{key!r} is missing" for key in CLOSURE if key not in given]
    wrong += [
        f'{key} came as {given[key]!r}; expected a day, such as "2020-03-25"'
        for key in CLOSURE
        if key in given and not isinstance(given[key], str | date)
    ]
    if wrong:
        return None, wrong
    try:
        return closures_of([(given["from"], given["to"])])[0], []
    except BadInput as error:
        return None, [str(error)]


def _overlaps(closures: list[Closure]) -> list[Problem]:
    """Return the closures that share days, which would be left out twice."""
    ordered = sorted(closures, key=lambda closure: (closure.first, closure.last))
    return [
        Problem(
            CLOSURES,
            f"{late.first} to {late.last} shares days with {early.first} to {early.last}; "
            "make them one",
        )
        for early, late in pairwise(ordered)
        if late.first <= early.last
    ]


def _line(text: str, word: str, number: int = 1) -> int | None:
    """Return the line on which a word stands for the ``number``-th time."""
    lines = enumerate(text.splitlines(), 1)
    found = [n for n, line in lines if word in line.split("#")[0]]
    return found[number - 1] if len(found) >= number else None
