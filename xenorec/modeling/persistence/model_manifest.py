"""Model manifest: what a saved model says of itself, and the checksums of its files."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import timedelta
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar, cast

from xenorec.errors import ModelFileError
from xenorec.modeling.persistence.savable_classes import saved_name
from xenorec.version import __version__

FILE, FORMAT = "manifest.json", 2
"""2: the models of times tell who may have left after one order, and hold their totals."""
ANEW = "Save the model again, or fit it anew."
OURS = "xenorec "


class ModelManifest(Protocol):
    """A frozen dataclass of plain JSON: what is known of a saved model without its arrays.

    ``of`` is the name of the model's class; ``files``: sha256 and n_bytes by name; ``anew`` says
    what to do when a file is damaged.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]
    anew: ClassVar[str]

    @property
    def of(self) -> str:
        """The name of the model's class."""

    @property
    def files(self) -> Mapping[str, Mapping[str, Any]]:
        """What is known of each file."""


Kind = TypeVar("Kind", bound=ModelManifest)


def write_manifest(folder: Path, manifest: ModelManifest) -> None:
    """Write ``manifest.json``."""
    content = {"kind": _kind(manifest.of), "format": FORMAT, **asdict(manifest)}
    del content["of"]
    content["checksum"] = _checksum(content)
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / FILE).write_text(f"{text}\n", "utf-8")


def read_manifest(folder: Path, kind: type[Kind], of: str) -> Kind:
    """Read ``manifest.json``; raises ModelFileError, which names the file and says what to do.

    A damaged one is told from a foreign one and from one that a later release wrote.
    """
    path = folder / FILE
    content = _read_object(path, of, kind.anew)
    _check_kind(path, content.get("kind"), of)
    _check_format(path, content.get("format"), kind.anew)
    try:
        if content.pop("checksum") != _checksum(content):
            raise ValueError("its checksum does not fit")
        parts = {f.name: content[f.name] for f in fields(kind) if f.name != "of"}
        make: Any = kind
        return cast(Kind, make(**parts, of=of))
    except (ValueError, LookupError, TypeError) as error:
        raise damaged(path, error, kind.anew) from error


def is_model(folder: Path, of: str) -> bool:
    """Return whether a folder holds a saved model, of whatever format, damaged or not."""
    try:
        return bool(_read_object(folder / FILE, of).get("kind") == _kind(of))
    except ModelFileError:
        return False


def damaged(path: Path, why: object, anew: str = ANEW) -> ModelFileError:
    """Return the error for a file that is not what was written."""
    return ModelFileError(f"{path} is damaged ({why}). {anew}")


def versions() -> dict[str, str]:
    """Return the releases that a model is made by."""
    packages = {name: version(name) for name in ("numpy", "scikit-learn")}
    return {"xenorec": __version__, "python": platform.python_version(), **packages}


def readable(value: Any) -> Any:
    """Return a setting for people to read; the state has it for us."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, timedelta | Path):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(map(str, map(readable, value)))
    named = getattr(value, "name", None)
    return named if isinstance(named, str) else saved_name(type(value))


def _kind(of: str) -> str:
    return f"{OURS}{of}"


def _read_object(path: Path, of: str, anew: str = ANEW) -> dict[str, Any]:
    if not path.is_file():
        raise ModelFileError(
            f"There is no saved model in {path.parent}: {path.name} is missing. Give the folder "
            f"that {of}.save wrote."
        )
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise damaged(path, error, anew) from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error}.") from error
    if not isinstance(content, dict):
        raise damaged(path, "it holds no object", anew)
    return content


def _check_kind(path: Path, content: Any, of: str) -> None:
    if content == _kind(of):
        return
    is_ours = isinstance(content, str) and content.startswith(OURS)
    what = f"a {content.removeprefix(OURS)}, " if is_ours else ""
    raise ModelFileError(
        f"{path} is of {what}no model of ours that {of} could load. Give the folder that "
        f"{of}.save wrote."
    )


def _check_format(path: Path, content: Any, anew: str) -> None:
    if content == FORMAT:
        return
    if isinstance(content, int) and content > FORMAT:
        raise ModelFileError(
            f"{path} is of format {content}, which a later release of xenorec wrote; this one "
            f"reads format {FORMAT}. Install the later release, or train the model with this one."
        )
    if isinstance(content, int) and 0 < content < FORMAT:
        raise ModelFileError(
            f"{path} is of format {content}, which an earlier release of xenorec wrote; its models "
            f"lack what this one answers from. {anew}"
        )
    raise damaged(path, f"its format is {content!r}", anew)


def _checksum(content: Mapping[str, Any]) -> str:
    plain = json.dumps(content, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return sha256(plain.encode()).hexdigest()
