from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from xenorec.errors import BadInput
from xenorec.timing.spans import parse_span
from xenorec.timing.zones import as_instant


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("14d", timedelta(days=14)),
        ("48h", timedelta(hours=48)),
        ("2w", timedelta(days=14)),
        ("90m", timedelta(minutes=90)),
        (timedelta(days=3), timedelta(days=3)),
    ],
)
def test_spans_are_read(text, length):
    assert parse_span(text) == length


@pytest.mark.parametrize("text", ["14", "d", "-3d", "1.5d", "0d", "99999d", 14, None])
def test_other_spans_are_refused(text):
    with pytest.raises(BadInput, match="within"):
        parse_span(text)


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
