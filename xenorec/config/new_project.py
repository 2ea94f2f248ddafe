"""A new folder of a retailer: the files that ``xenorec new`` writes.

The first line of each names a JSON Schema in the same folder, by which an editor completes and
checks it without any network.
"""

from __future__ import annotations

import re
from pathlib import Path

from xenorec.config.campaign_record import CampaignRecord
from xenorec.config.json_schema import json_schema
from xenorec.config.project import FILE, ProjectFile
from xenorec.config.time_zones import zone_info
from xenorec.errors import ConfigError, MissingFile, Problem

NEW = """\
#:schema ./.schemas/project.json
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
# yaml-language-server: $schema=../.schemas/campaign.json
campaign: first-winback
audience: {where: "LAPSING", purpose: marketing}
recommend: {shelves: 3, items: 4, never: [out_of_stock, bought_last_7d]}
timing: {use: send_time, quiet: "21:00-09:00", cap: "2 per 7d", expires: 48h}
message: {template: winback, channels: [email], locale: customer}
holdout: {share: 0.10, salt: first}
outcome: {metric: repeat_order, within: 14d}
approval: required
""".replace("LAPSING", LAPSING)
ZONE_MEANING = "# the shop's days and nights; a store's own zone goes before"


def new_project(
    folder: Path, *, time_zone: str | None = None, proposed: str | None = None
) -> list[Path]:
    """Write a retailer's folder and return the files; an existing project is refused.

    ``time_zone``: the shop's. Without one it is left out, and ``proposed`` stands in a comment.
    Raises BadInput for what is no IANA zone.
    """
    line = f'# time_zone = "{proposed or "Asia/Kolkata"}"'
    if time_zone is not None:
        line = f'time_zone = "{zone_info(time_zone).key}"'
    if (folder / FILE).exists():
        raise ConfigError(str(folder / FILE), [Problem(FILE, "is there already; nothing written")])
    if folder.exists() and not folder.is_dir():
        raise MissingFile(f"{folder} is a file; give a folder.")
    schemas = folder / ".schemas"
    for needed in (folder / "campaigns", schemas):
        needed.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w]+", "-", folder.resolve().name.lower()).strip("-_") or "shop"
    files = {
        folder / FILE: NEW.format(name=name, time_zone=f"{line:<33} {ZONE_MEANING}"),
        folder / "campaigns" / "first-winback.yaml": NEW_CAMPAIGN,
        schemas / "project.json": json_schema(ProjectFile, FILE),
        schemas / "campaign.json": json_schema(CampaignRecord, "A campaign"),
    }
    for path, text in files.items():
        path.write_text(text, "utf-8")
    return list(files)
