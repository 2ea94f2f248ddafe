"""Approved templates: a message is rendered from the sources that its plan was approved with.

The sources lie in the ledger by template and version, so a change in the folder between approval
and sending, or a mistake, touches the next plan alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from xenorec.campaigns.not_due import NotYet
from xenorec.config import content
from xenorec.errors import BadInput, XenorecError
from xenorec.ledger import Decision, Ledger
from xenorec.messages import MessageTemplate
from xenorec.schema.enums import Reason

PICTURES = "pictures"
"""Folder beside the templates; its files are kept under this name among a template's own."""


def sources_of(template: MessageTemplate, own: Path | None) -> dict[str, bytes]:
    """Return the files of a template by path, as they are now.

    Raises BadInput when they are no longer those that the template was read from.
    """
    folder = content.find("templates", template.name, own)
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    if MessageTemplate.load(template.name, own=own).version != template.version:
        raise BadInput(
            f"The template {template.name!r} was changed while its messages were planned. Plan "
            "again, and nobody gets a mixture."
        )
    return files


def pictures_of(decisions: Iterable[Decision], own: Path | None) -> dict[str, bytes]:
    """Return the shared pictures that the contexts of decisions name, by path."""
    wanted = {name for decision in decisions for name in image_names(json.loads(decision.context))}
    folders = [root / PICTURES for root in content.roots("templates", own)]
    found = {
        name: next((f / name for f in folders if (f / name).is_file()), None) for name in wanted
    }
    return {f"{PICTURES}/{name}": path.read_bytes() for name, path in found.items() if path}


@dataclass
class ApprovedTemplates:
    """The templates of approved plans, read from the ledger; for one run, then ``close``."""

    ledger: Ledger
    own: Path | None
    _read: dict[tuple[str, str], MessageTemplate | None] = field(default_factory=dict)
    _folders: list[TemporaryDirectory[str]] = field(default_factory=list)

    def of(self, decision: Decision) -> MessageTemplate:
        """Return the template of a decision in the version that was approved.

        A plan from before sources were kept is rendered from the folder, if that still has its
        version. Raises NotYet when it has not: the messages wait, and go out once it has again.
        """
        key = (decision.template, decision.template_version)
        if key not in self._read:
            self._read[key] = self._load_version(*key) or self._unchanged(*key)
        found = self._read[key]
        if found is None:
            raise NotYet(Reason.TEMPLATE_ERROR)
        return found

    def close(self) -> None:
        """Take the written sources away."""
        for folder in self._folders:
            folder.cleanup()

    def _load_version(self, name: str, version: str) -> MessageTemplate | None:
        files = self.ledger.template_files(name, version)
        if not files:
            return None
        self._folders.append(TemporaryDirectory(prefix="xenorec-template-"))
        own = Path(self._folders[-1].name)
        _write(own / "templates", name, files)
        return _of_version(name, version, own)

    def _unchanged(self, name: str, version: str) -> MessageTemplate | None:
        return _of_version(name, version, self.own)


def _of_version(name: str, version: str, own: Path | None) -> MessageTemplate | None:
    try:
        template = MessageTemplate.load(name, own=own)
    except XenorecError:
        return None
    return template if template.version == version else None


def _write(root: Path, name: str, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        parts = PurePosixPath(path).parts
        if ".." in parts or PurePosixPath(path).is_absolute():
            continue
        file = root.joinpath(*parts) if parts[0] == PICTURES else root.joinpath(name, *parts)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def image_names(value: object) -> Iterable[str]:
    """Return the names of the pictures in a context: its texts that begin with ``cid:``."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from image_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from image_names(inner)
    elif isinstance(value, str) and value.startswith("cid:"):
        yield value.removeprefix("cid:")
