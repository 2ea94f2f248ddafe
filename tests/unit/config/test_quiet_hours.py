from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from xenorec.errors import BadInput
from xenorec.timing import QuietHours

NIGHT = QuietHours.parse("21:00-09:00")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        ("2017-11-01T15:29", False),  # 20:59 in Kolkata
        ("2017-11-01T15:30", True),  # 21:00
        ("2017-11-02T03:29", True),  # 08:59
        ("2017-11-02T03:30", False),  # 09:00
    ],
)
def test_night_is_quiet_on_the_customers_clock_and_its_end_is_not(at, quiet):
    assert NIGHT.is_quiet(utc(at), "Asia/Kolkata") is quiet


def test_a_span_within_the_day_does_not_run_over_midnight():
    lunch = QuietHours.parse("12:30-13:15")
    assert lunch.is_quiet(utc("2017-11-01T13:00"), "UTC")
    assert not lunch.is_quiet(utc("2017-11-01T23:00"), "UTC")


def test_a_naive_instant_is_read_as_utc():
    assert NIGHT.is_quiet(datetime(2017, 11, 1, 15, 30), "Asia/Kolkata")  # noqa: DTZ001


@pytest.mark.parametrize(
    ("at", "legal"),
    [
        ("2017-11-01T10:00", "2017-11-01T10:00"),
        ("2017-11-01T21:00", "2017-11-02T09:00"),
        ("2017-11-02T03:00", "2017-11-02T09:00"),
    ],
)
def test_next_legal_waits_for_the_morning_only_when_it_must(at, legal):
    assert NIGHT.next_legal(utc(at), "UTC") == utc(legal)


def test_an_end_that_the_clock_skips_becomes_the_instant_after_the_gap():
    # New York, 2017-03-12: 02:00 EST becomes 03:00 EDT, so 02:30 never is.
    early = QuietHours.parse("23:00-02:30")
    assert early.next_legal(utc("2017-03-12T05:00"), "America/New_York") == utc("2017-03-12T07:30")


def test_the_second_pass_of_a_repeated_hour_waits_for_its_own_end():
    # New York, 2017-11-05: 01:10 EST is the second 01:10 of the night.
    early = QuietHours.parse("23:00-01:30")
    second = datetime(2017, 11, 5, 1, 10, fold=1, tzinfo=ZoneInfo("America/New_York"))
    assert early.next_legal(second, "America/New_York") == utc("2017-11-05T06:30")


def test_an_hour_with_one_quiet_minute_is_not_legal():
    legal = QuietHours.parse("20:59-09:01").legal_hours()
    assert [hour for hour in range(24) if legal[hour]] == list(range(10, 20))


def test_text_form_is_what_was_parsed():
    assert str(QuietHours.parse("9:00 - 21:30")) == "09:00-21:30"
    assert QuietHours.parse("9:00-21:30") == QuietHours(time(9), time(21, 30))


@pytest.mark.parametrize("text", ["21-09", "25:00-09:00", "", "21:00", None, "21:00-09:60"])
def test_other_text_is_refused_with_an_example(text):
    with pytest.raises(BadInput, match="21:00-09:00"):
        QuietHours.parse(text)


def test_a_span_without_length_is_refused():
    with pytest.raises(BadInput, match="no length"):
        QuietHours.parse("09:00-09:00")


def test_an_unknown_zone_is_answered_with_the_nearest():
    with pytest.raises(BadInput, match="Asia/Kolkata"):
        NIGHT.is_quiet(utc("2017-11-01T10:00"), "Asia/Kolkatta")
