"""The channel ``file``: a folder with one ``.eml`` per e-mail and a line per message.

A message's file is written under a temporary name, forced to disk and then linked to a name made
from its key. A link never overwrites, so the same key cannot be delivered twice, and after a crash
the folder says which messages went out.
"""

from __future__ import annotations

import errno
import json
import os
from hashlib import sha256
from pathlib import Path

from xenorec.channels.contract import Envelope, SendResult
from xenorec.errors import DiskFull
from xenorec.schema.enums import DeliveryState

NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


class FileChannel:
    """Writes ``<name>.eml`` for an e-mail, ``<name>.json`` for others, and ``messages.jsonl``."""

    name = "file"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, envelope: Envelope) -> SendResult:
        """Write the message; one with this key that is there already stays as it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stem = file_stem(envelope.key)
        line = _line(envelope, stem)
        ending, data = (".json", line) if envelope.raw is None else (".eml", envelope.raw)
        if self._place(stem + ending, data):
            self._append(line)
        return self._result(stem)

    def lookup(self, key: str) -> SendResult | None:
        """Return the result of a message that is in the folder, else None."""
        stem = file_stem(key)
        there = any((self.folder / f"{stem}{ending}").exists() for ending in (".eml", ".json"))
        return self._result(stem) if there else None

    def _result(self, stem: str) -> SendResult:
        return SendResult(DeliveryState.SENT, self.name, stem)

    def _place(self, name: str, data: bytes) -> bool:
        temporary = self.folder / f".{name}.{os.getpid()}"
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(temporary, self.folder / name)
            except FileExistsError:
                return False
            return True
        except OSError as error:
            if error.errno in NO_ROOM:
                raise DiskFull(
                    f"The outbox folder {self.folder} has no room: {error.strerror}. The message "
                    "was not written; make room and run the same command again."
                ) from error
            raise
        finally:
            temporary.unlink(missing_ok=True)

    def _append(self, line: bytes) -> None:
        with (self.folder / "messages.jsonl").open("ab") as file:
            file.write(line)


def file_stem(key: str) -> str:
    """Return a file name for a key: readable, safe, and different for different keys."""
    readable = "".join(c if c.isalnum() or c in "-_." else "_" for c in key)[:80].lstrip(".")
    return f"{readable}-{sha256(key.encode()).hexdigest()[:10]}"


def _line(envelope: Envelope, stem: str) -> bytes:
    row = {
        "key": envelope.key,
        "channel": envelope.channel,
        "to": envelope.to,
        "subject": envelope.subject,
        "text": None if envelope.raw is not None else envelope.text,
        "file": f"{stem}.eml" if envelope.raw is not None else None,
        **envelope.facts,
    }
    return (json.dumps(row, ensure_ascii=False) + "\n").encode()
