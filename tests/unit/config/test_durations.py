from datetime import timedelta

import pytest

from xenorec.config.durations import span
from xenorec.errors import BadInput


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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0d", "it must be more than zero, such as 1d"),
        (timedelta(days=-3), "it must be more than zero"),
        ("99999d", "it must be at most ten years, 3660d"),
        ("9" * 30 + "d", "it must be at most ten years, 3660d"),
        ("1y", "Did you mean '365d'?"),
        ("3 years", "Did you mean '1095d'?"),
        ("2 months", "Did you mean '60d'?"),
        ("14 days", "Did you mean '14d'?"),
        ("14D", "Did you mean '14d'?"),
        ("1.5d", "Did you mean '36h'?"),
        ("90 min", "Did you mean '90m'?"),
        ("2 Weeks", "Did you mean '2w'?"),
        ("soon", "units m (minutes), h (hours), d (days) and w (weeks), such as 48h or 14d."),
        ("40 years", "units m (minutes)"),
        ("12 parsecs", "units m (minutes)"),
    ],
)
def test_what_was_wrong_with_a_span_is_told(text, told):
    with pytest.raises(BadInput) as caught:
        span(text)
    assert told in str(caught.value)
    assert ("Did you mean" in told) == ("Did you mean" in str(caught.value))
