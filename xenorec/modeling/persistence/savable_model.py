"""Savable model: a fitted model in a folder of arrays and JSON, and back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from xenorec.errors import XenorecError
from xenorec.modeling.persistence.decoder import revived
from xenorec.modeling.persistence.encoder import encoded
from xenorec.modeling.persistence.model_folder import STATE, read_folder, write_folder
from xenorec.modeling.persistence.model_manifest import (
    ANEW,
    ModelManifest,
    damaged,
    readable,
    versions,
)
from xenorec.modeling.persistence.savable_classes import SavableClasses, reachable_classes

Model = TypeVar("Model")


def save_model(
    model: Any,
    folder: str | Path,
    manifest: ModelManifest,
    registry: SavableClasses,
    *,
    without: Collection[str] = (),
) -> Path:
    """Write a fitted model; ``without``: what it makes again. Raises NotSupported by name."""
    state, arrays = encoded(model, registry, without=without)
    return write_folder(Path(folder), manifest, state, arrays)


def load_model(
    of: type[Model],
    folder: str | Path,
    manifest: type[ModelManifest],
    registry: SavableClasses,
    complete: Callable[[Model], Any],
) -> Model:
    """Return the model of a folder that ``save_model`` wrote; raises ModelFileError.

    ``complete`` makes again what was left out, and raises where anything is missing.
    """
    path = Path(folder)
    _, state, arrays = read_folder(path, manifest, of.__name__)
    try:
        model = revived(of, state, arrays, registry)
        complete(model)
    except (ValueError, LookupError, TypeError, AttributeError, XenorecError) as error:
        raise damaged(path / STATE, error, manifest.anew) from error
    return model


@dataclass(frozen=True)
class FitManifest:
    """What is known of a saved model without reading its arrays; all of it is plain JSON.

    ``of`` is the name of the model's class, ``as_of`` up to when it has read, ``settings`` what it
    was made with, ``notes`` what it says of its fit. ``files``: sha256 and n_bytes by name.
    """

    anew: ClassVar[str] = ANEW

    versions: Mapping[str, str]
    as_of: str | None
    n_customers: int | None
    settings: Mapping[str, Any]
    notes: list[str]
    files: Mapping[str, Mapping[str, Any]]
    of: str


class SavableModel:
    """A model that can be saved and loaded; inherit it and name in ``parts`` what it is made of.

    All that an instance holds is kept, whatever its name: numbers, texts, instants, arrays,
    collections of these, and the classes in ``parts`` (dataclasses and named tuples, with those
    that their fields name). Values of cached properties are made again.
    """

    parts: ClassVar[tuple[type, ...]] = ()

    def save(self, folder: str | Path) -> Path:
        """Write the fitted model to a folder, a saved one of its kind that is there included.

        Nothing in it is pickled: arrays are ``.npz``, all else JSON, each with its checksum.
        Raises NotFitted; NotSupported for what cannot be saved; ModelFileError when something else
        is there; DiskFull.
        """
        self._fitted()
        return save_model(self, folder, self._described(), type(self)._registry())

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Return the model of a folder that ``save`` wrote, answering the same.

        Raises ModelFileError, which says what is wrong with which file: damaged, missing, of
        another kind of model, or of a later release.
        """
        return load_model(cls, folder, FitManifest, cls._registry(), cls._fitted)

    def _described(self) -> FitManifest:
        held = vars(self)
        as_of, known = held.get("as_of_"), held.get("customer_ids_")
        return FitManifest(
            versions=versions(),
            as_of=None if as_of is None else as_of.isoformat(),
            n_customers=held.get("n_customers_", None if known is None else len(known)),
            settings={name: readable(held.get(name)) for name in signature(type(self)).parameters},
            notes=list(held.get("notes_", ())),
            files={},
            of=type(self).__name__,
        )

    def _fitted(self) -> Any:
        """Raise NotFitted before ``fit``; a model says this in its own words."""
        raise NotImplementedError(f"Write {type(self).__name__}._fitted(self).")

    @classmethod
    def _registry(cls) -> SavableClasses:
        return SavableClasses.of(reachable_classes(cls.parts), home=f"{cls.__name__}.parts")
