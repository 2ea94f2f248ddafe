"""A horizon: a length of time with a beginning and an end. Standard library only."""

from __future__ import annotations

from datetime import timedelta

from xenorec.errors import BadInput
from xenorec.spans import span as read_span

_LONGEST = timedelta(days=3650)


def parse_span(span: str | timedelta, *, name: str = "within") -> timedelta:
    """Return ``span`` as a ``timedelta``; raises ``BadInput`` unless 0 < span <= 10 years.

    >>> parse_span("14d")
    datetime.timedelta(days=14)
    """
    try:
        length = read_span(span)
    except OverflowError:
        length = timedelta.max
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from None
    if not timedelta(0) < length <= _LONGEST:
        raise BadInput(f"{name} is {span!r}; expected more than nothing and at most 3650d.")
    return length
