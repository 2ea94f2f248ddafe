"""Each gate asks all accounts of the person and the address itself, and the audit can tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.campaigns.outbox import NOON, Recorder, consent, decision, fill, worker
from xenorec.campaigns.channel_eligibility import ChannelEligibility, units_of
from xenorec.engine import query_frames
from xenorec.ledger import Ledger
from xenorec.ledger.audit import checks
from xenorec.report.audit_report import FRAMES
from xenorec.schema.enums import Reason

DAY = timedelta(days=1)
LONG_AGO = NOON - timedelta(days=400)
How = Callable[..., None]
NOTHING: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made.create()
    return made


def linked(ledger: Ledger, *accounts: str, into: str = "a") -> None:
    pairs = [(account, into) for account in accounts]
    ledger.change_accounts(links=(pairs, []), addresses=NOTHING, at=LONG_AGO)


def held(ledger: Ledger, *accounts: str, value_hash: str = "hash of a") -> None:
    pairs = [(account, value_hash) for account in accounts]
    ledger.change_accounts(links=NOTHING, addresses=(pairs, []), at=LONG_AGO)


def delivered(ledger: Ledger) -> tuple[list[str], dict[tuple[str, str | None], int]]:
    channel = Recorder()
    worker(ledger, channel).deliver(NOON)
    return channel.sent, dict(ledger.states("spring", "1"))


def broken(ledger: Ledger) -> set[str]:
    frames = {name: ledger.snapshot(name) for name in FRAMES}
    return {check.name for check in checks() if query_frames(check.sql, frames).num_rows}


def test_one_address_gets_one_message_of_a_campaign(ledger: Ledger) -> None:
    shared = {"address_hash": "hash of a"}
    fill(ledger, decision("a"), decision("b", **shared), decision("c", **shared))
    sent, states = delivered(ledger)
    assert sent == ["spring/1/a"]
    assert states == {("sent", None): 1, ("suppressed", "duplicate"): 2}
    assert broken(ledger) == set()


def test_one_person_gets_one_message_whatever_the_address(ledger: Ledger) -> None:
    linked(ledger, "b")
    fill(ledger, decision("a"), decision("b"))
    assert delivered(ledger)[1] == {("sent", None): 1, ("suppressed", "duplicate"): 1}


def test_the_cap_counts_messages_to_every_account(ledger: Ledger) -> None:
    linked(ledger, "b")
    fill(ledger, decision("b", key="old/1/b", campaign_id="old"), plan="old")
    worker(ledger, Recorder(), "old").deliver(NOON)
    fill(ledger, decision("a", cap_n=1, cap_days=7.0), plan="new")
    assert delivered(ledger)[1] == {("suppressed", "capped"): 1}
    assert ledger.sent_since(["a"], NOON - DAY) == {"a": 1}


@pytest.mark.parametrize("by", ["account", "address"])
def test_who_was_held_out_under_another_account_is_left_alone(ledger: Ledger, by: str) -> None:
    if by == "account":
        linked(ledger, "b")
    address = "hash of b" if by == "account" else "hash of a"
    held_out = {"arm": "control", "state": "suppressed", "reason": "control"}
    fill(ledger, decision("b", address_hash=address, **held_out), decision("a"))
    assert delivered(ledger)[0] == []


def test_an_erasure_of_one_account_holds_for_all(ledger: Ledger) -> None:
    linked(ledger, "b")
    fill(ledger, decision("a"))
    ledger.erase("b", [], now=NOON - DAY)
    assert delivered(ledger)[1] == {("suppressed", "erased"): 1}


@pytest.mark.parametrize("how", [linked, held])
def test_a_withdrawal_of_another_account_stops_the_message(ledger: Ledger, how: How) -> None:
    how(ledger, "b")
    fill(ledger, decision("a"))
    ledger.append("consents", [consent("b", "withdrawn", NOON - DAY)])
    assert delivered(ledger)[1] == {("suppressed", "no_consent"): 1}


@pytest.mark.parametrize(
    ("how", "names"),
    [(linked, {"consent_at_intent", "nothing_after_no"}), (held, {"nothing_after_no"})],
)
def test_the_audit_finds_a_message_against_another_accounts_withdrawal(
    ledger: Ledger, how: How, names: set[str]
) -> None:
    how(ledger, "b")
    fill(ledger, decision("a"))
    assert delivered(ledger)[0] == ["spring/1/a"]
    assert broken(ledger) == set()
    ledger.append("consents", [consent("b", "withdrawn", NOON - DAY)])
    assert broken(ledger) == names


def test_the_audit_finds_two_messages_to_one_address(ledger: Ledger) -> None:
    fill(ledger, decision("a"), decision("b"))
    delivered(ledger)
    with ledger._database.engine.begin() as connection:
        connection.execute(sa.text("update decisions set address_hash = 'hash of a'"))
        connection.execute(sa.text("update deliveries set address_hash = 'hash of a'"))
    assert broken(ledger) == {"one_message_per_address"}


def test_customers_of_one_address_are_one_unit() -> None:
    reach = {
        "a": ChannelEligibility("email", "h", Reason.NO_CONSENT),
        "b": ChannelEligibility("email", "h", None),
        "c": ChannelEligibility("email", None, Reason.INVALID_ADDRESS),
        "d": ChannelEligibility("email", "other", None),
    }
    assert units_of(reach) == {"a": "b", "b": "b", "c": "c", "d": "d"}
