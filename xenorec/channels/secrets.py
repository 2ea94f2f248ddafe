"""Secrets by reference: a configuration names where a secret is, never the secret itself."""

from __future__ import annotations

import os
from pathlib import Path

from xenorec.errors import BadInput, MissingFile, UnknownName

KINDS = ("env:", "file:")


def is_reference(text: object) -> bool:
    """Return whether a text names a secret: ``env:NAME`` or ``file:PATH``."""
    return isinstance(text, str) and text.startswith(KINDS) and bool(text.partition(":")[2].strip())


def resolve(reference: str) -> str:
    """Return the secret that ``env:NAME`` or ``file:PATH`` names, read at this moment.

    A file's last line break is not part of the secret. Raises BadInput for a literal value (which
    is not repeated in the text), UnknownName and MissingFile for a reference that leads nowhere.
    """
    if not is_reference(reference):
        raise BadInput(
            "A secret was given itself; write where it is instead: 'env:NAME' for a variable of "
            "the environment, or 'file:PATH' for a file."
        )
    kind, _, where = reference.partition(":")
    return _of_environment(where) if kind == "env" else _of_file(Path(where))


def _of_environment(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise UnknownName(
            f"The environment has no variable {name}, which the configuration names for a secret. "
            "Set it before you run this."
        )
    return value


def _of_file(path: Path) -> str:
    if not path.is_file():
        raise MissingFile(f"There is no file {path}, which the configuration names for a secret.")
    return path.read_text("utf-8").rstrip("\r\n")
