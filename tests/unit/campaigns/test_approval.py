from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from xenorec.campaigns import NameCatalog, read_mapping, read_yaml
from xenorec.campaigns.approval import ApprovalRequest, reason_not_covered
from xenorec.config.campaign_record import StandingApproval
from xenorec.errors import ConfigError

KNOWN = NameCatalog(templates=("winback",))
STANDING = "{standing: true, by: crm@shop.example, until: 2027-06-30, at_most: 5000}"


def read(folder: Path, approval: str):  # type: ignore[no-untyped-def]
    path = folder / "c.yaml"
    path.write_text(f"campaign: c\nmessage: {{template: winback}}\napproval: {approval}\n")
    return read_yaml(path, KNOWN)


def test_a_standing_approval_is_read_and_comes_back_from_its_own_yaml(tmp_path: Path) -> None:
    record = read(tmp_path, STANDING)
    assert record.approval == StandingApproval("crm@shop.example", "2027-06-30", 5000)
    (tmp_path / "again.yaml").write_text(record.to_yaml())
    assert read_yaml(tmp_path / "again.yaml", KNOWN) == record
    assert read_mapping(record.to_mapping(), KNOWN, source="call") == record
    assert read(tmp_path, "none").approval == "none"


@pytest.mark.parametrize(
    ("approval", "said"),
    [
        ("standing", "by: crm@shop.example"),
        ("requird", "'required'"),
        ("{standing: true, by: me, until: 2027-06-30}", "at_most"),
        ("{standing: true, by: me, until: soon, at_most: 5}", "'soon'"),
        ("{standing: true, by: ' ', until: 2027-06-30, at_most: 5}", "approval.by"),
        ("{standing: true, by: me, until: 2027-06-30, at_most: 0}", "at least 1"),
        ("{standing: true, by: me, until: 2027-06-30, at_most: true}", "at least 1"),
        ("{standing: false, by: me, until: 2027-06-30, at_most: 5}", "approval.standing"),
        ("{standing: true, by: me, untill: 2027-06-30, at_most: 5}", "'until'"),
        ("7", "is not known"),
    ],
)
def test_mistakes_of_an_approval_are_told_with_their_line(
    tmp_path: Path, approval: str, said: str
) -> None:
    with pytest.raises(ConfigError) as told:
        read(tmp_path, approval)
    assert said in str(told.value)
    assert {problem.line for problem in told.value.problems} == {3}


@pytest.mark.parametrize(
    ("at", "n_new", "n_before", "said"),
    [
        ("2027-06-30T20:00", 5000, 0, None),
        ("2027-06-30T18:31", 1, 0, "ended on 2027-06-30"),  # 00:01 of 1 July in Kolkata
        ("2027-06-30T18:00", 1, 0, None),
        ("2027-01-01T00:00", 5001, 0, "at most 5,000"),
        ("2027-01-01T00:00", 1, 5000, "5,000 approved before"),
    ],
)
def test_the_bounds_of_a_standing_approval(
    at: str, n_new: int, n_before: int, said: str | None
) -> None:
    zone = "UTC" if n_new == 5000 else "Asia/Kolkata"
    when = datetime.fromisoformat(at).replace(tzinfo=UTC)
    approval = StandingApproval("me", "2027-06-30", 5000)
    why = reason_not_covered(approval, ApprovalRequest(when, zone, n_new, n_before))
    assert why is None if said is None else said in str(why)
