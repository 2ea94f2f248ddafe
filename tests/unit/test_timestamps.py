from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from xenorec.errors import BadInput
from xenorec.timestamps import as_instant, instant_of, microseconds


@pytest.mark.parametrize(
    "value",
    [
        "2017-08-28",
        date(2017, 8, 28),
        datetime(2017, 8, 28),  # noqa: DTZ001
        pd.Timestamp("2017-08-28T05:30", tz="Asia/Kolkata"),
        "2017-08-28T02:00:00+02:00",
    ],
)
def test_every_spelling_of_an_instant_means_the_same(value):
    assert as_instant(value) == datetime(2017, 8, 28, tzinfo=UTC)


@pytest.mark.parametrize("value", ["28.8.2017", pd.NaT, 5])
def test_other_instants_are_refused(value):
    with pytest.raises(BadInput, match="as_of"):
        as_instant(value)


def test_the_message_names_the_argument():
    with pytest.raises(BadInput, match="after"):
        as_instant("soon", name="after")


@pytest.mark.parametrize("year", [1955, 1970, 2017])
def test_microseconds_lead_back_to_the_instant(year):
    instant = datetime(year, 3, 1, 12, 30, 0, 7, tzinfo=UTC)
    assert instant_of(microseconds(instant)) == instant


def test_a_length_of_time_is_told_in_microseconds():
    assert microseconds(timedelta(seconds=1.5)) == 1_500_000
