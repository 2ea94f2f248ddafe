"""The trained models of a workspace, which is current, and which fits an instant."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from xenorec.dataset.dataset import ShopHistory
from xenorec.errors import ModelFileError, XenorecError
from xenorec.modeling.persistence import damaged, forget_everywhere, write_atomically
from xenorec.recommend.model_store.drift import drifted
from xenorec.recommend.model_store.recommender_manifest import RecommenderManifest
from xenorec.recommend.shelf_recommender import ShelfRecommender

POINTER = "current.json"
STAMP = re.compile(r"\d{8}T\d{6}(\.\d{6})?Z")
KEPT = 4
"""Published models that stay on the disk: an instant of the past is answered as it was then."""
OLDEST = timedelta(days=35)


@dataclass(frozen=True)
class ModelChoice:
    """A model to be used, or None, and why."""

    model: ShelfRecommender | None
    why: str


@dataclass(frozen=True)
class ModelRegistry:
    """The folder ``shop.models/shelves`` beside the workspace's file ``shop.duckdb``.

    It holds a folder per model, named by the instant it was learned at, and ``current.json``: the
    workspace's file, and the models from the current one back.
    """

    folder: Path
    workspace: str

    @classmethod
    def beside(cls, path: Path) -> ModelRegistry:
        """Return what is published for the workspace of a file."""
        folder = path.absolute().parent / f"{path.stem}.models"
        return cls(folder / "shelves", path.name)

    def publish(self, model: ShelfRecommender) -> Path:
        """Save a model and make it the current one; the oldest of more than four is deleted."""
        name = stamp(model.learned_at_)
        folder = model.save(self.folder / name)
        names = [name, *(other for other in self._known() if other != name)]
        said = {"workspace": self.workspace, "current": name, "earlier": names[1:KEPT]}
        write_atomically(self.folder / POINTER, json.dumps(said, indent=1) + "\n")
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
            said = json.loads(path.read_bytes())
            names = [str(said["current"]), *map(str, said["earlier"])]
            if said["workspace"] != self.workspace:
                return []
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise damaged(path, error, RecommenderManifest.anew) from error
        if not all(map(STAMP.fullmatch, names)):
            raise damaged(path, "it names what is no model of its folder", RecommenderManifest.anew)
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
            said = {"workspace": self.workspace, "current": left[0], "earlier": left[1:]}
            write_atomically(self.folder / POINTER, json.dumps(said, indent=1) + "\n")
        elif gone:
            (self.folder / POINTER).unlink(missing_ok=True)
        return gone

    def choose(self, history: ShopHistory) -> ModelChoice:
        """Return the first model, from the current one back, that fits the history, updated to it.

        It learned from nothing later than the history's ``as_of``, at most 35 days earlier, in a
        shop that has not drifted since. Otherwise the reason is that of the current model.
        """
        try:
            names = self.names()
        except ModelFileError as error:
            return ModelChoice(None, str(error))
        tried = []
        for name in names:
            tried.append(_try(self.folder / name, history))
            if tried[-1].model is not None:
                return tried[-1]
        return tried[0] if tried else ModelChoice(None, "no model is published")

    def _known(self) -> list[str]:
        try:
            return self.names()
        except ModelFileError:  # a pointer that cannot be read is written anew
            return []


def _try(folder: Path, history: ShopHistory) -> ModelChoice:
    try:
        learned = RecommenderManifest.read(folder).learned_at
        if learned > history.as_of:
            return ModelChoice(None, f"{folder.name} learned from what is later")
        if history.as_of - learned > OLDEST:
            return ModelChoice(None, f"{folder.name} is more than {OLDEST.days} days old")
        model, frame = ShelfRecommender.load(folder).renewed(history)
    except XenorecError as error:
        return ModelChoice(None, str(error))
    moved = drifted(frame)
    if len(moved):
        names = ", ".join(sorted(set(moved["feature"])))
        return ModelChoice(None, f"the shop has drifted since {folder.name} ({names})")
    return ModelChoice(model, f"{folder.name} fits")


def stamp(instant: datetime) -> str:
    """Return the name of an instant's folder; names sort as instants do.

    >>> from datetime import UTC
    >>> stamp(datetime(2017, 11, 1, tzinfo=UTC))
    '20171101T000000Z'
    """
    small = f".{instant.microsecond:06d}" if instant.microsecond else ""
    return f"{instant:%Y%m%dT%H%M%S}{small}Z"
