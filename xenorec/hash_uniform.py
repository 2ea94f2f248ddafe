"""Chance that can be replayed: a number from a seed and an id, never from a global state."""

from __future__ import annotations

from hashlib import blake2b


def uniform(seed: str, *ids: str) -> float:
    """Return a number in [0, 1) that depends on ``seed`` and ``ids`` alone.

    BLAKE2b over the parts (RFC 7693), the first 53 bits as a fraction, so the result is an
    exact double and the same on every machine.

    >>> uniform("eid", "c-1") == uniform("eid", "c-1")
    True
    """
    text = "\x1f".join((seed, *ids)).encode()
    return (int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> 11) / 2.0**53
