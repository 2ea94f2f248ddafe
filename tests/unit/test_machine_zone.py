from __future__ import annotations

from pathlib import Path

import pytest

from xenorec.commands.machine_zone import machine_zone


@pytest.mark.parametrize(
    ("told", "linked", "written", "zone"),
    [
        ("Asia/Kolkata", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata"),
        (":Asia/Kolkata", None, None, "Asia/Kolkata"),
        (None, "Europe/Berlin", "Asia/Tokyo", "Europe/Berlin"),
        (None, None, "Asia/Tokyo", "Asia/Tokyo"),
        (None, "Etc/UTC", "Etc/UTC", None),
        ("UTC", None, None, None),
        ("EST5EDT4,M3.2.0", None, None, None),
        (None, None, None, None),
    ],
)
def test_the_zone_of_a_machine_is_a_place_or_not_told(
    tmp_path: Path, told: str | None, linked: str | None, written: str | None, zone: str | None
) -> None:
    if linked:
        (tmp_path / "localtime").symlink_to(f"/usr/share/zoneinfo/{linked}")
    if written:
        (tmp_path / "timezone").write_text(f"{written}\n", "utf-8")
    found = machine_zone(
        environ={"TZ": told} if told else {},
        localtime=tmp_path / "localtime",
        named=tmp_path / "timezone",
    )
    assert found == zone
