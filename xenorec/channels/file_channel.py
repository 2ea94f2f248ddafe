"""The channel ``file``: a folder with one file per message, and a list of them all.

A message's file is written under a temporary name, forced to disk and then linked to a name made
from its key. A link never overwrites, so the same key cannot be delivered twice, and after a crash
the folder says which messages went out. The file is the message; ``messages.jsonl`` is its index,
and a line that a crash left out or cut is written when the key is looked up or sent again.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.parser import BytesHeaderParser
from hashlib import sha256
from pathlib import Path
from typing import IO

from xenorec.channels.channel import Envelope, SendResult
from xenorec.email_headers import decoded, unfolded
from xenorec.errors import DiskFull
from xenorec.schema.enums import DeliveryState

NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
ENDINGS = (".eml", ".json")
INDEX = "messages.jsonl"

_BREAKS = {ord(char): f"\\u{ord(char):04x}" for char in "\x7f\x85\u2028\u2029"}
"""Characters that some readers take for the end of a line; JSON writes them by number."""

_one_at_a_time = threading.Lock()


class FileChannel:
    """Writes ``<name>.eml`` for an e-mail, ``<name>.json`` for others, and ``messages.jsonl``.

    Several processes may write to one folder. Raises DiskFull when there is no room.
    """

    name = "file"
    is_keyed = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, envelope: Envelope) -> SendResult:
        """Write the message; one with this key that is there already stays as it is."""
        stem = file_stem(envelope.key)
        line = _line(envelope, stem)
        ending, data = (".json", line) if envelope.raw is None else (".eml", envelope.raw)
        with _room_for(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._index() as index:
                if self._write_once(stem + ending, data) or not _holds(index, stem):
                    _add(index, line)
        return self._result(stem)

    def lookup(self, key: str) -> SendResult | None:
        """Return the result of a message that is in the folder, else None."""
        stem = file_stem(key)
        found = [ending for ending in ENDINGS if (self.folder / f"{stem}{ending}").exists()]
        if not found:
            return None
        with _room_for(self.folder), self._index() as index:
            if not _holds(index, stem):
                _add(index, self._line_of(key, stem, found[0]))
        return self._result(stem)

    def _result(self, stem: str) -> SendResult:
        return SendResult(DeliveryState.SENT, self.name, stem)

    def _write_once(self, name: str, data: bytes) -> bool:
        """Put a whole file under its name, once; return whether it was not there."""
        temporary = self.folder / f".{name}.{os.getpid()}.{threading.get_ident()}"
        try:
            with temporary.open("wb") as file:
                file.write(data)
                _to_disk(file)
            os.link(temporary, self.folder / name)
        except FileExistsError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
        _folder_to_disk(self.folder)
        return True

    @contextmanager
    def _index(self) -> Iterator[IO[bytes]]:
        """Open the index for this writer alone; a line that a crash cut is taken away."""
        with _one_at_a_time, (self.folder / INDEX).open("a+b") as file, _locked(file):
            _drop_cut_line(file)
            yield file

    def _line_of(self, key: str, stem: str, ending: str) -> bytes:
        if ending == ".json":
            return (self.folder / f"{stem}.json").read_bytes()
        with (self.folder / f"{stem}.eml").open("rb") as file:
            head = BytesHeaderParser().parse(file)
        return _json(
            {
                "key": key,
                "channel": "email",
                "to": unfolded(head.get("To", "")),
                "subject": decoded(head.get("Subject", "")),
                "text": None,
                "file": f"{stem}.eml",
                "stem": stem,
            }
        )


def erase_messages(folder: Path, keys: Iterable[str]) -> int:
    """Delete the written messages of these keys, and their lines in the index; return how many."""
    stems = {file_stem(key) for key in keys}
    if not stems or not folder.is_dir():
        return 0
    found = [path for path in folder.iterdir() if path.stem in stems and path.suffix in ENDINGS]
    for path in found:
        path.unlink()
    if (folder / INDEX).is_file():
        marks = tuple(f'"stem": "{stem}"}}\n'.encode() for stem in stems)
        with _one_at_a_time, (folder / INDEX).open("r+b") as file, _locked(file):
            kept = [line for line in file.readlines() if not line.endswith(marks)]
            file.seek(0)
            file.truncate()
            file.writelines(kept)
            _to_disk(file)
    return len(found)


def file_stem(key: str) -> str:
    """Return a file name for a key: readable, safe, and different for different keys."""
    safe = (c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in key)
    readable = "".join(safe)[:80].lstrip(".")
    return f"{readable}-{sha256(key.encode()).hexdigest()[:16]}"


def _line(envelope: Envelope, stem: str) -> bytes:
    return _json(
        {
            "key": envelope.key,
            "channel": envelope.channel,
            "to": envelope.to,
            "subject": envelope.subject,
            "text": None if envelope.raw is not None else envelope.text,
            "file": f"{stem}.eml" if envelope.raw is not None else None,
            **envelope.facts,
            "stem": stem,
        }
    )


def _json(row: dict[str, str | None]) -> bytes:
    text = json.dumps(row, ensure_ascii=False).translate(_BREAKS)
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _holds(file: IO[bytes], stem: str) -> bool:
    mark = f'"stem": "{stem}"}}\n'.encode()
    file.seek(0)
    return any(line.endswith(mark) for line in file)


def _add(file: IO[bytes], line: bytes) -> None:
    file.seek(0, os.SEEK_END)
    file.write(line)
    _to_disk(file)


def _drop_cut_line(file: IO[bytes]) -> None:
    """Take away a last line that a crash cut; its message is looked up again anyway."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return
    file.seek(size - 1)
    if file.read(1) == b"\n":
        return
    file.seek(0)
    file.truncate(file.read().rfind(b"\n") + 1)


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _folder_to_disk(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(file: IO[bytes]) -> Iterator[None]:
    """Hold a file against other processes, where the system can do that."""
    if os.name != "posix":
        yield
        return
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def _room_for(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise DiskFull(
            f"The outbox folder {folder} has no room: {error.strerror}. Make room and run the "
            "same command again; what was begun is looked up and goes on."
        ) from error
