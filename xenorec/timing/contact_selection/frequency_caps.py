"""How many messages a customer may get in which rolling window, and by which channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from xenorec.array_types import Bools, Ints, Texts
from xenorec.config.durations import cap
from xenorec.errors import BadInput
from xenorec.timestamps import microseconds

ANY = "any"
"""Every channel, as in consents."""

Caps: TypeAlias = str | Sequence[str] | Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class FrequencyCap:
    """At most ``n`` messages in every ``length`` microseconds; of one channel or of all (None).

    A window is half open, ``(end - length, end]``, as in the ledger: two messages exactly
    ``length`` apart are in no window together.
    """

    n: int
    length: int
    channel: str | None = None

    def counts(self, channel: Ints, channels: Texts) -> Bools:
        """Return which messages count; one that names no channel (-1) counts for all."""
        if self.channel is None:
            return channel > -3
        held: Bools = (channel == -1) | (channel == _channel_position(self.channel, channels))
        return held

    def __str__(self) -> str:
        return "" if self.channel is None else f" by {self.channel}"


def limits_of(caps: Caps) -> tuple[FrequencyCap, ...]:
    """Return the limits of ``"2 per 7d"``, of a list of such, or of a mapping from channels.

    Raises BadInput for what is no cap, for none at all, and for a cap of 0.
    """
    if isinstance(caps, Mapping):
        named = [(channel, text) for channel, own in caps.items() for text in _as_list(own)]
    else:
        named = [(ANY, text) for text in _as_list(caps)]
    found = tuple(_limit(channel, text) for channel, text in named)
    if not found:
        raise BadInput("cap came empty; expected such as '2 per 7d'.")
    return found


def _as_list(caps: str | Iterable[str]) -> list[str]:
    return [caps] if isinstance(caps, str) or not isinstance(caps, Iterable) else list(caps)


def _limit(channel: str, text: str) -> FrequencyCap:
    n, length = cap(text)
    if n < 1:
        raise BadInput(f"A cap came as {text!r}, so nothing could go out; expected 1 or more.")
    return FrequencyCap(n, microseconds(length), None if channel == ANY else channel)


def _channel_position(name: str, channels: Texts) -> int:
    return {known: place for place, known in enumerate(channels)}.get(name, -9)
