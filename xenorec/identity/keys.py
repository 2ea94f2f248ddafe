"""Keys of a customer: one spelling per phone, e-mail or card, its hash, and how it is shown."""

from __future__ import annotations

from hashlib import sha256

SHOWN = {"email": 1, "phone": 3, "card": 0}


def address_hash(kind: str, value: str) -> str:
    """Return the hash under which suppressions and decisions know an address.

    ``value`` is the normalised value; the hash is SHA-256 over kind and value, hexadecimal.
    """
    return sha256(f"{kind}:{value}".encode()).hexdigest()


def masked(kind: str, value: str | None) -> str | None:
    """Return an address as it may be shown on a screen.

    >>> masked("email", "meera@shop.example")
    'm•••@shop.example'
    >>> masked("phone", "+919800000000")
    '+91•••00'
    """
    if value is None:
        return None
    if kind == "email":
        name, _, domain = value.partition("@")
        return f"{name[:1]}•••@{domain}"
    return f"{value[:3]}•••{value[-2:]}" if len(value) > 6 else "•••"
