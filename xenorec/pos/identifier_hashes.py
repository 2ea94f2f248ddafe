"""Keys of a customer: how the publisher hashes them and the till looks them up.

A key is spelt by ``xenorec.addresses``, hashed under a secret that the publisher derives from the
shop's key, and stored as that hash alone. The secret lies beside the serving file, in
``till.key``: whoever has ``serving.sqlite`` alone cannot try phone numbers against it, and the
hashes of two stores, or of two publications, cannot be compared. Whoever has the whole folder can
try numbers, as the till itself does; so both files are for their owner alone, and hold the
store's customers.
"""

from __future__ import annotations

import os
from pathlib import Path

from xenorec.addresses import spell
from xenorec.errors import BadInput
from xenorec.pos.file_errors import make_private, writable

NAME = "till.key"
KEPT = 2
"""How many secrets the file keeps: the newest, and the one before that an open till may need."""


def normalise(kind: str, value: str, country: str | None = None) -> str:
    """Return a phone, e-mail or card in the one spelling that is compared.

    ``country`` is the store's (ISO 3166, two letters), for a phone without country code. Raises
    BadInput for what cannot be one.

    >>> normalise("phone", "0091 98000-00000")
    '+919800000000'
    """
    return spell(kind, value, country)


def keyed_hash(kind: str, value: str, key: str | bytes) -> str:
    """Return the hash under which a till finds a normalised key; the key itself is not stored."""
    from hashlib import blake2b  # at first use: slow to load

    secret = key.encode()[:64] if isinstance(key, str) else key
    return blake2b(f"{kind}:{value}".encode(), key=secret, digest_size=16).hexdigest()


def lookup_key(secret: bytes, salt: str) -> bytes:
    """Return what hashes the keys of one serving file: a secret, and the file's own salt."""
    from hashlib import blake2b

    return blake2b(salt.encode(), key=secret[:64], digest_size=32).digest()


def key_id(secret: bytes) -> str:
    """Return the name by which a serving file says which secret hashed its keys."""
    from hashlib import blake2b

    return blake2b(b"name of a till's secret", key=secret[:64], digest_size=8).hexdigest()


def write_secret(folder: Path, secret: bytes) -> None:
    """Put a secret first in ``folder/till.key``, for the file's owner alone.

    The one before it stays: a till that is open while the shop's key changes still needs it.
    """
    path, name, there = folder / NAME, key_id(secret), _secrets(folder)
    if next(iter(there), None) == name:
        return
    others = {old: text for old, text in there.items() if old != name}
    found = {name: secret.hex(), **dict(list(others.items())[: KEPT - 1])}
    temporary = folder / f".{NAME}.{os.getpid()}"
    try:
        with writable(path):
            make_private(temporary)
            temporary.write_text("".join(f"{n} {text}\n" for n, text in found.items()), "ascii")
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_secret(folder: Path, name: str) -> bytes:
    """Return the secret of a name; raises BadInput when the folder does not have it."""
    found = _secrets(folder).get(name)
    if found is None:
        raise BadInput(
            f"{folder / NAME} has not the secret with which the keys were hashed. Copy the whole "
            "folder that was published, or publish the till again."
        )
    return bytes.fromhex(found)


def _secrets(folder: Path) -> dict[str, str]:
    try:
        lines = (folder / NAME).read_text("ascii").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{folder / NAME} cannot be read ({error}). Publish the till again."
        ) from error
    pairs = (line.split() for line in lines)
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
