"""The window of a campaign that is bound to an occasion; pure: record, calendar, instant."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.unit.config.test_campaign_reader import KNOWN
from xenorec.campaigns import CampaignRecord, read_mapping
from xenorec.campaigns.occasion_window import check_season, last_moment, season_of
from xenorec.config.durations import offset
from xenorec.config.project import read_project
from xenorec.errors import BadInput, ConfigError, OutOfSeason
from xenorec.timing.occasions.shop_calendar import OccasionCalendar, check_occasions

EID = {"occasion": "eid_al_fitr", "from": "+2d", "until": "+21d"}
RIYADH = OccasionCalendar("SA", "Asia/Riyadh")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def record(**schedule: str) -> CampaignRecord:
    data = {"campaign": "x", "message": {"template": "winback"}, "schedule": {**EID, **schedule}}
    return read_mapping(data, KNOWN, source="call")


@pytest.mark.parametrize(
    ("text", "days"), [("+2d", 2), ("-5d", -5), ("+3w", 21), ("0d", 0), ("7d", 7), (" -1w ", -7)]
)
def test_offsets(text: str, days: int) -> None:
    assert offset(text) == days


@pytest.mark.parametrize("text", ["2", "+2h", "soon", "+200d", "+30w", "--2d", "+2.5d"])
def test_what_is_no_offset(text: str) -> None:
    with pytest.raises(BadInput, match=r"\+2d"):
        offset(text)


def test_the_window_is_in_local_days_of_the_shop() -> None:
    season = season_of(record(), RIYADH, at("2027-03-15"))
    assert season is not None
    assert (season.first, season.last) == (date(2027, 3, 11), date(2027, 3, 30))
    assert season.opens == at("2027-03-10T21:00")
    assert season.closes == at("2027-03-30T21:00")
    assert "provisional" in str(season)
    assert "2027-03-08 to 2027-03-10" in str(season)
    assert "from 2027-03-10 to 2027-03-31" in str(season)


def test_india_sees_the_moon_a_day_later() -> None:
    season = season_of(record(country="IN", time_zone="Asia/Kolkata"), RIYADH, at("2027-03-15"))
    assert season is not None
    assert season.first == date(2027, 3, 12)
    assert season.opens == at("2027-03-11T18:30")


def test_before_in_and_after() -> None:
    for when, is_open, first in [
        ("2027-02-01", False, date(2027, 3, 11)),
        ("2027-03-10T20:59", False, date(2027, 3, 11)),
        ("2027-03-10T21:00", True, date(2027, 3, 11)),
        ("2027-03-30T20:59", True, date(2027, 3, 11)),
        ("2027-03-30T21:00", False, date(2028, 2, 28)),
    ]:
        season = season_of(record(), RIYADH, at(when))
        assert season is not None
        assert (season.is_open(at(when)), season.first) == (is_open, first)
        if not is_open:
            with pytest.raises(OutOfSeason, match=str(first)):
                check_season(record(), season, at(when))


def test_days_before_the_feast() -> None:
    early = record(**{"from": "-10d", "until": "-1d"})
    season = season_of(early, RIYADH, at("2027-03-01"))
    assert season is not None
    assert (season.first, season.last) == (date(2027, 2, 27), date(2027, 3, 8))


def test_a_confirmed_day_shifts_the_window() -> None:
    told = OccasionCalendar("SA", "Asia/Riyadh", {"confirmed": {"eid_al_fitr": "2027-03-10"}})
    season = season_of(record(), told, at("2027-03-15"))
    assert season is not None
    assert (season.first, season.last) == (date(2027, 3, 12), date(2027, 3, 31))
    assert "provisional" not in str(season)


def test_another_country_does_not_take_what_was_confirmed_here() -> None:
    told = OccasionCalendar("SA", "Asia/Riyadh", {"confirmed": {"eid_al_fitr": "2027-03-08"}})
    season = season_of(record(country="IN"), told, at("2027-03-15"))
    assert season is not None
    assert season.occasion.on == date(2027, 3, 10)


def test_nothing_goes_after_the_last_day() -> None:
    near = at("2027-03-30T10:00")
    season = season_of(record(), RIYADH, near)
    assert last_moment(record(), season, near) == at("2027-03-30T21:00")
    assert last_moment(record(), season, at("2027-03-15")) == at("2027-03-17")
    assert last_moment(record(), None, near) == at("2027-04-01T10:00")


def test_without_a_country_it_tells_where_to_set_one() -> None:
    with pytest.raises(BadInput, match="country"):
        season_of(record(), OccasionCalendar(), at("2027-03-15"))


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ({**EID, "occasion": "eid_al_fitir"}, "'eid_al_fitr'"),
        ({**EID, "from": "+2"}, "schedule.from"),
        ({**EID, "until": "+1d"}, "before from"),
        ({"occasion": "eid_al_fitr"}, "until: is missing"),
        ({"from": "+2d"}, "needs an occasion"),
        ({**EID, "time_zone": "Asia/Riyad"}, "'Asia/Riyadh'"),
    ],
)
def test_mistakes_of_a_schedule(schedule: dict[str, str], told: str) -> None:
    data = {"campaign": "x", "message": {"template": "winback"}, "schedule": schedule}
    with pytest.raises(ConfigError, match=told) as caught:
        read_mapping(data, KNOWN, source="call")
    assert len(caught.value.problems) == 1


PROJECT = '[workspace]\ncountry = "SA"\ntime_zone = "Asia/Riyadh"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "xenorec.toml"
    path.write_text(PROJECT + text, "utf-8")
    return path


def test_the_project_tells_the_calendar(tmp_path: Path) -> None:
    text = '[occasions]\npayday = "25"\nconfirmed = {eid_al_fitr = 2027-03-10}\n'
    text += 'own = {fair = "05-04"}\n'
    project = read_project(written(tmp_path, text))
    calendar = OccasionCalendar(project.country, None, project.occasions).of(None)
    assert calendar.next("eid_al_fitr", after="2027-01-01").on == date(2027, 3, 10)
    assert calendar.next("payday", after="2026-04-01").on == date(2026, 4, 23)
    assert "fair" in calendar.names


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[occasions]\nconfirmd = {}\n", "confirmed"),
        ('[occasions]\nconfirmed = {eid = "2027-03-10"}\n', "eid_al_fitr"),
        ('[occasions]\nconfirmed = {eid_al_fitr = "10 March"}\n', "such as '2027-03-10'"),
        ('[occasions]\nconfirmed = "2027-03-10"\n', "occasions"),
        ("[occasions]\nconfirmed = {eid_al_fitr = 2027-06-10}\n", "expected on 2027-03-09"),
        ('[occasions]\npayday = "31"\n', "payday"),
        ("[occasions]\npayday = 25\n", "payday"),
    ],
)
def test_mistakes_of_the_project(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        read_project(written(tmp_path, text), check=check_occasions)
