"""The calendar: known days, what is provisional, and what happens once a day is announced."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from xenorec.config.occasion_types import ALIASES, NAMES, meant
from xenorec.errors import BadInput
from xenorec.timing import Occasions


def days(country: str, name: str, first: str, last: str, **settings: object) -> list[date]:
    calendar = Occasions(country, **settings)  # type: ignore[arg-type]
    return calendar.between(first, last, only=[name])["on"].to_list()


@pytest.mark.parametrize(
    ("country", "name", "year", "on"),
    [
        ("SA", "eid_al_fitr", 2025, date(2025, 3, 30)),
        ("IN", "eid_al_fitr", 2025, date(2025, 3, 31)),
        ("SA", "eid_al_adha", 2025, date(2025, 6, 6)),
        ("IN", "eid_al_adha", 2025, date(2025, 6, 7)),
        ("AE", "eid_al_fitr", 2024, date(2024, 4, 10)),
        ("GB", "eid_al_fitr", 2025, date(2025, 3, 30)),
        ("SA", "ramadan", 2025, date(2025, 3, 1)),
        ("IN", "ramadan", 2025, date(2025, 3, 2)),
        ("IN", "diwali", 2025, date(2025, 10, 20)),
        ("GB", "diwali", 2025, date(2025, 10, 20)),
        ("IN", "onam", 2025, date(2025, 9, 5)),
        ("US", "black_friday", 2024, date(2024, 11, 29)),
        ("US", "black_friday", 2018, date(2018, 11, 23)),
        ("DE", "christmas", 2025, date(2025, 12, 25)),
        ("SA", "christmas", 2025, date(2025, 12, 25)),
        ("EG", "christmas", 2025, date(2025, 1, 7)),
    ],
)
def test_known_days(country: str, name: str, year: int, on: date) -> None:
    assert days(country, name, f"{year}-01-01", f"{year}-12-31") == [on]


def test_each_country_keeps_its_own() -> None:
    kept = {
        place: set(
            Occasions(country, subdivision=part).between("2027-01-01", "2027-12-31").occasion
        )
        for place, country, part in [("SA", "SA", None), ("KL", "IN", "KL"), ("US", "US", None)]
    }
    assert kept["SA"] == {"ramadan", "eid_al_fitr", "eid_al_adha", "black_friday", "payday"}
    assert kept["KL"] == set(NAMES)
    assert kept["US"] == {"christmas", "black_friday", "payday"}


def test_a_feast_to_come_is_provisional_by_a_day_and_a_past_one_certain() -> None:
    eid = Occasions("SA").next("eid_al_fitr", after="2027-01-01")
    assert (eid.earliest, eid.on, eid.latest) == (
        date(2027, 3, 8),
        date(2027, 3, 9),
        date(2027, 3, 10),
    )
    assert eid.is_provisional
    past = Occasions("SA").next("eid_al_fitr", after="2025-01-01")
    assert not past.is_provisional
    assert past.earliest == past.on == past.latest
    assert not Occasions("IN").next("diwali", after="2027-01-01").is_provisional


def test_a_confirmed_day_is_certain_and_the_end_of_ramadan_moves_with_it() -> None:
    told = Occasions("SA", confirmed={"eid_al_fitr": "2027-03-10"})
    frame = told.between("2027-02-01", "2027-03-31", only=["ramadan", "eid_al_fitr"])
    ramadan, eid = frame.to_dict("records")
    assert (eid["on"], eid["until"], eid["source"]) == (
        date(2027, 3, 10),
        date(2027, 3, 12),
        "confirmed",
    )
    assert not eid["is_provisional"]
    assert ramadan["until"] == date(2027, 3, 9)
    assert told.next("eid_al_fitr", after="2028-01-01").is_provisional, "of another year"


def test_what_lasts_is_found_by_any_of_its_days() -> None:
    frame = Occasions("SA").between("2027-02-20", "2027-02-21")
    assert frame["occasion"].to_list() == ["ramadan"]


@pytest.mark.parametrize(
    ("country", "payday", "first", "expected"),
    [
        ("US", "last_workday", "2026-05-01", date(2026, 5, 29)),
        ("SA", "last_workday", "2026-01-01", date(2026, 1, 29)),
        ("US", "25", "2026-04-01", date(2026, 4, 24)),
        ("SA", "25", "2026-04-01", date(2026, 4, 23)),
        ("US", "1", "2026-12-10", date(2026, 12, 31)),
    ],
)
def test_paydays_fall_on_workdays_of_the_country(
    country: str, payday: str, first: str, expected: date
) -> None:
    assert Occasions(country, payday=payday).next("payday", after=first).on == expected


def test_own_occasions_once_and_every_year() -> None:
    own = {"founders_day": "05-04", "opening": ["2026-06-01", date(2027, 6, 2)], "leap": "02-29"}
    shop = Occasions("IN", own=own)
    frame = shop.between("2026-01-01", "2027-12-31", only=sorted(own))
    assert [d.isoformat() for d in frame.loc[frame.occasion == "founders_day", "on"]] == [
        "2026-05-04",
        "2027-05-04",
    ]
    assert [d.isoformat() for d in frame.loc[frame.occasion == "opening", "on"]] == [
        "2026-06-01",
        "2027-06-02",
    ]
    assert shop.next("leap", after="2027-01-01").on == date(2027, 2, 28)
    assert "founders_day" in set(shop.between("2026-05-01", "2026-05-30")["occasion"])


def test_titles_in_the_languages_of_the_house() -> None:
    frame = {
        language: Occasions("SA").between("2027-03-09", "2027-03-09", language=language)["name"][0]
        for language in ("en", "es", "hi", "ar", "fr")
    }
    assert frame["en"] == "Eid al-Fitr" == frame["fr"]
    assert frame["ar"] == "عيد الفطر"


def test_the_same_answer_twice_and_no_rows_is_a_frame_too() -> None:
    calendar = Occasions("SA")
    again = [calendar.between("2027-01-01", "2027-12-31") for _ in range(2)]
    pd.testing.assert_frame_equal(*again)
    none = calendar.between("2027-04-12", "2027-04-13")
    assert list(none.columns) == list(again[0].columns)
    assert none.empty


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: Occasions("XX"), "two letters"),
        (lambda: Occasions("sa"), "Did you mean 'SA'"),
        (lambda: Occasions("IN", subdivision="Kerala"), r"Did you mean 'KL'\?.* TN \(Tamil Nadu\)"),
        (lambda: Occasions("IN", subdivision="kl"), "Did you mean 'KL'"),
        (lambda: Occasions("SA", subdivision="Riyadh"), r"'Riyadh'\. It has: none"),
        (lambda: Occasions("IN", payday="31"), "'1' to '28'"),
        (lambda: Occasions("IN", confirmed={"eid": "2027-03-10"}), "eid_al_fitr"),
        (lambda: Occasions("IN", confirmed={"diwali": "10-29"}), "with its year"),
        (lambda: Occasions("IN", own={"diwali": "2027-10-29"}), "none of"),
        (lambda: Occasions("IN", own={"fete": "soon"}), "such as '2027-03-10'"),
        (
            lambda: Occasions("IN").next("eid", after="2027-01-01"),
            r"is no occasion\. Did you mean 'eid_al_fitr' or 'eid_al_adha'\?",
        ),
        (lambda: Occasions("IN").next("diwali", after="2036-01-01"), "2001 to 2035"),
        (lambda: Occasions("IN").between("2040-01-01", "2040-12-31"), "2001 to 2035"),
        (lambda: Occasions("SA").next("eid_al_fitr", after="2090-01-01"), "1925 to 2076"),
        (lambda: Occasions("SA").between("2027-03-02", "2027-03-01"), "before first"),
        (
            lambda: Occasions("SA", confirmed={"eid_al_fitr": "2027-03-20"}),
            "confirmed for 2027-03-20, yet it is expected on 2027-03-09; .* at most 3 days",
        ),
        (
            lambda: Occasions("SA", confirmed={"eid_al_fitr": ["2027-03-10", "2027-06-10"]}),
            "confirmed for 2027-06-10, yet it is expected on 2027-03-09",
        ),
        (lambda: Occasions("SA", confirmed={"eid_al_fitr": "2100-03-10"}), "1925 to 2076"),
    ],
)
def test_what_cannot_be_is_told(call: object, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        call()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("xmas", "christmas"),
        ("Navidad", "christmas"),
        ("diwalli", "diwali"),
        ("Deepavali", "diwali"),
        ("fitr", "eid_al_fitr"),
        ("عيد الأضحى", "eid_al_adha"),
        ("black friday", "black_friday"),
        ("founders", "founders_day"),
    ],
)
def test_an_occasion_by_another_name_is_answered_with_its_own(typed: str, name: str) -> None:
    calendar = Occasions("IN", own={"founders_day": "05-04"})
    with pytest.raises(BadInput, match=f"Did you mean '{name}'"):
        calendar.next(typed, after="2027-01-01")
    assert calendar.next(name, after="2027-01-01").occasion == name


def test_what_sounds_like_none_gets_no_guess() -> None:
    assert meant("halloween") == ""


def test_every_other_name_leads_to_an_occasion_and_is_none_itself() -> None:
    assert {name for names in ALIASES.values() for name in names} <= set(NAMES)
    assert not set(ALIASES) & set(NAMES)
