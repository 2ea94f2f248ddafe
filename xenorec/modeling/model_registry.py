"""The trained models of a workspace, which is current, and which fits an instant."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from xenorec.errors import ModelFileError
from xenorec.modeling.persistence import ANEW, damaged, forget_everywhere, write_atomically

POINTER = "current.json"
STAMP = re.compile(r"\d{8}T\d{6}(\.\d{6})?Z")
KEPT = 4
"""Published models that stay on the disk: an instant of the past is answered as it was then."""


class PublishedModel(Protocol):
    """A fitted model that knows until when it learned, and can be saved."""

    learned_at_: datetime

    def save(self, folder: str | Path) -> Path: ...  # noqa: D102


Model = TypeVar("Model", bound=PublishedModel)


@dataclass(frozen=True)
class ModelChoice(Generic[Model]):
    """A model to be used, or None, and why."""

    model: Model | None
    why: str


@dataclass(frozen=True)
class ModelRegistry(Generic[Model]):
    """A folder of models beside the warehouse with the file name ``workspace``.

    It holds a folder per model, named by the instant it was learned at, and ``current.json``: the
    workspace's file, and the models from the current one back. ``anew`` says what to do when that
    is damaged.
    """

    folder: Path
    workspace: str
    anew: ClassVar[str] = ANEW

    def publish(self, model: Model) -> Path:
        """Save a model and make it the current one; the oldest of more than four is deleted."""
        name = stamp(model.learned_at_)
        folder = model.save(self.folder / name)
        names = [name, *(other for other in self._known() if other != name)]
        self._point_to(names[:KEPT])
        for old in names[KEPT:]:
            shutil.rmtree(self.folder / old, ignore_errors=True)
        return folder

    def names(self) -> list[str]:
        """Return the published models, the current one first; none of another workspace.

        Raises ModelFileError when ``current.json`` cannot be understood.
        """
        path = self.folder / POINTER
        if not path.is_file():
            return []
        try:
            pointer = json.loads(path.read_bytes())
            names = [str(pointer["current"]), *map(str, pointer["earlier"])]
            if pointer["workspace"] != self.workspace:
                return []
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise damaged(path, error, self.anew) from error
        if not all(map(STAMP.fullmatch, names)):
            raise damaged(path, "it names what is no model of its folder", self.anew)
        return names

    def mark(self) -> str:
        """Return a mark of the published files: another one when one came, went or was written."""
        digest = sha256()
        for path in sorted(self.folder.rglob("*")):
            with suppress(OSError):
                stat = path.stat()
                digest.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def forget(self, customer_ids: Collection[str]) -> tuple[Path, ...]:
        """Delete the models that hold one of the customers and return their folders.

        Others stay published; ``xenorec train`` publishes a new one.
        """
        gone = forget_everywhere(self.folder, customer_ids)
        left = [name for name in self._known() if (self.folder / name).is_dir()]
        if gone and left:
            self._point_to(left)
        elif gone:
            (self.folder / POINTER).unlink(missing_ok=True)
        return gone

    def choose(self, check: Callable[[Path], ModelChoice[Model]]) -> ModelChoice[Model]:
        """Return the first model, from the current one back, that ``check`` lets be used.

        Otherwise the reason is that of the current model.
        """
        try:
            names = self.names()
        except ModelFileError as error:
            return ModelChoice(None, str(error))
        tried = []
        for name in names:
            tried.append(check(self.folder / name))
            if tried[-1].model is not None:
                return tried[-1]
        return tried[0] if tried else ModelChoice(None, "no model is published")

    def _point_to(self, names: list[str]) -> None:
        pointer = {"workspace": self.workspace, "current": names[0], "earlier": names[1:]}
        write_atomically(self.folder / POINTER, json.dumps(pointer, indent=1) + "\n")

    def _known(self) -> list[str]:
        try:
            return self.names()
        except ModelFileError:  # a pointer that cannot be read is written anew
            return []


def stamp(instant: datetime) -> str:
    """Return the name of an instant's folder; names sort as instants do.

    >>> from datetime import UTC
    >>> stamp(datetime(2017, 11, 1, tzinfo=UTC))
    '20171101T000000Z'
    """
    small = f".{instant.microsecond:06d}" if instant.microsecond else ""
    return f"{instant:%Y%m%dT%H%M%S}{small}Z"
