"""A real PostgreSQL server for a test: started in a temporary folder by an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import HANGING

WAIT = ("-t", str(HANGING))
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@contextmanager
def postgres_url(tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database; skip with a reason where there is no server."""
    if not BINARIES or not (BINARIES[-1] / "initdb").exists():
        pytest.skip("PostgreSQL's server is not installed (Debian: apt install postgresql)")
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    user = _ordinary_user()
    if user:
        shutil.chown(folder, user)
    port = _free_port()
    data, options = folder / "data", f"-p {port} -k {folder} -c fsync=off"
    _run(user, "initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8")
    log = str(folder / "log")
    _run(user, "pg_ctl", "-D", str(data), "-o", options, "-l", log, "-w", *WAIT, "start")
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        _run(user, "pg_ctl", "-D", str(data), "-m", "immediate", *WAIT, "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _run(user: str | None, name: str, *arguments: str) -> None:
    command = [str(BINARIES[-1] / name), *arguments]
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        user=user,
        cwd="/",
        env={**os.environ, "HOME": "/"},
    )


def _ordinary_user() -> str | None:
    """PostgreSQL refuses to run as root; the user postgres comes with Debian's package."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
