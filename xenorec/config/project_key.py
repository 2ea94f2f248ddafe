"""The shop's own secret: named by the configuration, else a file that is made once."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from xenorec.config.secrets import resolve
from xenorec.errors import BadInput

SIZE = 32
"""Least length of a key, in bytes."""
MISSPELT = "holds the value itself; write 'env:NAME' or 'file:PATH' instead"
PATIENCE = 2.0
"""Seconds for which another process may be in the middle of writing the file."""


def key_of(reference: str | None, workspace: Path | None, folder: Path) -> bytes:
    """Return the secret that a reference names, else that of the file beside the workspace."""
    if reference is not None:
        return _long_enough(resolve(reference, folder=folder).encode(), reference)
    if workspace is None:
        return _key_of_this_process()
    path = workspace.with_suffix(".key")
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise BadInput(
            f"The shop's key {path} cannot be made or read: {error.strerror}. Give the folder back "
            "its rights, or name a key: [workspace] key = 'env:NAME' in xenorec.toml."
        ) from error


@cache
def _key_of_this_process() -> bytes:
    return _fresh()


def _fresh() -> bytes:
    return secrets.token_hex(SIZE).encode()


def _make(path: Path) -> None:
    """Write a new key whole, for the owner alone; one that another process made first stays."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        _write(temporary)
        with suppress(FileExistsError):
            _link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _link(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        _write(path)


def _write(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(_fresh())
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    until = time.monotonic() + PATIENCE
    while True:
        key = path.read_bytes().strip()
        if len(key) >= SIZE or time.monotonic() > until:
            return _long_enough(key, str(path))
        time.sleep(0.01)


def _long_enough(key: bytes, where: str) -> bytes:
    if len(key) >= SIZE:
        return key
    raise BadInput(
        f"The shop's key at {where} has {len(key)} bytes; expected at least {SIZE}. Put back the "
        "one that was there, or make a long one: python -c 'import secrets; "
        "print(secrets.token_hex(32))'. With another key the links of earlier messages no longer "
        "hold."
    )
