"""What a person said under one account holds for all, and for the address itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import xenorec as xr
from tests.unit.identity.shops import AT, consent, source
from xenorec.addresses import address_hash

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
ANA = "ana@x.example"
HASH = address_hash("email", ANA)


def granted(crm: xr.Workspace, *customers: str) -> set[str]:
    return crm.ledger.consents_at(NOW, "email", "marketing", dict.fromkeys(customers, HASH))


def ana(crm: xr.Workspace, *names: str) -> None:
    for name in names:
        crm.load(source(customer="7", first_name="Ana", email=ANA, order="1"), name=name)


def people(crm: xr.Workspace) -> list[list[object]]:
    return crm.profiles(NOW).to_pandas(["customer_id", "email"]).values.tolist()


def test_a_withdrawal_on_a_merged_account_holds_for_the_person(crm: xr.Workspace) -> None:
    ana(crm, "web", "till")
    crm.load({"consents": consent("7", "granted")}, name="web")
    crm.load({"consents": consent("7", "withdrawn", "2024-04-01T00:00:00Z")}, name="till")
    crm.link()
    assert granted(crm, "7") == set()


def test_a_grant_on_a_merged_account_is_not_lost(crm: xr.Workspace) -> None:
    ana(crm, "web", "till")
    crm.load({"consents": consent("7", "granted")}, name="till")
    assert granted(crm, "7") == set()
    crm.link()
    assert granted(crm, "7") == {"7"}


def test_a_withdrawal_holds_for_the_address_of_an_account_that_is_not_linked(
    crm: xr.Workspace,
) -> None:
    ana(crm, "web", "till")
    crm.load({"consents": consent("7", "granted")}, name="web")
    crm.load({"consents": consent("7", "withdrawn", "2024-04-01T00:00:00Z")}, name="till")
    assert granted(crm, "7") == set()


def test_a_person_keeps_its_id_when_a_smaller_account_arrives(crm: xr.Workspace) -> None:
    crm.load(source(customer="m", first_name="Ana", email=ANA), name="web")
    crm.load(source(customer="n", first_name="Ana", email=ANA, order="2"), name="web")
    crm.link()
    crm.load(source(customer="a", first_name="Ana", email=ANA, order="3"), name="web")
    crm.link()
    assert people(crm) == [["m", ANA]]


def test_person_ids_outlive_a_warehouse_that_was_loaded_anew(crm: xr.Workspace) -> None:
    for customer in ("m", "n", "a"):
        frames = source(customer=customer, first_name="Ana", email=ANA, order=customer)
        crm.load(frames, name="web")
        crm.link()
    assert crm.project.path is not None
    crm.project.path.unlink()
    fresh = xr.open(crm.project.path)
    for customer in ("a", "m", "n"):
        frames = source(customer=customer, first_name="Ana", email=ANA, order=customer)
        fresh.load(frames, name="web")
    fresh.link()
    assert people(fresh) == [["m", ANA]]


def test_what_a_source_merged_is_followed_without_linking(crm: xr.Workspace) -> None:
    frame = pd.DataFrame({"customer_id": ["old", "new"], "merged_into": ["new", None]})
    crm.load({**source(customer="new", email=ANA), "customers": frame}, name="web")
    crm.load({"consents": consent("new", "granted")}, name="web")
    crm.load({"consents": consent("old", "withdrawn", "2024-04-01T00:00:00Z")}, name="web")
    assert granted(crm, "new") == set()
    assert people(crm) == [["new", ANA]]


@pytest.mark.parametrize("stamp", ["2099-01-01T00:00:00Z", "1970-01-05T00:00:00Z"])
def test_a_withdrawal_of_a_wrong_clock_counts_from_its_arrival(
    crm: xr.Workspace, stamp: str
) -> None:
    ana(crm, "web")
    crm.load({"consents": consent("7", "granted")}, name="web")
    crm.load({"consents": consent("7", "withdrawn", stamp)}, name="web")
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert crm.ledger.consents_at(later, "email", "marketing", ["7"]) == set()


def test_no_earlier_grant_of_a_wrong_clock_beats_a_withdrawal(crm: xr.Workspace) -> None:
    ana(crm, "web")
    crm.load({"consents": consent("7", "granted", "2099-01-01T00:00:00Z")}, name="web")
    crm.load({"consents": consent("7", "withdrawn", "2024-04-01T00:00:00Z")}, name="web")
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert crm.ledger.consents_at(later, "email", "marketing", ["7"]) == set()


def test_a_grant_after_a_withdrawal_counts_again(crm: xr.Workspace) -> None:
    ana(crm, "web")
    crm.load({"consents": consent("7", "withdrawn")}, name="web")
    crm.load({"consents": consent("7", "granted", "2024-04-01T00:00:00Z")}, name="web")
    assert granted(crm, "7") == {"7"}


@pytest.mark.parametrize("kept", ["first", "last"])
def test_the_newest_address_wins(crm: xr.Workspace, kept: str) -> None:
    old, new = ("z@x.example", "a@x.example") if kept == "first" else ("a@x.example", "z@x.example")
    crm.load(source(customer="7", email=old), name="web")
    crm.load(source(customer="7", email=new), name="web")
    assert people(crm) == [["7", new]]


def test_dates_say_which_address_is_the_newest(crm: xr.Workspace) -> None:
    rows = [
        ("7", "email", "new@x.example", "2024-02-01"),
        ("7", "email", "old@x.example", "2020-01-01"),
    ]
    names = ["customer_id", "kind", "value", "last_seen_at"]
    keys = pd.DataFrame(rows, columns=names)
    crm.load({**source(customer="7"), "identifiers": keys}, name="web", time_zone="UTC")
    assert people(crm) == [["7", "new@x.example"]]


def test_an_address_that_left_its_source_leaves_us_after_a_complete_load(
    crm: xr.Workspace,
) -> None:
    crm.load(source(customer="7", email=ANA), name="web")
    other = source(customer="8", email="bo@x.example", order="2")["identifiers"]
    crm.load({"identifiers": other}, name="web", complete=["identifiers"])
    assert pd.isna(people(crm)[0][1])


def test_accounts_that_disagree_in_name_are_not_merged_and_told(crm: xr.Workspace) -> None:
    crm.load(source(customer="1", first_name="Ana", last_name="Lima", email=ANA), name="web")
    crm.load(
        source(customer="2", first_name="Bo", last_name="Lima", email=ANA, order="2"), name="web"
    )
    report = crm.link()
    assert report.n_merged == 0
    (pair,) = report.disagreements
    assert (pair.customer_id, pair.other_id, pair.shared) == ("1", "2", "email")
    assert "their names differ" in str(report)
    assert ANA not in str(report)


@pytest.mark.parametrize("other", ["ANÁ", "Ana Maria", "A", None])
def test_names_that_may_be_one_are_merged(crm: xr.Workspace, other: str | None) -> None:
    crm.load(source(customer="1", first_name="Ana", email=ANA), name="web")
    crm.load(source(customer="2", first_name=other, email=ANA, order="2"), name="web")
    assert crm.link().n_merged == 1


def test_a_chain_that_joins_two_names_is_no_person(crm: xr.Workspace) -> None:
    crm.load(source(customer="1", first_name="Ana", email=ANA), name="web")
    crm.load(source(customer="2", email=ANA, phone="+4915112345678", order="2"), name="web")
    crm.load(source(customer="3", first_name="Bo", phone="+4915112345678", order="3"), name="web")
    assert crm.link().n_merged == 0


def test_phones_are_read_in_the_country_of_customer_store_or_shop(crm: xr.Workspace) -> None:
    crm.load(source(customer="1", phone="098765 43210", country="IN"), name="web")
    crm.load(source(customer="2", phone="+91 98765-43210", order="2"), name="web")
    assert crm.link().n_merged == 1


def test_what_is_no_address_links_nobody_and_is_told(crm: xr.Workspace) -> None:
    report = crm.load(source(customer="1", phone="9.19877E+11", email="N/A"), name="web")
    crm.load(source(customer="2", phone="9.19877E+11", email="N/A", order="2"), name="web")
    assert crm.link().n_merged == 0
    assert "identifiers-unread: 1 of kind email, 1 of kind phone" in str(report)


@pytest.mark.parametrize("given", [" Ana <ANA@X.example>", HASH, HASH.upper()])
def test_a_suppression_is_taken_as_address_or_hash(crm: xr.Workspace, given: str) -> None:
    row = {
        "channel": "email",
        "value_hash": given,
        "reason": "manual",
        "at": "2024-01-01T00:00:00Z",
    }
    crm.load({"suppressions": pd.DataFrame([row])})
    assert crm.ledger.suppressed([HASH], "email", NOW) == {HASH}
    assert ANA not in str(crm.ledger.snapshot("suppressions").to_pylist()).lower()


@pytest.mark.parametrize("given", ["N/A", "not an address", "deadbeef", "098765 43210"])
def test_a_suppression_that_is_neither_is_put_aside(crm: xr.Workspace, given: str) -> None:
    row = {"channel": "any", "value_hash": given, "reason": "manual", "at": AT}
    with pytest.warns(xr.errors.XenorecWarning, match="consents-unread"):
        report = crm.load({"suppressions": pd.DataFrame([row])})
    assert report.n_quarantined == 1
