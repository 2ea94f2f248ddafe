"""Secrets by reference: a configuration names where a secret is, never the secret itself.

Here a reference is read, and here a text is rid of the secrets that it may hold.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from xenorec.errors import BadInput, MissingFile, UnknownName, XenorecError

KINDS = ("env:", "file:")
MASK = "***"
OPEN_PARAMETERS = frozenset(
    (
        *("application_name", "cache", "channel_binding", "client_encoding"),
        *("connect_timeout", "dbname", "gssencmode", "host", "hostaddr", "keepalives", "mode"),
        *("options", "passfile", "port", "service", "sslcert", "sslkey", "sslmode"),
        *("sslrootcert", "target_session_attrs", "timeout", "uri", "user"),
    )
)
"""Parameters of a database's URL that are no secrets; every other one is masked."""
_WORDS = re.compile(r"(?i)\b(\w*(?:password|passwd|pwd|secret|token)\w*\s*=\s*)('[^']*'|[^\s&;]+)")


class SecretReference(str):
    """A text that a reference led to: used like any other, but its ``repr`` does not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)


def is_reference(text: object) -> bool:
    """Return whether a text names a secret: ``env:NAME`` or ``file:PATH``."""
    return isinstance(text, str) and text.startswith(KINDS) and bool(text.partition(":")[2].strip())


def resolve(reference: str, *, folder: Path | None = None) -> SecretReference:
    """Return the secret that ``env:NAME`` or ``file:PATH`` names, read at this moment.

    A relative path counts from ``folder``, else from the current one. Line breaks at the end are
    not part of the secret. Raises BadInput for a literal value (which is not repeated in the text)
    and for a file that is no text, UnknownName and MissingFile for a reference that leads nowhere.
    """
    if not is_reference(reference):
        raise BadInput(
            "A secret was given itself; write where it is instead: 'env:NAME' for a variable of "
            "the environment, or 'file:PATH' for a file."
        )
    kind, _, where = reference.partition(":")
    return (
        _of_environment(where.strip()) if kind == "env" else _of_file(_absolute_path(where, folder))
    )


def absolute(reference: str, folder: Path) -> str:
    """Return a reference that means the same from everywhere: a file's path made whole."""
    kind, _, where = reference.partition(":")
    return reference if kind == "env" else f"{kind}:{_absolute_path(where, folder)}"


class UnresolvedSecret(NamedTuple):
    """A reference that leads nowhere: the key that holds it, and why it does not."""

    where: str
    reference: str
    why: str


def resolve_all(
    value: Any, *, folder: Path, late: re.Pattern[str], where: str = ""
) -> tuple[Any, list[UnresolvedSecret]]:
    """Return a configuration with every reference in it resolved, and those that lead nowhere.

    A value whose dotted key fits ``late`` stays a reference, to be read when it is used.
    """
    inner: list[tuple[Any, list[UnresolvedSecret]]]
    if isinstance(value, Mapping):
        keys = [f"{where}.{key}".lstrip(".") for key in value]
        pairs = zip(keys, value.values(), strict=True)
        inner = [resolve_all(one, folder=folder, late=late, where=key) for key, one in pairs]
        return dict(zip(value, (one for one, _ in inner), strict=True)), _joined(inner)
    if isinstance(value, list):
        inner = [resolve_all(one, folder=folder, late=late, where=where) for one in value]
        return [one for one, _ in inner], _joined(inner)
    if not is_reference(value):
        return value, []
    if late.fullmatch(where):
        return absolute(value, folder), []
    try:
        return resolve(value, folder=folder), []
    except XenorecError as error:
        return value, [UnresolvedSecret(where, value, str(error))]


def _joined(found: Iterable[tuple[Any, list[UnresolvedSecret]]]) -> list[UnresolvedSecret]:
    return [one for _, those in found for one in those]


def without_secrets(url: str) -> str:
    """Return a database's URL, or words such as ``password=...``, with every secret masked.

    What stands between the first colon and the last ``@`` is taken for the password, whatever
    signs it has: rather too much is hidden than too little.

    >>> without_secrets("postgresql://ana:p@ss/w:rd@db.example/shop?sslmode=require&password=x")
    'postgresql://ana:***@db.example/shop?sslmode=require&password=***'
    """
    scheme, found, rest = url.partition("://")
    if not found:
        return _WORDS.sub(rf"\1{MASK}", url)
    login, host, query = split_login(rest)
    user, colon, _ = login.partition(":")
    shown = f"{user}{':' + MASK if colon else ''}@" if login else ""
    return f"{scheme}://{shown}{host}{_masked(query)}"


def split_login(rest: str) -> tuple[str, str, str]:
    """Return login, host with path, and query of what follows the scheme of a URL.

    A password may hold ``@``, ``/`` and ``?`` as they are, as people write them.
    """
    head, mark, query = rest.partition("?")
    if "@" not in rest or ("@" not in head and re.match(r"\w+=", query)):
        return "", head, mark + query
    if "@" not in head or ("@" in query and not re.match(r"\w+=", query)):
        login, _, after = rest.rpartition("@")
        head, mark, query = after.partition("?")
        return login, head, mark + query
    login, _, host = head.rpartition("@")
    return login, host, mark + query


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """Return a text of somebody else, such as a driver's error, without the given secrets."""
    for secret in sorted({secret for secret in secrets if secret}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _masked(query: str) -> str:
    return "&".join(_shown(pair) for pair in query.split("&")) if query else ""


def _shown(pair: str) -> str:
    name = pair.partition("=")[0]
    return pair if name.lstrip("?") in OPEN_PARAMETERS else f"{name}={MASK}"


def _absolute_path(where: str, folder: Path | None) -> Path:
    path = Path(where.strip()).expanduser()
    return path if folder is None else folder.resolve() / path


def _of_environment(name: str) -> SecretReference:
    value = os.environ.get(name, "").strip("\r\n")
    if not value:
        raise UnknownName(
            f"The environment has no variable {name}, which the configuration names for a secret. "
            "Set it before you run this."
        )
    return SecretReference(value)


def _of_file(path: Path) -> SecretReference:
    if not path.is_file():
        raise MissingFile(f"There is no file {path}, which the configuration names for a secret.")
    try:
        value = path.read_text("utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:  # the latter repeats what the file holds
        told = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise BadInput(f"The file {path} of a secret cannot be read: {told}.") from None
    if not value:
        raise BadInput(f"The file {path}, which the configuration names for a secret, is empty.")
    return SecretReference(value)
