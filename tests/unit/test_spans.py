from datetime import timedelta

import pytest

from xenorec.errors import BadInput
from xenorec.spans import span


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
    assert span(text) == length


@pytest.mark.parametrize(
    "text", ["14", "d", "-3d", "1.5d", "0d", "99999d", "9" * 30 + "d", 14, None]
)
def test_other_spans_are_refused(text):
    with pytest.raises(BadInput, match="length of time"):
        span(text)
