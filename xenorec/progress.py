"""Progress of what takes more than a moment; nothing where the output is not a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


class busy:  # noqa: N801
    """A spinner for what takes more than a moment; none when the output is not a terminal."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._status: Any = None

    def __enter__(self) -> None:
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status(f"{self.what} ...")
            self._status.__enter__()

    def __exit__(self, *error: object) -> None:
        if self._status is not None:
            self._status.__exit__(*error)


class steps:  # noqa: N801
    """A progress bar over named steps, or plain lines when the output is not a terminal."""

    def __enter__(self) -> Callable[[str, int, int], None]:
        self._bar: Any = None
        if sys.stderr.isatty():
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True
            )
            self._bar.start()
            self._task = self._bar.add_task("starting", total=1)
        return self._step

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _step(self, name: str, done: int, total: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, description=name, completed=done, total=total)
