"""Who holds a claimed message, and whether that worker still runs.

A claim is left alone for the length of a lease. A worker of this machine that has ended is known
to have ended at once: its name tells the boot, the process namespace, the process and its start.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

LEASE = timedelta(minutes=5)
"""How long a claim is left to its worker when nothing else is known of it."""

_running: set[str] = set()
_numbers = count(1)


@contextmanager
def working() -> Iterator[str]:
    """Give a name to a worker of this process, which counts as running until the block ends."""
    name = f"{_process_namespace()}:{os.getpid()}:{_started(os.getpid())}:{next(_numbers)}"
    _running.add(name)
    try:
        yield name
    finally:
        _running.discard(name)


def has_ended(worker: str | None) -> bool:
    """Return whether a worker is known to run no more; False when that cannot be told."""
    place, pid, started = _read(worker or "")
    if not place or place != _process_namespace():
        return False
    if pid == os.getpid() and started == _started(pid):
        return worker not in _running
    return _started(pid) != started if _started(pid) else not _exists(pid)


def _read(worker: str) -> tuple[str, int, str]:
    parts = worker.split(":")
    if len(parts) != 4 or not parts[1].isdigit():
        return "", 0, ""
    return parts[0], int(parts[1]), parts[2]


def _process_namespace() -> str:
    """Return the boot and the process namespace, or an empty text where these are not told."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        space = Path("/proc/self/ns/pid").readlink().name
        return f"{boot}/{''.join(filter(str.isdigit, space))}"
    return ""


def _started(pid: int) -> str:
    """Return when a process started, in ticks since the boot; empty when that is not told."""
    with suppress(OSError, IndexError):
        after_name = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2]
        fields = after_name.split()
        return "ended" if fields[0] in "ZX" else fields[19]
    return ""


def _exists(pid: int) -> bool:
    """Return whether there is a process; one of another user may be hidden from us."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
