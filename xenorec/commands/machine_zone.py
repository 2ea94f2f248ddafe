"""The IANA zone of the machine, to propose it for a new shop."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import available_timezones

from xenorec.timestamps import UTC_NAMES


def machine_zone(
    *,
    environ: dict[str, str] | None = None,
    localtime: Path = Path("/etc/localtime"),
    named: Path = Path("/etc/timezone"),
) -> str | None:
    """Return the machine's zone where it is known and a place; None for UTC, which servers have."""
    told = (os.environ if environ is None else environ).get("TZ", "").lstrip(":")
    linked = str(localtime.resolve()).partition("zoneinfo/")[2] if localtime.is_symlink() else ""
    written = named.read_text("utf-8").strip() if named.is_file() else ""
    known = available_timezones() - UTC_NAMES
    found = next((zone for zone in (told, linked, written) if zone), "")
    return found if found in known else None
